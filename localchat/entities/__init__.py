"""Formatted text: what a bot sends with a parse mode or entities, as plain text and entities.

Offsets and lengths are in UTF-16 code units, as everywhere in the Bot API. The order is Telegram's: the
markup is parsed, the text is cleaned and trimmed, then links, commands and the like are found in the rest.
"""

import re
from typing import Any

from localchat.entities import html, markdown, markdown_v2
from localchat.entities.found import find
from localchat.entities.span import Entity, utf16_length
from localchat.errors import ApiError, bad_request
from localchat.params import Params

__all__ = ["Entity", "find", "formatted", "utf16_length"]

PARSERS = {"html": html.parse, "markdown": markdown.parse, "markdownv2": markdown_v2.parse}
GIVEN = frozenset(html.KINDS.values()) | {"text_mention", "expandable_blockquote"}
FOUND = frozenset(
    {
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bank_card_number",
    }
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
WHITE = " \n\t\r\v\f\u00a0\u2028\u2029"


def formatted(text: str, mode: str, given: Any) -> tuple[str, list[Entity]]:
    """Plain text and its entities, from text in a parse mode or with given entities. Raises ApiError 400.

    The mode wins when both are there. The text may come out empty: whether that is allowed, the caller knows.
    """
    if CONTROL.search(text):
        # As Telegram cleans it, before the parsing so that offsets stay right.
        text = CONTROL.sub(" ", text if given else text.replace("\r", ""))
    entities: list[Entity] = []
    if mode and mode.lower() != "none":
        parser = PARSERS.get(mode.lower())
        if parser is None:
            raise bad_request("unsupported parse_mode")
        text, entities = parser(text)
    elif given:
        entities = _checked(given, utf16_length(text))
    text, entities = _trimmed(text, entities)
    found = find(text)
    if found:
        entities = _beside(entities, found)
    return text, entities


def formatted_param(params: Params, name: str, entities: str = "entities") -> tuple[str, list[Entity]]:
    """`formatted` for a call's own parameters."""
    values = params.values
    return formatted(params.text(name), params.text("parse_mode"), values.get(entities))


def _checked(given: Any, length: int) -> list[Entity]:
    """Given entities, checked; those that are found by themselves are left to be found."""
    if not isinstance(given, list):
        return []
    kept = []
    for entity in given:
        if not isinstance(entity, dict):
            raise _wrong("expected an Object")
        kind, offset, size = entity.get("type"), entity.get("offset"), entity.get("length")
        if type(offset) is not int:
            raise _wrong('field "offset" must be of type Number')
        if type(size) is not int:
            raise _wrong('field "length" must be of type Number')
        if not isinstance(kind, str) or kind not in GIVEN | FOUND:
            raise _wrong("unsupported type specified")
        if kind == "text_mention" and not _is_user(entity.get("user")):
            raise _wrong('can\'t find field "user"')
        if kind == "text_link" and not isinstance(entity.get("url"), str):
            raise _wrong('can\'t find field "url"')
        if offset < 0 or size < 0 or offset + size > length:
            raise bad_request("entity beyond the end of the text")
        if size and kind in GIVEN:
            kept.append(entity)
    return sorted(kept, key=lambda e: (e["offset"], -e["length"]))


def _is_user(user: Any) -> bool:
    return isinstance(user, dict) and type(user.get("id")) is int


def _wrong(reason: str) -> ApiError:
    return bad_request(f"can't parse MessageEntity: {reason}")


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space around it; what stands inside an entity at the start stays."""
    if not text or not (text[0] in WHITE or text[-1] in WHITE):
        return text, entities
    text = text.rstrip(WHITE)
    stripped = text.lstrip(WHITE)
    lead = len(text) - len(stripped)
    if entities:
        lead = min(lead, entities[0]["offset"])
    end = utf16_length(text)
    kept = []
    for entity in entities:
        size = min(entity["length"], end - entity["offset"])
        if size > 0:
            kept.append({**entity, "offset": entity["offset"] - lead, "length": size})
    return text[lead:], kept


def _beside(entities: list[Entity], found: list[Entity]) -> list[Entity]:
    """Found entities join those of the bot where nothing of the bot's forbids it."""
    closed = [e for e in entities if e["type"] in ("code", "pre", "text_link", "text_mention")]
    free = [
        f
        for f in found
        if not any(
            f["offset"] < c["offset"] + c["length"] and c["offset"] < f["offset"] + f["length"]
            for c in closed
        )
    ]
    return sorted(entities + free, key=lambda e: (e["offset"], -e["length"]))
