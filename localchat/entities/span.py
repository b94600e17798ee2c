"""Entities and their measure: UTF-16 code units."""

from typing import Any

Entity = dict[str, Any]


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 code units: one a character, two beyond the basic plane."""
    if text.isascii():
        return len(text)
    return len(text) + sum(c > "\uffff" for c in text)


class Writer:
    """Plain text as it is being written by a parser, with the offset it has reached."""

    __slots__ = ("_parts", "offset")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.offset = 0

    def add(self, text: str) -> None:
        """Write on."""
        self._parts.append(text)
        self.offset += utf16_length(text)

    def since(self, offset: int) -> str:
        """What was written from an offset on."""
        units = "".join(self._parts).encode("utf-16-le")
        return units[offset * 2 :].decode("utf-16-le")

    @property
    def text(self) -> str:
        """Everything written."""
        return "".join(self._parts)


def link(url: str, offset: int, length: int) -> Entity | None:
    """The entity of a link: to an address, or to a person by `tg://user?id=`; None when it is no address."""
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


def in_order(entities: list[Entity]) -> list[Entity]:
    """Outer entities before inner ones, and nothing inside code."""
    entities.sort(key=lambda e: (e["offset"], -e["length"]))
    kept: list[Entity] = []
    closed = -1
    for entity in entities:
        if entity["offset"] < closed:
            continue
        kept.append(entity)
        if entity["type"] in ("code", "pre"):
            closed = entity["offset"] + entity["length"]
    return kept
