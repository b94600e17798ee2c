"""Lines that read the right way in languages written from right to left.

A phone decides a line's direction by its first letter. An Arabic sentence that happens to begin with a class or a
name in Latin letters would then be laid out from the left, with its full stop on the wrong side.
"""

import unicodedata

from markupsafe import Markup

from bot.content.message_length import visible_text
from bot.i18n import Language

MARK = "\N{RIGHT-TO-LEFT MARK}"
A_NAME = 5  # words
ENDS = (".", "!", "?")
BAR = ("▓", "░")
"""What a progress bar is made of: it has no direction of its own, and fills from the side that is read first."""


def aligned(language: Language, text: Markup) -> Markup:
    """The text, with a mark before each line that begins with a Latin word though it speaks a right-to-left language.

    A name or a class that stands alone on its line is marked too, so that a card keeps to one side. Longer lines and
    sentences in another language altogether (what a leader wrote, or a school's text that has no translation yet) are
    left as they are. So is a name in a quote: that shows what somebody else reads, from the side they read it from.
    """
    if not language.right_to_left:
        return text
    lines, quoted = [], False
    for line in text.split("\n"):
        quoted = quoted or "<blockquote" in line
        lines.append(_marked(line, names=not quoted))
        quoted = quoted and "</blockquote>" not in line
    return Markup("\n".join(lines))  # noqa: S704 - only marks are added


def _marked(line: str, *, names: bool) -> str:
    words = visible_text(line)
    strong = [way for sign in words if (way := unicodedata.bidirectional(sign)) in _STRONG]
    if not strong and words[:1] in BAR:
        return MARK + line
    if not strong or strong[0] != "L":
        return line
    speaks = not _STRONG.isdisjoint({*strong} - {"L"})
    a_name = names and len(words.split()) <= A_NAME and not words.rstrip().endswith(ENDS)
    return MARK + line if speaks or a_name else line


_STRONG = {"L", "R", "AL"}
