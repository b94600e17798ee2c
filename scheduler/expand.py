"""Opening: an occurrence gets its deliveries at the moment it is due, for whoever is in its audience then.

    planned -> open_due -> going -> all sent? look_again -> somebody new: going on
                                              +-> nobody: closed

So whoever joins before it is due, or while it goes out, gets it once, and whoever has left does not.
"""

from collections.abc import Collection
from datetime import datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database
from storage.delivery import deliveries, occurrences
from storage.tables import DeliveryStatus, OccurrenceStatus

log = structlog.get_logger("palsbot.opening")

Key = tuple[int, int]
"""(school, occurrence)"""


async def expand_due(database: Database, now: datetime) -> set[Key]:
    """Makes the deliveries of everything that is due. Returns what was opened, or found to be too late.

    Any number of replicas may do it at once: each occurrence is opened by one of them.
    """
    opened: set[Key] = set()
    while True:
        async with database.reading() as db:
            if not await occurrences.any_to_expand(db, now):
                return opened
        async with database.writing() as db:
            one = await expand_next(db, now)
        if one is None:
            return opened
        opened.add(one)


async def expand_next(db: AsyncSession, now: datetime) -> Key | None:
    """Makes the deliveries of the first that is due; None when there is none that nobody else is opening."""
    one = await occurrences.next_to_expand(db, now)
    if one is None:
        return None
    late = now > one.too_late_at
    status = DeliveryStatus.MISSED if late else DeliveryStatus.WAITING
    made = await deliveries.create_for_audience(
        db,
        one.school_id,
        one.id,
        one.readers,
        one.due_at,
        immediate=one.immediate,
        joins_digest=one.joins_digest,
        status=status,
    )
    became = OccurrenceStatus.MISSED if late else OccurrenceStatus.GOING
    await occurrences.set_status(db, one.school_id, one.id, became)
    log.info("opened", action="open", kind=one.kind, occurrence=one.id, readers=made, missed=late)
    return one.school_id, one.id


async def expand_new_readers(
    database: Database, now: datetime, only: Collection[int] | None = None
) -> set[Key]:
    """Adds whoever is new to what has gone out to everybody else; what has nobody new is closed.

    Returns what has new readers. It ends: nobody is added once it would be too late.
    """
    new: set[Key] = set()
    if only is not None and not only:
        return new
    async with database.writing() as db:
        for one in await occurrences.open_for_readers(db, only):
            if await deliveries.any_unsettled(db, one.school_id, one.id):
                continue
            if now <= one.too_late_at and await deliveries.create_for_audience(
                db,
                one.school_id,
                one.id,
                one.readers,
                now,
                immediate=one.immediate,
                joins_digest=one.joins_digest,
            ):
                new.add((one.school_id, one.id))
            else:
                await occurrences.set_status(db, one.school_id, one.id, OccurrenceStatus.CLOSED)
    return new
