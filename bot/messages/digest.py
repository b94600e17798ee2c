"""Digests: the letters that quiet hours delayed for one reader, merged into one message.

    letters -> merge -> one message, each letter with a sign (① ② …) that its buttons have too
                 |-> None: together they exceed Telegram's limits
    the letters of a digest -> redraw -> that message again, after one of them has changed

A tap on a button of a digest is answered in a new message: the digest stays as it is.
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
"""Below Telegram's limit of 100 buttons, or ten kilobytes of them, under one message."""

TITLE_LENGTH = 60


def merge(language: Language, letters: Sequence[Reply]) -> Reply | None:
    """Merges letters; None when they exceed one message, or one of them is more than text and buttons.

    A single letter is returned as it is.
    """
    if len(letters) == 1:
        return letters[0]
    if len(letters) > len(SIGNS) or any(letter != Reply(letter.text, letter.buttons) for letter in letters):
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
    """Merges the letters of a digest again, by delivery id; None when none is left.

    A corrected text may be longer. Then letters are folded to a line and a button each, shortest first, until the
    digest fits: what has arrived can always be read.
    """
    current = dict(letters)
    if not current:
        return None
    for delivery_id in sorted(current, key=lambda key: length(current[key].text)):
        if (merged := merge(language, list(current.values()))) is not None:
            return merged
        current[delivery_id] = _folded(language, delivery_id, current[delivery_id])
    return merge(language, list(current.values()))


def _signed(sign: str, rows: Rows) -> list[list[Button]]:
    return [
        [replace(button, label=f"{sign} {button.label}", in_digest=True) for button in row] for row in rows
    ]


def _folded(language: Language, delivery_id: int, letter: Reply) -> Reply:
    title = excerpt(visible_text(letter.text.split("\n", 1)[0]), TITLE_LENGTH)
    read = Button(language.t("📖 Read it"), ShowFolded(delivery_id))
    return Reply(f"<b>{escape(title)}</b>", [[read]])
