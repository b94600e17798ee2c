"""Announcements end: stopped by a leader, or seen to have gone out.

sending -> stop -> stopped          sending -> finish -> sent          withdrawing -> finish -> withdrawn
"""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services.announcements import write as announcements
from bot.services.announcements.write import AnnouncementAudience
from bot.turn import Actor
from storage import announcements as rows
from storage import audits
from storage.announcements import AnnouncementRow
from storage.corrections import CORRECTED_BY
from storage.delivery import deliveries, occurrences
from storage.delivery.occurrences import OccurrenceRow
from storage.tables import AnnouncementStatus, DeliveryStatus, OccurrenceStatus


async def stop(db: AsyncSession, actor: Actor, announcement_id: int, now: datetime) -> bool:
    """Sends no more of it, and corrects no more. False when there was nothing left to stop.

    Raises NotAllowed, or Gone.
    """
    row = await announcements.visible(db, actor, announcement_id)
    school = actor.school.id
    occurrence = await announcements.occurrence_of(db, school, row.id)
    if row.status is not AnnouncementStatus.SENDING or occurrence is None:
        return row.status is AnnouncementStatus.STOPPED
    left = await cancel_unsent(db, school, row, occurrence) + await cancel_correction(db, school, row)
    if not left:
        return False
    await rows.next_correction_number(db, school, row.id)
    if await rows.set_status(db, school, row.id, AnnouncementStatus.SENDING, AnnouncementStatus.STOPPED):
        await audits.record(db, school, actor.person_id, now, "announcement_stopped", ref=str(row.id))
    return True


async def cancel_unsent(
    db: AsyncSession, school_id: int, row: AnnouncementRow, occurrence: OccurrenceRow
) -> int:
    """Sends it to nobody else, also not to whoever joins. Returns how many that spares, or are on the way."""
    if await occurrences.cancel_planned(
        db, school_id, occurrence.id
    ):  # the numbers shall tell whom it has spared
        left = await deliveries.create_for_audience(
            db,
            school_id,
            occurrence.id,
            AnnouncementAudience.of(row).audience,
            occurrence.due_at,
            status=DeliveryStatus.CANCELLED,
        )
    else:
        left = await _cancel(db, school_id, occurrence)
    if left:
        await occurrences.set_status(db, school_id, occurrence.id, OccurrenceStatus.CLOSED)
    return left


async def cancel_correction(db: AsyncSession, school_id: int, row: AnnouncementRow) -> int:
    """Corrects no more. Returns how many the newest correction has not reached, or is on the way to."""
    correction = await occurrences.find(db, school_id, CORRECTED_BY, str(row.id), str(row.correction_number))
    return await _cancel(db, school_id, correction) if correction is not None else 0


async def _cancel(db: AsyncSession, school_id: int, occurrence: OccurrenceRow) -> int:
    cancelled = await deliveries.cancel(db, school_id, occurrence.id)
    became = await deliveries.count_by_status(db, school_id, occurrence.id)
    return cancelled + became.get(DeliveryStatus.SENDING, 0)


async def finish_sending(db: AsyncSession, school_id: int, announcement_id: int) -> bool:
    """Marks as sent what was being sent, as withdrawn what was being withdrawn; whether it was either.

    For whoever has seen that nothing is left to do.
    """
    ends = (
        (AnnouncementStatus.SENDING, AnnouncementStatus.SENT),
        (AnnouncementStatus.WITHDRAWING, AnnouncementStatus.WITHDRAWN),
    )
    return any([await rows.set_status(db, school_id, announcement_id, was, now) for was, now in ends])
