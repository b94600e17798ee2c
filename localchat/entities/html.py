"""HTML parse mode: parser for Telegram's subset of tags, with Telegram's error messages."""

import re
from dataclasses import dataclass
from html import unescape

from localchat.entities.span import Entity, Writer, link_entity, nest
from localchat.errors import ApiError, bad_request

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


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    start: int


def parse(source: str) -> tuple[str, list[Entity]]:
    """Parse HTML into plain text and entities. Raises ApiError with the byte offset of the syntax error."""
    if "<" not in source and "&" not in source:
        return source, []
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.out = Writer()
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        at = 0
        source = self.source
        while at < len(source):
            char = source[at]
            if char == "<":
                at = self.end_tag(at) if source.startswith("</", at) else self.start_tag(at)
            elif char == "&":
                at = self.reference(at)
            else:
                match = _TEXT.match(source, at)
                assert match is not None  # noqa: S101 - the character is neither of the two above
                self.out.add(match.group())
                at = match.end()
        if self.open:
            raise bad_request(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{self.open[-1].tag}\""
            )
        return self.out.text, nest(self.entities)

    def error(self, reason: str, at: int, rest: str = "") -> ApiError:
        byte = len(self.source[:at].encode("utf-8", "replace"))
        return bad_request(f"can't parse entities: {reason} at byte offset {byte}{rest}")

    def reference(self, at: int) -> int:
        match = _REFERENCE.match(self.source, at)
        text = unescape(match.group()) if match else "&"
        self.out.add(text)
        return match.end() if match else at + 1

    def start_tag(self, start: int) -> int:
        source = self.source
        match = _NAME.match(source, start + 1)
        name = match.group().lower() if match else ""
        at = start + 1 + len(name)
        if at >= len(source):
            raise self.error("Unclosed start tag", start)
        if name not in KINDS:
            raise self.error(f'Unsupported start tag "{name}"', start)
        argument = ""
        while True:
            at = self.skip_space(at)
            if at >= len(source):
                raise self.error(f'Unclosed start tag "{name}"', start)
            if source[at] == ">":
                break
            attribute, value, at = self.attribute(name, start, at)
            argument = _argument(name, attribute, value) or argument
        if name == "span" and argument != "tg-spoiler":
            raise self.error('Tag "span" must have class "tg-spoiler"', start)
        self.open.append(_Open(name, argument, self.out.offset, start))
        return at + 1

    def attribute(self, tag: str, start: int, at: int) -> tuple[str, str, int]:
        source = self.source
        match = _ATTRIBUTE.match(source, at)
        name = match.group() if match else ""
        if not name:
            raise self.error(f'Empty attribute name in the tag "{tag}"', start)
        at = self.skip_space(at + len(name))
        if at >= len(source):
            raise self.error(f'Unclosed start tag "{tag}"', start)
        if source[at] != "=":
            if tag == "blockquote" and name.lower() == "expandable":
                return name.lower(), "", at
            raise self.error(f'Expected equal sign in declaration of an attribute of the tag "{tag}"', start)
        at = self.skip_space(at + 1)
        if at >= len(source):
            raise self.error(f'Unclosed start tag "{tag}"', start)
        if source[at] not in "'\"":
            bare = _BARE.match(source, at)
            value = bare.group() if bare else ""
            at += len(value)
            if at >= len(source) or source[at] not in " \n\t\r>":
                raise self.error("Unexpected end of name token", start)
            return name.lower(), value.lower(), at
        end = source.find(source[at], at + 1)
        if end < 0:
            raise self.error("Unclosed start tag", start)
        value = _REFERENCE.sub(lambda m: unescape(m.group()), source[at + 1 : end])
        return name.lower(), value, end + 1

    def end_tag(self, start: int) -> int:
        if not self.open:
            raise self.error("Unexpected end tag", start)
        source = self.source
        match = _NAME.match(source, start + 2)
        name = match.group().lower() if match else ""
        at = self.skip_space(start + 2 + len(name))
        if at >= len(source) or source[at] != ">":
            raise self.error("Unclosed end tag", start)
        opened = self.open.pop()
        if name and name != opened.tag:
            raise self.error("Unmatched end tag", start, f', expected "</{opened.tag}>", found "</{name}>"')
        self.close(opened)
        return at + 1

    def close(self, opened: _Open) -> None:
        length = self.out.offset - opened.offset
        if length <= 0:
            return
        kind, argument = KINDS[opened.tag], opened.argument
        entity: Entity = {"type": kind, "offset": opened.offset, "length": length}
        if kind == "text_link":
            linked = link_entity(argument or self.out.since(opened.offset), opened.offset, length)
            if linked is None:
                return
            entity = linked
        elif kind == "custom_emoji":
            entity["custom_emoji_id"] = argument
        elif kind == "blockquote" and argument:
            entity["type"] = "expandable_blockquote"
        elif kind == "code" and argument and self.open and self.open[-1].tag == "pre":
            if self.open[-1].offset == opened.offset:
                self.open[-1].argument = argument
        elif kind == "pre":
            inner = [e for e in self.entities if e["type"] == "code" and e["offset"] >= opened.offset]
            for code in inner:
                self.entities.remove(code)
            if argument:
                entity["language"] = argument
        self.entities.append(entity)

    def skip_space(self, at: int) -> int:
        while at < len(self.source) and self.source[at] in " \n\t\r":
            at += 1
        return at


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
