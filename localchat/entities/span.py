"""Message entities with offsets in UTF-16 code units: a text writer for the parsers, links, nesting order."""

from typing import Any

Entity = dict[str, Any]

STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 code units: two for a character outside the basic multilingual plane."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Writer:
    """A buffer for the plain text of a parser, with the current offset."""

    __slots__ = ("_parts", "offset")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.offset = 0

    def add(self, text: str) -> None:
        """Append a text."""
        self._parts.append(text)
        self.offset += utf16_length(text)

    def since(self, offset: int) -> str:
        """The text from an offset on."""
        units = "".join(self._parts).encode("utf-16-le")
        return units[offset * 2 :].decode("utf-16-le")

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self._parts)


def link_entity(url: str, offset: int, length: int) -> Entity | None:
    """The entity of a URL, or of a mention by `tg://user?id=`; None for an invalid URL."""
    if url.startswith("tg://user?id="):
        number = url.removeprefix("tg://user?id=").partition("&")[0]
        if number.isdigit():
            return {"type": "text_mention", "offset": offset, "length": length, "user": {"id": int(number)}}
    scheme, colon, rest = url.partition("://")
    if colon and scheme.lower() in ("http", "https", "tg", "ton") and rest:
        if "/" not in rest and scheme.lower() in ("http", "https"):
            url += "/"
    elif not colon and "." in url.strip("."):
        url = f"http://{url}" + ("" if "/" in url else "/")
    else:
        return None
    return {"type": "text_link", "offset": offset, "length": length, "url": url}


def nest(entities: list[Entity]) -> list[Entity]:
    """Sort entities, outer before inner; none inside code, and styles are split around it."""
    codes = [e for e in entities if e["type"] in ("code", "pre")]
    kept = [piece for entity in entities for piece in _split_around(entity, codes)] if codes else entities
    return sorted(kept, key=lambda e: (e["offset"], -e["length"]))


def _split_around(entity: Entity, codes: list[Entity]) -> list[Entity]:
    """The parts of an entity outside code; quotes and links may contain code."""
    if entity in codes:
        return [entity]
    pieces = [(entity["offset"], entity["offset"] + entity["length"])]
    for code in codes:
        start, end = code["offset"], code["offset"] + code["length"]
        if entity["type"] not in STYLES and not start <= entity["offset"] < end:
            continue
        pieces = [
            (a, b)
            for was in pieces
            for a, b in ((was[0], min(was[1], start)), (max(was[0], end), was[1]))
            if a < b
        ]
    return [{**entity, "offset": start, "length": end - start} for start, end in pieces]
