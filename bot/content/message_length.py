"""What a message in Telegram HTML comes to: what is read of it, and how long that is."""

import re
from html import unescape

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_TAG = re.compile(r"<[^>]*>")


def visible_text(html: str) -> str:
    """What is read of it: without its tags."""
    return unescape(_TAG.sub("", html))


def length(html: str) -> int:
    """Its length as Telegram counts it: of what is read, in UTF-16 units (an emoji is two)."""
    return len(visible_text(html).encode("utf-16-le")) // 2


def excerpt(text: str, most: int) -> str:
    """The beginning of a plain text on one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
