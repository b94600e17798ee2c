"""Legacy Markdown parse mode: parser for bold, italic, code, pre and links, without nesting."""

import re

from localchat.entities.span import Entity, Writer, link_entity
from localchat.errors import bad_request

_PLAIN = re.compile(r"[^\\_*`\[]+")
KINDS = {"*": "bold", "_": "italic", "`": "code"}


def parse(source: str) -> tuple[str, list[Entity]]:
    """Parse legacy Markdown into plain text and entities. Raises ApiError for an unclosed entity."""
    out = Writer()
    entities: list[Entity] = []
    at = 0
    while at < len(source):
        char = source[at]
        if match := _PLAIN.match(source, at):
            out.add(match.group())
            at = match.end()
        elif char == "\\":
            escaped = source[at + 1 : at + 2] in tuple("_*`[")
            out.add(source[at + 1] if escaped else char)
            at += 2 if escaped else 1
        else:
            at = _entity(source, at, out, entities)
    return out.text, entities


def _entity(source: str, at: int, out: Writer, entities: list[Entity]) -> int:
    """Parse the entity that starts at `at`; returns where it ends."""
    mark = "```" if source.startswith("```", at) else source[at]
    start = at + len(mark)
    end = source.find("]" if mark == "[" else mark, start)
    if end < 0:
        byte = len(source[:at].encode("utf-8", "replace"))
        raise bad_request(
            f"can't parse entities: Can't find end of the entity starting at byte offset {byte}"
        )
    inner = source[start:end]
    after = end + len(mark)
    offset = out.offset
    if mark == "[":
        out.add(inner)
        url = ""
        if source.startswith("(", after) and (close := source.find(")", after)) >= 0:
            url = source[after + 1 : close]
            after = close + 1
        found = link_entity(url, offset, out.offset - offset) if inner and url else None
        if found is not None:
            entities.append(found)
        return after
    language = ""
    if mark == "```":
        language, inner = split_language(inner)
    out.add(inner)
    if out.offset > offset:
        kind = "pre" if mark == "```" else KINDS[mark]
        entity: Entity = {"type": kind, "offset": offset, "length": out.offset - offset}
        if language:
            entity["language"] = language
        entities.append(entity)
    return after


def split_language(block: str) -> tuple[str, str]:
    """Split a code block into the language on its first line and the code."""
    match = re.match(r"(?:([^\s`]+)(?=\s))?(?:\r\n|\n\r|\n|\r)?", block)
    if match is None:
        return "", block
    return match.group(1) or "", block[match.end() :]
