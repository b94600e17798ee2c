"""HTML parse mode: parser for Telegram's subset of tags, with Telegram's error messages."""

import re
from html import unescape

from localchat.entities.span import Open, Parser
from localchat.errors import bad_request

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}

_TEXT = re.compile(r"[^<&]+")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|(?:lt|gt|amp|quot);?)")
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"[^\s=>]*")
_BARE = re.compile(r"[A-Za-z0-9.\-]*")
_SPACE = re.compile(r"[ \n\t\r]*")


class HtmlParser(Parser):
    def step(self, at: int) -> int:
        if self.source.startswith("</", at):
            return self.end_tag(at)
        if self.source[at] == "<":
            return self.start_tag(at)
        reference = self.scan(_REFERENCE, at)
        literal = self.scan(_TEXT, at) or reference or "&"
        self.write(unescape(reference) or literal)
        return at + len(literal)

    def end(self) -> None:
        if self.open:
            raise bad_request(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{self.open[-1].kind}\""
            )

    def start_tag(self, start: int) -> int:
        source = self.source
        name = self.scan(_NAME, start + 1).lower()
        at = start + 1 + len(name)
        if at >= len(source):
            raise self.error("Unclosed start tag", start)
        if name not in KINDS:
            raise self.error(f'Unsupported start tag "{name}"', start)
        argument = ""
        while (at := self.skip_space(at, name, start)) and source[at] != ">":
            attribute, value, at = self.attribute(name, start, at)
            argument = _argument(name, attribute, value) or argument
        if name == "span" and argument != "tg-spoiler":
            raise self.error('Tag "span" must have class "tg-spoiler"', start)
        self.open.append(Open(name, self.offset, start, argument))
        return at + 1

    def skip_space(self, at: int, tag: str, start: int) -> int:
        """Where white space ends; the source may not end there, as the start tag is unclosed."""
        at += len(self.scan(_SPACE, at))
        if at >= len(self.source):
            raise self.error(f'Unclosed start tag "{tag}"', start)
        return at

    def attribute(self, tag: str, start: int, at: int) -> tuple[str, str, int]:
        """The name and value of the attribute at `at` and where it ends; `start` is where its tag starts."""
        source = self.source
        name = self.scan(_ATTRIBUTE, at).lower()
        if not name:
            raise self.error(f'Empty attribute name in the tag "{tag}"', start)
        at = self.skip_space(at + len(name), tag, start)
        if source[at] != "=":
            if (tag, name) == ("blockquote", "expandable"):
                return name, "", at
            raise self.error(f'Expected equal sign in declaration of an attribute of the tag "{tag}"', start)
        at = self.skip_space(at + 1, tag, start)
        if source[at] not in "'\"":
            value = self.scan(_BARE, at)
            at += len(value)
            if source[at : at + 1] not in tuple(" \n\t\r>"):
                raise self.error("Unexpected end of name token", start)
            return name, value.lower(), at
        end = source.find(source[at], at + 1)
        if end < 0:
            raise self.error("Unclosed start tag", start)
        value = _REFERENCE.sub(lambda m: unescape(m.group()), source[at + 1 : end])
        return name, value, end + 1

    def end_tag(self, start: int) -> int:
        if not self.open:
            raise self.error("Unexpected end tag", start)
        name = self.scan(_NAME, start + 2).lower()
        at = start + 2 + len(name)
        at += len(self.scan(_SPACE, at))
        if not self.source.startswith(">", at):
            raise self.error("Unclosed end tag", start)
        opened = self.open.pop()
        if name and name != opened.kind:
            raise self.error("Unmatched end tag", start, f', expected "</{opened.kind}>", found "</{name}>"')
        self.close_tag(opened)
        return at + 1

    def close_tag(self, opened: Open) -> None:
        kind, argument, offset = KINDS[opened.kind], opened.argument, opened.offset
        if kind == "text_link":
            self.close_link(argument or self.since(offset), offset)
        elif kind == "custom_emoji":
            self.close(kind, offset, custom_emoji_id=argument)
        elif kind == "blockquote" and argument:
            self.close("expandable_blockquote", offset)
        elif kind == "pre":
            self.entities = [e for e in self.entities if e["type"] != "code" or e["offset"] < offset]
            self.close(kind, offset, **({"language": argument} if argument else {}))
        else:
            outer = self.open[-1] if self.open and self.offset > offset else None
            if kind == "code" and argument and outer and (outer.kind, outer.offset) == ("pre", offset):
                outer.argument = argument
            self.close(kind, offset)


def _argument(tag: str, name: str, value: str) -> str:
    """The value of an attribute that its tag uses; empty for attributes that Telegram ignores."""
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("span", "class"):
            return value
        case "code", "class" if value.startswith("language-"):
            return value.removeprefix("language-")
        case "blockquote", "expandable":
            return "expandable"
    return ""
