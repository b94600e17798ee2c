"""Changes to a delivered announcement: a correction, a withdrawal, and a retry of uncertain deliveries.

    begin_correction -> write_correction -> (write_correction | drop_correction) -> correct
    withdraw
    resend

Every leader of the school may do each of these to any announcement that was sent. A correction or withdrawal is an
occurrence of its own with a delivery for each reader who has the message: the pipeline edits and deletes as it sends.
"""

from datetime import datetime, timedelta

from bot.errors import Gone, Refusal, existing
from bot.i18n import N_
from bot.services import problems
from bot.services.announcements import CORRECTABLE, DELIVERABLE, WITHDRAWN
from bot.services.announcements.stop import cancel_correction, cancel_unsent
from bot.services.announcements.write import (
    CORRECTION,
    drop_draft,
    find_occurrence,
    find_visible,
    move_card,
    take_text,
    text_fingerprint,
)
from bot.turn import Actor, Db
from scheduler.message_kind import MessageKind
from storage import announcements, audits, corrections, drafts
from storage.announcements import AnnouncementRow
from storage.corrections import CORRECTED_BY, WITHDRAWN_BY
from storage.delivery import occurrences
from storage.delivery.occurrences import OccurrenceRow
from storage.tables import AnnouncementStatus, OccurrenceStatus

DELETABLE = timedelta(hours=48)
"""For how long a bot may delete what it has sent (core.telegram.org/bots/api#deletemessage)."""

CORRECTED = MessageKind(
    CORRECTED_BY, called=N_("the correction of an announcement"), valid_for=timedelta(days=2), listed=False
)
WITHDRAWAL = MessageKind(
    WITHDRAWN_BY, called=N_("the withdrawal of an announcement"), valid_for=timedelta(days=2), listed=False
)


class TooOldToDelete(Refusal):
    message = N_(
        "It went out more than 48 hours ago, and Telegram deletes nothing after that. "
        "You can still correct the text."
    )


class SupersededCorrection(Refusal):
    """Version conflict: the correction was changed or dropped after the preview with the pressed button."""

    message = N_(
        "This correction was changed or cancelled meanwhile, so nothing was replaced. "
        "Look at the announcement under /kunngjoring, and correct it from there."
    )


# --- correction ---------------------------------------------------------------------------------------------


async def begin_correction(db: Db, actor: Actor, announcement_id: int, now: datetime) -> AnnouncementRow:
    """Awaits the corrected text. Raises NotAllowed, and Gone for an unsent or withdrawn announcement."""
    row = await _find_correctable(db, actor, announcement_id)
    data = {"school": actor.school.id, "announcement": row.id}
    await drafts.put(db, actor.person_id, CORRECTION, data, now)
    return row


async def write_correction(db: Db, actor: Actor, text: str, now: datetime) -> AnnouncementRow:
    """Stores the awaited text as an unconfirmed correction.

    Raises as `take_text`, and Gone when the announcement can no longer be corrected.
    """
    text, draft = await take_text(db, actor, text, CORRECTION)
    school_id, announcement_id = actor.school.id, int(draft["announcement"])
    if not await announcements.write_correction(db, school_id, announcement_id, text, CORRECTABLE):
        raise Gone
    await audits.record(db, school_id, actor.person_id, now, "correction_written", ref=str(announcement_id))
    return await find_visible(db, actor, announcement_id)


async def drop_correction(db: Db, actor: Actor, announcement_id: int, seen: str) -> AnnouncementRow:
    """Drops an unconfirmed correction, if its fingerprint is `seen`: another leader may have written a newer one.

    Raises NotAllowed, and Gone as `begin_correction`.
    """
    row = await _find_correctable(db, actor, announcement_id)
    if row.new_text is not None and text_fingerprint(row.new_text) == seen:
        await announcements.write_correction(db, actor.school.id, row.id, None, CORRECTABLE)
    await drop_draft(db, actor)
    return await find_visible(db, actor, announcement_id)


async def correct(
    db: Db, actor: Actor, announcement_id: int, seen: str, card_message: int, now: datetime
) -> AnnouncementRow:
    """Replaces the text: delivered messages are edited, waiting ones are sent with the new text.

    Idempotent by a compare-and-set on the unconfirmed text. Optimistic concurrency: `seen` is the fingerprint of the
    preview with the button. Raises NotAllowed, Gone, and SupersededCorrection for another fingerprint.
    """
    row = await _find_correctable(db, actor, announcement_id)
    if text_fingerprint(row.new_text if row.new_text is not None else row.text) != seen:
        raise SupersededCorrection
    if row.new_text is None:
        return row
    school_id = actor.school.id
    original = existing(await find_occurrence(db, row.school_id, row.id))
    await corrections.lock(db, school_id, original.id)  # no delivery with the old text can start from here on
    if await announcements.correct(db, school_id, row.id, row.new_text):
        await cancel_correction(db, school_id, row)
        row = await find_visible(
            db, actor, announcement_id
        )  # a concurrent stop also increments correction_number
        await _enqueue_change(db, original, CORRECTED, row, str(row.correction_number), now)
        await announcements.set_status(
            db, school_id, row.id, AnnouncementStatus.SENT, AnnouncementStatus.SENDING
        )
        await drop_draft(db, actor)
        await audits.record(db, school_id, actor.person_id, now, "announcement_corrected", ref=str(row.id))
    return await _with_card(db, actor, announcement_id, card_message)


