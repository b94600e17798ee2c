"""What the readers get: the text as it was written, under a line or two in each reader's own language.

A letter may also change the one that a reader has: it brings the corrected text, or takes the letter away.
"""

from dataclasses import replace

from markupsafe import Markup

from bot.content.templates import render
from bot.handlers.announcement.presses import MarkSeen
from bot.i18n import Language
from bot.services import read_receipts
from bot.services.announcements.correct import CORRECTABLE, WITHDRAWN
from bot.turn import Button, Letter, Onto, Reply, Turn
from storage import announcements, corrections, schools
from storage import read_receipts as seen_rows
from storage.announcements import AnnouncementRow
from storage.tables import AnnouncementStatus, DeliveryStatus

GOES_OUT = frozenset({AnnouncementStatus.SENDING, AnnouncementStatus.SENT})


def frame(language: Language, school: str) -> Markup:
    """The lines above the text."""
    return render(language, "_announcement_frame", school=school)


def compose(language: Language, school: str, text: str) -> Markup:
    """The whole text, as a reader of this language gets it."""
    return render(language, "announcement_letter", school=school, text=text)


def whole(language: Language, school: str, row: AnnouncementRow, *, was_seen: bool = False) -> Reply:
    """The message with its button, when it asks whether it was seen."""
    label = language.t("✓ Seen") if was_seen else language.t("👁 Seen")
    buttons = ((Button(label, MarkSeen(row.school_id, row.id)),),) if row.asks_seen else ()
    return Reply(compose(language, school, row.text), buttons)


async def letter(letter: Letter) -> Reply | None:
    """The announcement, to one reader; nothing when it has been stopped, or withdrawn from one who has it."""
    school = letter.reader.school
    row = await announcements.by_id(letter.db, school.id, int(letter.ref))
    if row is None or row.status not in (CORRECTABLE if letter.already_delivered else GOES_OUT):
        return None
    had = await _had(letter) if letter.already_delivered else None
    return await _standing(letter, row, had) if had is not None else whole(letter.language, school.name, row)


async def correction(letter: Letter) -> Reply | None:
    """The announcement as it is now, in the place of what this reader has; None when a newer correction goes on."""
    school = letter.reader.school
    row = await announcements.by_id(letter.db, school.id, int(letter.ref))
    if row is None or row.status not in CORRECTABLE or letter.slot != str(row.correction_number):
        return None
    had = await _had(letter)
    if had is None:
        return None
    return replace(await _standing(letter, row, had), onto=Onto(had.message_id))


async def withdrawal(letter: Letter) -> Reply | None:
    """Takes the announcement away from this reader."""
    row = await announcements.by_id(letter.db, letter.reader.school.id, int(letter.ref))
    had = await _had(letter)
    if row is None or row.status not in WITHDRAWN or had is None:
        return None
    return Reply(onto=Onto(had.message_id, removes=True))


async def seen(turn: Turn, press: MarkSeen) -> Reply:
    """The reader saw it; the button says so from now on."""
    row = await read_receipts.record_receipt(
        turn.db, turn.person_id, press.school_id, press.announcement_id, turn.now
    )
    school = await schools.by_id(turn.db, press.school_id)
    name = school.name if school is not None else ""
    shown = whole(turn.language, name, row, was_seen=True)
    toast = turn.t("Thank you. It is counted, without your name.").unescape()
    return replace(shown, toast=toast, redraw=True)


async def _standing(letter: Letter, row: AnnouncementRow, had: corrections.OriginalRow) -> Reply:
    school = letter.reader.school
    was_seen = row.asks_seen and await seen_rows.is_recorded(letter.db, school.id, had.delivery_id)
    return whole(letter.language, school.name, row, was_seen=was_seen)


async def _had(letter: Letter) -> corrections.OriginalRow | None:
    """What this reader has got of it or is getting just now, then still without a number; None for nothing."""
    reader = letter.reader
    had = await corrections.original(letter.db, reader.school.id, int(letter.ref), reader.person_id)
    if had is None or had.status not in (DeliveryStatus.SENT, DeliveryStatus.SENDING):
        return None
    return had
