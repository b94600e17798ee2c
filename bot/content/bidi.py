"""Bidi: right-to-left marks, so that mixed lines in a right-to-left language are laid out from the right.

A phone takes a line's direction from its first strong character. An Arabic sentence that begins with a class or a
name in Latin letters would be laid out from the left, with its full stop on the wrong side.
"""

import unicodedata

from markupsafe import Markup

from bot.content.message_length import visible_text
from bot.i18n import Language

MARK = "\N{RIGHT-TO-LEFT MARK}"
A_NAME = 5  # words
ENDS = (".", "!", "?")
BAR = ("▓", "░")
"""The characters of a progress bar: they are neutral, so a bar alone on its line gets a mark too."""


def aligned(language: Language, text: Markup) -> Markup:
    """The text with a mark before each line of a right-to-left language that begins with a Latin word.

    A name alone on its line is marked too, so that a message keeps to one side. Lines entirely in a left-to-right
    language (a leader's own text, or a school's without a translation) are left unchanged, and so is a name in a
    blockquote, which previews what another reader sees.
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
