"""What the readers get: the text as it was written, under a line or two in each reader's own language.

A correction edits the message that a reader has, and a withdrawal deletes it; a read receipt marks its button.
"""

from dataclasses import replace

from markupsafe import Markup

from bot.content.templates import render
from bot.i18n import Language
from bot.press import Press
from bot.services.announcements import CORRECTABLE, WITHDRAWN
from bot.services.announcements import read_receipts as receipts
from bot.services.announcements.read_receipts import ReaderCopy
from bot.turn import Button, Letter, Onto, Reply, Turn
from storage.announcements import AnnouncementRow


class MarkSeen(Press, tag="ae"):
    """The reader's read receipt. It names the school because the reader's current one may be another."""

    school_id: int
    announcement_id: int


def frame_text(language: Language, school: str) -> Markup:
    """The lines above the text."""
    return render(language, "_announcement_frame", school=school)


def letter_text(language: Language, school: str, text: str) -> Markup:
    """The whole text, as a reader of this language gets it."""
    return render(language, "announcement_letter", school=school, text=text)


def _message(language: Language, school: str, row: AnnouncementRow, *, has_receipt: bool = False) -> Reply:
    """The text, with the button for a read receipt if one is requested."""
    label = language.t("✓ Seen") if has_receipt else language.t("👁 Seen")
    buttons = ((Button(label, MarkSeen(row.school_id, row.id)),),) if row.asks_seen else ()
    return Reply(letter_text(language, school, row.text), buttons)


async def compose_letter(letter: Letter) -> Reply | None:
    """The announcement; None when it was stopped before it was delivered, or withdrawn."""
    if letter.already_delivered:
        copy = await _find_copy(letter)
        return _redraw(letter, copy) if copy and copy.announcement.status in CORRECTABLE else None
    row = await receipts.find_deliverable(letter.db, letter.school.id, int(letter.ref))
    return _message(letter.language, letter.school.name, row) if row is not None else None


async def compose_correction(letter: Letter) -> Reply | None:
    """The edit of the reader's message; None when a newer correction supersedes it, or nothing was delivered."""
    copy = await _find_copy(letter)
    if copy is None or not copy.is_delivered or copy.announcement.status not in CORRECTABLE:
        return None
    if letter.slot != str(copy.announcement.correction_number):
        return None
    return replace(_redraw(letter, copy), onto=Onto(copy.message_id))


async def compose_withdrawal(letter: Letter) -> Reply | None:
    """The deletion of the reader's message."""
    copy = await _find_copy(letter)
    if copy is None or not copy.is_delivered or copy.announcement.status not in WITHDRAWN:
        return None
    return Reply(onto=Onto(copy.message_id, removes=True))


async def mark_seen(turn: Turn, press: MarkSeen) -> Reply:
    row, school = await receipts.record_receipt(
        turn.db, turn.person_id, press.school_id, press.announcement_id, turn.now
    )
    toast = turn.t("Thank you. It is counted, without your name.").unescape()
    return replace(_message(turn.language, school, row, has_receipt=True), toast=toast, redraw=True)


def _redraw(letter: Letter, copy: ReaderCopy) -> Reply:
    return _message(letter.language, letter.school.name, copy.announcement, has_receipt=copy.has_receipt)


async def _find_copy(letter: Letter) -> ReaderCopy | None:
    return await receipts.find_copy(letter.db, letter.school.id, int(letter.ref), letter.reader.person_id)
