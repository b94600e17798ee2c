"""The end of an announcement: cancelled by a leader, or found to be delivered.

SENDING -> stop -> STOPPED       SENDING -> finish_sending -> SENT       WITHDRAWING -> finish_sending -> WITHDRAWN
"""

from datetime import datetime

from bot.services.announcements.audience import AnnouncementAudience
from bot.services.announcements.write import find_occurrence, find_visible
from bot.turn import Actor, Db
from storage import announcements, audits
from storage.announcements import AnnouncementRow
from storage.corrections import CORRECTED_BY
from storage.delivery import deliveries, occurrences
from storage.delivery.occurrences import OccurrenceRow
from storage.tables import AnnouncementStatus, DeliveryStatus, OccurrenceStatus


async def stop(db: Db, actor: Actor, announcement_id: int, now: datetime) -> bool:
    """Cancels the deliveries of an announcement and of its correction. Idempotent; False when none was left.

    Raises NotAllowed, or Gone.
    """
    row = await find_visible(db, actor, announcement_id)
    school_id = actor.school.id
    occurrence = await find_occurrence(db, school_id, row.id)
    if row.status is not AnnouncementStatus.SENDING or occurrence is None:
        return row.status is AnnouncementStatus.STOPPED
    left = await cancel_unsent(db, school_id, row, occurrence) + await cancel_correction(db, school_id, row)
    if not left:
        return False
    await announcements.next_correction_number(db, school_id, row.id)
    if await announcements.set_status(
        db, school_id, row.id, AnnouncementStatus.SENDING, AnnouncementStatus.STOPPED
    ):
        await audits.record(db, school_id, actor.person_id, now, "announcement_stopped", ref=str(row.id))
    return True


async def cancel_unsent(db: Db, school_id: int, row: AnnouncementRow, occurrence: OccurrenceRow) -> int:
    """Cancels all unsent deliveries of an announcement, and closes it for new readers.

    Returns the number of deliveries cancelled before sending, and of those already in flight.
    """
    if await occurrences.cancel_planned(db, school_id, occurrence.id):
        # Not expanded yet: cancelled deliveries are created, so that the card can count the readers.
        left = await deliveries.create_for_audience(
            db,
            school_id,
            occurrence.id,
            AnnouncementAudience.from_row(row).rule,
            occurrence.due_at,
            status=DeliveryStatus.CANCELLED,
        )
    else:
        left = await _cancel(db, school_id, occurrence)
    if left:
        await occurrences.set_status(db, school_id, occurrence.id, OccurrenceStatus.CLOSED)
    return left


async def cancel_correction(db: Db, school_id: int, row: AnnouncementRow) -> int:
    """Cancels the newest correction. Returns the number of its deliveries as `cancel_unsent` does."""
    correction = await occurrences.find(db, school_id, CORRECTED_BY, str(row.id), str(row.correction_number))
    return await _cancel(db, school_id, correction) if correction is not None else 0


async def _cancel(db: Db, school_id: int, occurrence: OccurrenceRow) -> int:
    cancelled = await deliveries.cancel(db, school_id, occurrence.id)
    counts = await deliveries.count_by_status(db, school_id, occurrence.id)
    return cancelled + counts.get(DeliveryStatus.SENDING, 0)


async def finish_sending(db: Db, school_id: int, announcement_id: int) -> None:
    """State transition to SENT or WITHDRAWN, for a caller who has counted that no delivery is left. Idempotent."""
    for before, after in (
        (AnnouncementStatus.SENDING, AnnouncementStatus.SENT),
        (AnnouncementStatus.WITHDRAWING, AnnouncementStatus.WITHDRAWN),
    ):
        await announcements.set_status(db, school_id, announcement_id, before, after)
