"""What is found in plain text without markup: commands, addresses, mentions, hashtags, telephone numbers."""

import re

from localchat.entities.span import Entity, utf16_length

_FOUND = re.compile(
    r"(?P<email>(?<![\w.@+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,})"
    r"|(?P<url>(?<![\w@/.])(?:(?:https?|tg|ton)://[^\s<>\"]+"
    r"|(?:[\w-]+\.)+(?:com|org|net|no|eu|me|io|info|edu|gov|dev|app|de|uk|se|dk|fi)\b(?:[/?#][^\s<>\"]*)?))"
    r"|(?P<bot_command>(?<![\w/@>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}\b)"
    r"|(?P<hashtag>(?<![\w#])#(?=\w*[^\W\d])\w{1,256})"
    r"|(?P<phone_number>(?<![\w+])\+\d[\d ()-]{7,17}\d(?!\w))"
)
_MARKS = re.compile(r"[/@#+]|\.\w")


def find(text: str) -> list[Entity]:
    """The entities in a plain text, in order."""
    if _MARKS.search(text) is None:
        return []
    entities = []
    for match in _FOUND.finditer(text):
        kind = match.lastgroup or ""
        word = match.group()
        if kind == "url":
            word = word.rstrip(".,:;!?'\")")
        offset = utf16_length(text[: match.start()])
        entities.append({"type": kind, "offset": offset, "length": utf16_length(word)})
    return entities
