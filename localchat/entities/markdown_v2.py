"""MarkdownV2 parse mode: parser for nested entities, quotes, and eighteen characters that must be escaped."""

import re
from dataclasses import dataclass

from localchat.entities.markdown import split_language
from localchat.entities.span import Entity, Writer, link_entity, nest
from localchat.errors import ApiError, bad_request

_PLAIN = re.compile(r"[^\\_*\[\]()~`>#+\-=|{}.!\n]+")
MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}


@dataclass(slots=True)
class _Open:
    kind: str
    offset: int
    start: int


def parse(source: str) -> tuple[str, list[Entity]]:
    """Parse MarkdownV2 into plain text and entities. Raises ApiError for unescaped and unclosed marks."""
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.out = Writer()
        self.open: list[_Open] = []
        self.entities: list[Entity] = []
        self.line_start = True

    def parse(self) -> tuple[str, list[Entity]]:
        at = 0
        source = self.source
        while at < len(source):
            char = source[at]
            if match := _PLAIN.match(source, at):
                at = self.literal(match.group(), match.end())
            elif char == "\\":
                following = source[at + 1 : at + 2]
                escaped = following != "" and 0 < ord(following) <= 126
                at = self.literal(following if escaped else char, at + (2 if escaped else 1))
            elif char == "\n":
                at = self.newline(at)
            else:
                at = self.mark(at)
        self.end_quote()
        if self.open:
            raise self.unclosed(self.open[-1])
        return self.out.text, nest(self.entities)

    def literal(self, text: str, after: int) -> int:
        self.out.add(text)
        self.line_start = False
        return after

    def error(self, reason: str, at: int) -> ApiError:
        byte = len(self.source[:at].encode("utf-8", "replace"))
        return bad_request(f"can't parse entities: {reason} at byte offset {byte}")

    def unclosed(self, opened: _Open) -> ApiError:
        return self.error(f"Can't find end of {NAMES[opened.kind]} entity", opened.start)

    def reserved(self, char: str) -> ApiError:
        return bad_request(
            f"can't parse entities: Character '{char}' is reserved"
            " and must be escaped with the preceding '\\'"
        )

    def quoting(self) -> bool:
        return any(opened.kind == "blockquote" for opened in self.open)

    def newline(self, at: int) -> int:
        goes_on = self.source.startswith(">", at + 1)
        quoted = self.quoting()
        if quoted and not goes_on:
            self.end_quote()
            if self.quoting():
                raise self.unclosed(self.open[-1])
        self.out.add("\n")
        self.line_start = True
        return at + 2 if quoted and goes_on else at + 1

    def end_quote(self) -> None:
        """Close the open quote; `||` just before its end makes it expandable."""
        expandable = (
            len(self.open) > 1
            and self.open[-1].kind == "spoiler"
            and self.open[-1].offset == self.out.offset
            and self.open[-2].kind == "blockquote"
        )
        if expandable:
            self.open.pop()
        if self.open and self.open[-1].kind == "blockquote":
            opened = self.open.pop()
            self.add("expandable_blockquote" if expandable else "blockquote", opened.offset)

    def add(self, kind: str, offset: int, **more: str) -> None:
        if self.out.offset > offset:
            self.entities.append({"type": kind, "offset": offset, "length": self.out.offset - offset, **more})

    def mark(self, at: int) -> int:
        source = self.source
        char = source[at]
        top = self.open[-1].kind if self.open else ""
        if char == "`":
            return self.code(at)
        if char == "]" and top in ("link", "custom_emoji"):
            return self.end_link(at)
        if char == ">" and self.line_start and not self.quoting():
            self.open.append(_Open("blockquote", self.out.offset, at))
            return at + 1
        if char == "[" or source.startswith("![", at):
            size = 1 if char == "[" else 2
            self.open.append(_Open("link" if size == 1 else "custom_emoji", self.out.offset, at))
            return at + size
        doubled = char in "_|" and source.startswith(char * 2, at)
        mark = char * 2 if doubled else char
        kind = MARKS.get(mark)
        if kind is None:
            raise self.reserved(char)
        if kind == top:
            self.add(kind, self.open.pop().offset)
        else:
            self.open.append(_Open(kind, self.out.offset, at))
        return at + len(mark)

    def code(self, at: int) -> int:
        mark = "```" if self.source.startswith("```", at) else "`"
        pieces, after = self.raw(at, mark)
        offset = self.out.offset
        if mark == "`":
            self.literal(pieces, after)
            self.add("code", offset)
            return after
        language, inner = split_language(pieces)
        self.literal(inner, after)
        if language:
            self.add("pre", offset, language=language)
        else:
            self.add("pre", offset)
        return after

    def raw(self, at: int, mark: str) -> tuple[str, int]:
        """The unescaped content of code up to its closing mark, and where the mark ends."""
        source = self.source
        found: list[str] = []
        here = at + len(mark)
        while here < len(source) and not source.startswith(mark, here):
            following = source[here + 1 : here + 2]
            if source[here] == "\\" and following and 0 < ord(following) <= 126:
                here += 1
            found.append(source[here])
            here += 1
        if here >= len(source):
            raise self.unclosed(_Open("code" if mark == "`" else "pre", 0, at))
        return "".join(found), here + len(mark)

    def end_link(self, at: int) -> int:
        opened = self.open.pop()
        length = self.out.offset - opened.offset
        if not self.source.startswith("(", at + 1):
            if opened.kind == "custom_emoji":
                raise bad_request("can't parse entities: Custom emoji entity must contain a tg://emoji URL")
            url, after = self.out.since(opened.offset), at + 1
        else:
            url, after = self.address(at + 2, opened.kind)
        if opened.kind == "custom_emoji":
            self.add("custom_emoji", opened.offset, custom_emoji_id=url.rpartition("id=")[2])
        elif length and (found := link_entity(url, opened.offset, length)):
            self.entities.append(found)
        return after

    def address(self, start: int, kind: str) -> tuple[str, int]:
        match = re.compile(r"(?:\\[\x01-\x7e]|[^)])*").match(self.source, start)
        written = match.group() if match else ""
        if start + len(written) >= len(self.source):
            what = "a URL" if kind == "link" else "a custom emoji URL"
            raise self.error(f"Can't find end of {what}", start)
        return re.sub(r"\\([\x01-\x7e])", r"\1", written), start + len(written) + 1
