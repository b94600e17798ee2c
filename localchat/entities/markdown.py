"""Legacy Markdown parse mode: parser for bold, italic, code, pre and links, without nesting."""

import re

from localchat.entities.span import Parser

_PLAIN = re.compile(r"[^\\_*`\[]+")
KINDS = {"*": "bold", "_": "italic", "`": "code"}


class MarkdownParser(Parser):
    def step(self, at: int) -> int:
        source = self.source
        if plain := self.scan(_PLAIN, at):
            self.write(plain)
            return at + len(plain)
        if source[at] != "\\":
            return self._entity(at)
        escaped = source[at + 1 : at + 2] in tuple("_*`[")
        self.write(source[at + 1] if escaped else "\\")
        return at + 2 if escaped else at + 1

    def _entity(self, at: int) -> int:
        source = self.source
        mark = "```" if source.startswith("```", at) else source[at]
        start = at + len(mark)
        end = source.find("]" if mark == "[" else mark, start)
        if end < 0:
            raise self.error("Can't find end of the entity starting", at)
        offset = self.offset
        after = end + len(mark)
        if mark == "```":
            self.close_block(source[start:end])
            return after
        self.write(source[start:end])
        if mark != "[":
            self.close(KINDS[mark], offset)
        elif source.startswith("(", after) and (close := source.find(")", after)) >= 0:
            self.close_link(source[after + 1 : close], offset)
            return close + 1
        return after