# --- withdrawal ---------------------------------------------------------------------------------------------


def is_deletable(original: OccurrenceRow, now: datetime) -> bool:
    """Whether Telegram still deletes the messages of an announcement's occurrence."""
    return now < original.due_at + DELETABLE


async def find_withdrawable(db: Db, actor: Actor, announcement_id: int, now: datetime) -> AnnouncementRow:
    """An announcement that can be withdrawn. Raises as `withdraw`, and Gone for one that was withdrawn before."""
    row = await find_visible(db, actor, announcement_id)
    await _find_deletable(db, actor, row, now)
    return row


async def withdraw(
    db: Db, actor: Actor, announcement_id: int, card_message: int, now: datetime
) -> AnnouncementRow:
    """Deletes the message in every chat that has it, and cancels what is unsent. Idempotent by the state transition.

    Raises NotAllowed, Gone, and TooOldToDelete.
    """
    row = await find_visible(db, actor, announcement_id)
    if row.status in WITHDRAWN:
        return row
    original = await _find_deletable(db, actor, row, now)
    school_id, away = actor.school.id, AnnouncementStatus.WITHDRAWING
    if await announcements.set_status(db, school_id, row.id, CORRECTABLE, away):
        await cancel_unsent(db, school_id, row, original)
        await occurrences.set_status(db, school_id, original.id, OccurrenceStatus.CLOSED)
        await cancel_correction(db, school_id, row)
        await announcements.next_correction_number(db, school_id, row.id)
        await _enqueue_change(db, original, WITHDRAWAL, row, "", now)
        await drop_draft(db, actor)
        await audits.record(db, school_id, actor.person_id, now, "announcement_withdrawn", ref=str(row.id))
    return await _with_card(db, actor, announcement_id, card_message)


async def _find_deletable(db: Db, actor: Actor, row: AnnouncementRow, now: datetime) -> OccurrenceRow:
    if row.status not in CORRECTABLE:
        raise Gone
    original = existing(await find_occurrence(db, row.school_id, row.id))
    if not is_deletable(original, now):
        raise TooOldToDelete
    return original


# --- retry --------------------------------------------------------------------------------------------------


async def find_resendable(db: Db, actor: Actor, announcement_id: int) -> AnnouncementRow:
    """Raises NotAllowed, and Gone for an announcement that was stopped or withdrawn."""
    row = await find_visible(db, actor, announcement_id)
    if row.status not in DELIVERABLE:
        raise Gone
    return row


async def resend(
    db: Db, actor: Actor, announcement_id: int, card_message: int, now: datetime
) -> tuple[int, AnnouncementRow]:
    """Retries the uncertain deliveries. Returns their number; idempotent, since none is uncertain afterwards.

    Raises as `find_resendable`.
    """
    row = await find_resendable(db, actor, announcement_id)
    original = existing(await find_occurrence(db, row.school_id, row.id))
    count = await problems.resend_uncertain(db, actor, original.id, now)
    if count:
        await announcements.set_status(
            db, actor.school.id, row.id, AnnouncementStatus.SENT, AnnouncementStatus.SENDING
        )
    return count, await _with_card(db, actor, announcement_id, card_message)


async def _find_correctable(db: Db, actor: Actor, announcement_id: int) -> AnnouncementRow:
    row = await find_visible(db, actor, announcement_id)
    if row.status not in CORRECTABLE:
        raise Gone
    return row


async def _with_card(db: Db, actor: Actor, announcement_id: int, card_message: int) -> AnnouncementRow:
    """The announcement after its change, with its progress card moved to `card_message`."""
    row = await find_visible(db, actor, announcement_id)
    await move_card(db, actor, row, card_message)
    return row


async def _enqueue_change(
    db: Db,
    original: OccurrenceRow,
    kind: MessageKind,
    row: AnnouncementRow,
    slot: str,
    now: datetime,
) -> None:
    occurrence = await occurrences.insert_once(
        db,
        row.school_id,
        kind=kind.name,
        ref=str(row.id),
        slot=slot,
        due_at=now,
        too_late_at=now + kind.valid_for,
        status=OccurrenceStatus.CLOSED,
        now=now,
    )
    assert occurrence is not None  # noqa: S101 - unique: correction_number or the status has just changed
    await corrections.create_for_recipients(db, row.school_id, occurrence, original.id, now)
