"""Several letters in one message: those that have waited for one reader until it was no longer quiet.

    letters -> join -> one message, each letter with a sign (① ② …) that its buttons have too
                 |-> None: together they are more than one message holds
    letters that stand in a message -> as_they_stand -> that message anew, for one of them has changed

A message of several is not replaced by what a tap on one of its buttons says: that comes below it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape

from bot.content.message_length import TEXT_LIMIT, excerpt, length, visible_text
from bot.handlers.show_folded import ShowFolded
from bot.i18n import Language
from bot.turn import Button, Reply, Rows

SIGNS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
BUTTONS = 50
"""Telegram refuses more than 100 under one message, or more than ten kilobytes of them."""

TITLE = 60


def merge(language: Language, letters: Sequence[Reply]) -> Reply | None:
    """The letters as one; None when that is too much for one, or one of them is more than text and buttons.

    One alone stays as it is.
    """
    if len(letters) == 1:
        return letters[0]
    if len(letters) > len(SIGNS) or any(each != Reply(each.text, each.buttons) for each in letters):
        return None
    heading = language.n(
        "🌙 <b>{n} message has waited while it was quiet.</b>",
        "🌙 <b>{n} messages have waited while it was quiet.</b>",
        len(letters),
    )
    signed = list(zip(SIGNS, letters, strict=False))
    text = "\n\n".join([str(heading), *(f"{sign} {letter.text}" for sign, letter in signed)])
    buttons = [row for sign, letter in signed for row in _signed(sign, letter.buttons)]
    if length(text) > TEXT_LIMIT or sum(len(row) for row in buttons) > BUTTONS:
        return None
    return Reply(text, buttons)


def redraw(language: Language, letters: Iterable[tuple[int, Reply]]) -> Reply | None:
    """The letters of one message anew, by the number of their delivery; None when none of them is left.

    A corrected text may be longer than the one before. Then the shortest of the others are folded to a line and a
    button each, until it fits: whoever has got a letter can always read it.
    """
    standing = dict(letters)
    if not standing:
        return None
    for this in sorted(standing, key=lambda each: length(standing[each].text)):
        if (whole := merge(language, list(standing.values()))) is not None:
            return whole
        standing[this] = _folded(language, this, standing[this])
    return merge(language, list(standing.values()))


def _signed(sign: str, rows: Rows) -> list[list[Button]]:
    return [
        [replace(button, label=f"{sign} {button.label}", in_digest=True) for button in row] for row in rows
    ]


def _folded(language: Language, delivery_id: int, letter: Reply) -> Reply:
    title = excerpt(visible_text(letter.text.split("\n", 1)[0]), TITLE)
    read = Button(language.t("📖 Read it"), ShowFolded(delivery_id))
    return Reply(f"<b>{escape(title)}</b>", [[read]])
