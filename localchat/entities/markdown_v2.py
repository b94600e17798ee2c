"""MarkdownV2 parse mode: parser for nested entities, quotes, and eighteen characters that must be escaped."""

import re

from localchat.entities.span import Open, Parser
from localchat.errors import ApiError, bad_request

_PLAIN = re.compile(r"[^\\_*\[\]()~`>#+\-=|{}.!\n]+")
_ESCAPED = re.compile(r"\\([\x01-\x7e])")
MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
NAMES = {"link": "TextUrl", "custom_emoji": "CustomEmoji", "blockquote": "BlockQuote"}
"""The names of entities in errors, where they are not the capitalized kind."""


class MarkdownV2Parser(Parser):
    line_start = True

    def step(self, at: int) -> int:
        char = self.source[at]
        if plain := self.scan(_PLAIN, at):
            return self.literal(plain, at + len(plain))
        if escaped := self.scan(_ESCAPED, at):
            return self.literal(escaped[1], at + 2)
        if char == "\\":
            return self.literal(char, at + 1)
        return self.newline(at) if char == "\n" else self.mark(at)

    def end(self) -> None:
        self.end_quote()
        if self.open:
            raise self.unclosed(self.open[-1])

    def literal(self, text: str, after: int) -> int:
        self.write(text)
        self.line_start = False
        return after

    def unclosed(self, opened: Open) -> ApiError:
        name = NAMES.get(opened.kind, opened.kind.capitalize())
        return self.error(f"Can't find end of {name} entity", opened.start)

    def quoting(self) -> bool:
        return any(opened.kind == "blockquote" for opened in self.open)

    def newline(self, at: int) -> int:
        goes_on = self.source.startswith(">", at + 1)
        quoted = self.quoting()
        if quoted and not goes_on:
            self.end_quote()
            if self.quoting():
                raise self.unclosed(self.open[-1])
        self.write("\n")
        self.line_start = True
        return at + 2 if quoted and goes_on else at + 1

    def end_quote(self) -> None:
        """Close the open quote; `||` just before its end makes it expandable."""
        expandable = (
            len(self.open) > 1
            and self.open[-1].kind == "spoiler"
            and self.open[-1].offset == self.offset
            and self.open[-2].kind == "blockquote"
        )
        if expandable:
            self.open.pop()
        if self.open and self.open[-1].kind == "blockquote":
            opened = self.open.pop()
            self.close("expandable_blockquote" if expandable else "blockquote", opened.offset)

    def mark(self, at: int) -> int:
        source = self.source
        char = source[at]
        top = self.open[-1].kind if self.open else ""
        if char == "`":
            return self.code(at)
        if char == "]" and top in ("link", "custom_emoji"):
            return self.end_link(at)
        if char == ">" and self.line_start and not self.quoting():
            self.open.append(Open("blockquote", self.offset, at))
            return at + 1
        if char == "[" or source.startswith("![", at):
            size = 1 if char == "[" else 2
            self.open.append(Open("link" if size == 1 else "custom_emoji", self.offset, at))
            return at + size
        doubled = char in "_|" and source.startswith(char * 2, at)
        mark = char * 2 if doubled else char
        kind = MARKS.get(mark)
        if kind is None:
            raise bad_request(
                f"can't parse entities: Character '{char}' is reserved"
                " and must be escaped with the preceding '\\'"
            )
        if kind == top:
            self.close(kind, self.open.pop().offset)
        else:
            self.open.append(Open(kind, self.offset, at))
        return at + len(mark)

    def code(self, at: int) -> int:
        mark = "```" if self.source.startswith("```", at) else "`"
        opened = Open("pre" if mark == "```" else "code", self.offset, at)
        raw = self.raw(at + len(mark), mark)
        if raw is None:
            raise self.unclosed(opened)
        text, after = raw
        self.line_start = False
        if opened.kind == "pre":
            self.close_block(text)
        else:
            self.write(text)
            self.close("code", opened.offset)
        return after

    def raw(self, start: int, end: str) -> tuple[str, int] | None:
        """The unescaped text up to an end mark, and where the mark ends; None when there is none."""
        content = rf"((?:\\[\x01-\x7e]|(?!{re.escape(end)}).)*+){re.escape(end)}"
        match = re.compile(content, re.DOTALL).match(self.source, start)
        return (_ESCAPED.sub(r"\1", match.group(1)), match.end()) if match else None

    def end_link(self, at: int) -> int:
        opened = self.open.pop()
        emoji = opened.kind == "custom_emoji"
        url, after = self.since(opened.offset), at + 1
        if self.source.startswith("(", after):
            raw = self.raw(after + 1, ")")
            if raw is None:
                what = "a custom emoji URL" if emoji else "a URL"
                raise self.error(f"Can't find end of {what}", after + 1)
            url, after = raw
        elif emoji:
            raise bad_request("can't parse entities: Custom emoji entity must contain a tg://emoji URL")
        if emoji:
            self.close("custom_emoji", opened.offset, custom_emoji_id=url.rpartition("id=")[2])
        else:
            self.close_link(url, opened.offset)
        return after
