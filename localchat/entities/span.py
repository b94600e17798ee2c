"""Message entities with offsets in UTF-16 code units: the base of the parsers, links, nesting order."""

import re
from dataclasses import dataclass
from typing import Any

from localchat.errors import ApiError, bad_request

Entity = dict[str, Any]

LANGUAGE = re.compile(r"(?:([^\s`]+)(?=\s))?(?:\r\n|\n\r|\n|\r)?")
STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 code units: two for a character outside the basic multilingual plane."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class Open:
    """An entity whose end is not found yet, with its offset in the plain text and its start in the source."""

    kind: str
    offset: int
    start: int
    argument: str = ""


class Parser:
    """The parser of a parse mode: the source, the plain text up to `offset`, open and closed entities."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.offset = 0
        self.open: list[Open] = []
        self.entities: list[Entity] = []
        self._parts: list[str] = []

    def parse(self) -> tuple[str, list[Entity]]:
        """The plain text and the entities. Raises ApiError for a syntax error."""
        at = 0
        while at < len(self.source):
            at = self.step(at)
        self.end()
        return "".join(self._parts), nest(self.entities)

    def step(self, at: int) -> int:
        """Parse what begins at `at`; returns where it ends."""
        raise NotImplementedError

    def end(self) -> None:
        """Close or refuse what is open at the end of the source."""

    def write(self, text: str) -> None:
        """Append to the plain text."""
        self._parts.append(text)
        self.offset += utf16_length(text)

    def since(self, offset: int) -> str:
        """The plain text from an offset on."""
        units = "".join(self._parts).encode("utf-16-le")
        return units[offset * 2 :].decode("utf-16-le")

    def close(self, kind: str, offset: int, **more: str) -> None:
        """Add the entity from an offset on, unless it is empty."""
        if self.offset > offset:
            self.entities.append({"type": kind, "offset": offset, "length": self.offset - offset, **more})

    def close_block(self, block: str) -> None:
        """Write a code block and add its entity, with the language when its first line begins with one."""
        match = LANGUAGE.match(block)
        assert match is not None  # noqa: S101 - it matches the empty text
        offset = self.offset
        self.write(block[match.end() :])
        self.close("pre", offset, **({"language": match.group(1)} if match.group(1) else {}))

    def close_link(self, url: str, offset: int) -> None:
        """Add the link from an offset on, unless it is empty or its URL invalid."""
        length = self.offset - offset
        if length and (link := link_entity(url, offset, length)):
            self.entities.append(link)

    def scan(self, pattern: re.Pattern[str], at: int) -> str:
        """What the pattern matches at `at`; empty when it does not match."""
        match = pattern.match(self.source, at)
        return match.group() if match else ""

    def error(self, reason: str, at: int, rest: str = "") -> ApiError:
        """The syntax error at an index of the source, in Telegram's wording."""
        byte = len(self.source[:at].encode("utf-8", "replace"))
        return bad_request(f"can't parse entities: {reason} at byte offset {byte}{rest}")


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
