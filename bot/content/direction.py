"""Lines that read the right way in languages written from right to left.

A phone decides a line's direction by its first letter. An Arabic sentence that happens to begin with a class or a
name in Latin letters would then be laid out from the left, with its full stop on the wrong side.
"""

import re
import unicodedata
from html import unescape

from markupsafe import Markup

from bot.language import Language

MARK = "\N{RIGHT-TO-LEFT MARK}"
_TAG = re.compile(r"<[^>]*>")


def aligned(language: Language, text: Markup) -> Markup:
    """The text, with a mark before each line that begins with a Latin word though it speaks a right-to-left language.

    Lines in another language altogether (a school's text that has no translation yet) are left as they are.
    """
    if not language.right_to_left:
        return text
    return Markup("\n".join(_marked(line) for line in text.split("\n")))  # noqa: S704 - only marks are added


def _marked(line: str) -> str:
    strong = [
        way for sign in unescape(_TAG.sub("", line)) if (way := unicodedata.bidirectional(sign)) in _STRONG
    ]
    return MARK + line if strong and strong[0] == "L" and not _STRONG.isdisjoint({*strong} - {"L"}) else line


_STRONG = {"L", "R", "AL"}
