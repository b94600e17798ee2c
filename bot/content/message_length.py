"""Telegram's length limits, and the length of HTML by its visible text."""

import re
from html import unescape

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_TAG = re.compile(r"<[^>]*>")


def visible_text(html: str) -> str:
    """The text without tags and entities."""
    return unescape(_TAG.sub("", html))


def length(html: str) -> int:
    """The length as Telegram counts it: UTF-16 units of the visible text (an emoji is two)."""
    return len(visible_text(html).encode("utf-16-le")) // 2


def excerpt(text: str, most: int) -> str:
    """The beginning of a plain text on one line, truncated to `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
