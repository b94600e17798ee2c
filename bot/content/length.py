"""How long a message is to Telegram."""

import re
from html import unescape

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_TAG = re.compile(r"<[^>]*>")


def length(text: str) -> int:
    """The length of Telegram HTML as Telegram counts it: without the tags, in UTF-16 units (an emoji is two)."""
    return len(unescape(_TAG.sub("", text)).encode("utf-16-le")) // 2
