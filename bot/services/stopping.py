"""Announcements end: stopped by a leader, or seen to have gone out.

sending -> stop -> stopped          sending -> finish -> sent          withdrawing -> finish -> withdrawn
"""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import announcements
from bot.services.announcements import Addressed
from bot.services.outbox import Errand
from bot.turn import Actor
from storage import announcements as rows
from storage import audits, deliveries, occurrences
from storage.announcements import AnnouncementRow
from storage.occurrences import OccurrenceRow
from storage.tables import AnnouncementStatus, DeliveryStatus, OccurrenceStatus


async def stop(db: AsyncSession, actor: Actor, announcement_id: int, now: datetime) -> bool:
    """Sends no more of it, and corrects no more. False when there was nothing left to stop.

    Raises NotAllowed, or Gone.
    """
    row = await announcements.one(db, actor, announcement_id)
    school = actor.school.id
    occurrence = await announcements.sent_as(db, school, row.id)
    if row.status is not AnnouncementStatus.SENDING or occurrence is None:
        return row.status is AnnouncementStatus.STOPPED
    left = await keep_back(db, school, row, occurrence) + await end_correction(db, school, row)
    if not left:
        return False
    await rows.revise(db, school, row.id)
    if await rows.set_status(db, school, row.id, AnnouncementStatus.SENDING, AnnouncementStatus.STOPPED):
        await audits.leave(db, school, actor.person_id, now, "announcement_stopped", ref=str(row.id))
    return True


async def keep_back(db: AsyncSession, school_id: int, row: AnnouncementRow, occurrence: OccurrenceRow) -> int:
    """Sends it to nobody else, also not to whoever joins. Returns how many that spares, or are on the way."""
    if await occurrences.call_off(db, school_id, occurrence.id):  # the numbers shall tell whom it has spared
        left = await deliveries.plan(
            db,
            school_id,
            occurrence.id,
            Addressed.of(row).audience,
            occurrence.due_at,
            status=DeliveryStatus.CANCELLED,
        )
    else:
        left = await _cancel(db, school_id, occurrence)
    if left:
        await occurrences.set_status(db, school_id, occurrence.id, OccurrenceStatus.CLOSED)
    return left


async def end_correction(db: AsyncSession, school_id: int, row: AnnouncementRow) -> int:
    """Corrects no more. Returns how many the newest correction has not reached, or is on the way to."""
    correction = await occurrences.find(
        db, school_id, Errand.ANNOUNCEMENT_EDIT, str(row.id), str(row.revision)
    )
    return await _cancel(db, school_id, correction) if correction is not None else 0


async def _cancel(db: AsyncSession, school_id: int, occurrence: OccurrenceRow) -> int:
    cancelled = await deliveries.cancel(db, school_id, occurrence.id)
    became = await deliveries.progress(db, school_id, occurrence.id)
    return cancelled + became.get(DeliveryStatus.SENDING, 0)


async def finish(db: AsyncSession, school_id: int, announcement_id: int) -> bool:
    """Marks as sent what was being sent, as withdrawn what was being withdrawn; whether it was either.

    For whoever has seen that nothing is left to do.
    """
    ends = (
        (AnnouncementStatus.SENDING, AnnouncementStatus.SENT),
        (AnnouncementStatus.WITHDRAWING, AnnouncementStatus.WITHDRAWN),
    )
    return any([await rows.set_status(db, school_id, announcement_id, was, now) for was, now in ends])
