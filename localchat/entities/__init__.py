"""Parse formatted text: a parse mode or given entities become plain text and entities.

Offsets and lengths are in UTF-16 code units, as everywhere in the Bot API. The order is Telegram's: the markup is
parsed, the text is sanitized and trimmed, then links, commands and the like are detected in the rest.
"""

import re
from typing import Any

from localchat.entities.html import KINDS, HtmlParser
from localchat.entities.markdown import MarkdownParser
from localchat.entities.markdown_v2 import MarkdownV2Parser
from localchat.entities.span import Entity, Parser, utf16_length
from localchat.errors import ApiError, bad_request

__all__ = ["Entity", "find_entities", "parse_text", "utf16_length"]

PARSERS: dict[str, type[Parser]] = {
    "html": HtmlParser,
    "markdown": MarkdownParser,
    "markdownv2": MarkdownV2Parser,
}
GIVEN = frozenset(KINDS.values()) | {"text_mention", "expandable_blockquote"}
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_ENTITY = re.compile(
    r"(?P<email>(?<![\w.@+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,})"
    r"|(?P<url>(?<![\w@/.])(?:(?:https?|tg|ton)://[^\s<>\"]+"
    r"|(?:[\w-]+\.)+(?:com|org|net|no|eu|me|io|info|edu|gov|dev|app|de|uk|se|dk|fi)\b(?:[/?#][^\s<>\"]*)?))"
    r"|(?P<bot_command>(?<![\w/@>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}\b)"
    r"|(?P<hashtag>(?<![\w#])#(?=\w*[^\W\d])\w{1,256})"
    r"|(?P<phone_number>(?<![\w+])\+\d[\d ()-]{7,17}\d(?!\w))"
)
DETECTED = _ENTITY.groupindex.keys() | {"cashtag", "bank_card_number"}
_MARKS = re.compile(r"[/@#+]|\.\w")
WHITE = " \n\t\r\v\f\u00a0\u2028\u2029"


def parse_text(text: str, mode: str, given: Any) -> tuple[str, list[Entity]]:
    """Parse a text with a parse mode or given entities into plain text and entities. Raises ApiError 400.

    The mode takes precedence. The resulting text may be empty: the caller decides whether that is allowed.
    """
    if CONTROL.search(text):
        # Sanitized as at Telegram, before parsing so that offsets stay valid.
        text = CONTROL.sub(" ", text if given else text.replace("\r", ""))
    entities: list[Entity] = []
    if mode and mode.lower() != "none":
        parser = PARSERS.get(mode.lower())
        if parser is None:
            raise bad_request("unsupported parse_mode")
        text, entities = parser(text).parse()
    elif given:
        entities = _validated(given, utf16_length(text))
    text, entities = _trimmed(text, entities)
    found = find_entities(text)
    return text, _merged(entities, found) if found else entities


def find_entities(text: str) -> list[Entity]:
    """Detect commands, URLs, e-mail addresses, mentions, hashtags and phone numbers in plain text, in order."""
    if _MARKS.search(text) is None:
        return []
    entities = []
    for match in _ENTITY.finditer(text):
        kind = match.lastgroup or ""
        word = match.group()
        if kind == "url":
            word = word.rstrip(".,:;!?'\")")
        offset = utf16_length(text[: match.start()])
        entities.append({"type": kind, "offset": offset, "length": utf16_length(word)})
    return entities


def _validated(given: Any, length: int) -> list[Entity]:
    """Validate given entities; types that are detected in the text are left to detection."""
    if not isinstance(given, list):
        return []
    kept = []
    for entity in given:
        if not isinstance(entity, dict):
            raise _invalid("expected an Object")
        for field in ("offset", "length"):
            if type(entity.get(field)) is not int:
                raise _invalid(f'field "{field}" must be of type Number')
        kind, offset, size = entity.get("type"), entity["offset"], entity["length"]
        if not isinstance(kind, str) or kind not in GIVEN | DETECTED:
            raise _invalid("unsupported type specified")
        if kind == "text_mention" and not _is_user(entity.get("user")):
            raise _invalid('can\'t find field "user"')
        if kind == "text_link" and not isinstance(entity.get("url"), str):
            raise _invalid('can\'t find field "url"')
        if offset < 0 or size < 0 or offset + size > length:
            raise bad_request("entity beyond the end of the text")
        if size and kind in GIVEN:
            kept.append(entity)
    return sorted(kept, key=lambda e: (e["offset"], -e["length"]))


def _is_user(user: Any) -> bool:
    return isinstance(user, dict) and type(user.get("id")) is int


def _invalid(reason: str) -> ApiError:
    return bad_request(f"can't parse MessageEntity: {reason}")


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Strip white space and shift the entities; leading white space inside an entity is kept."""
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


def _merged(entities: list[Entity], found: list[Entity]) -> list[Entity]:
    """Merge detected entities into the bot's; none inside the bot's code, links and mentions."""
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
