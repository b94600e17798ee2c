"""Expand: a due occurrence gets one delivery for each reader in its audience at that moment.

    planned -> expand_due -> going -> all settled? expand_new_readers -> new readers: going
                                                         +-> none: closed

So those who join before it is due, or while it goes out, get it exactly once, and those who have left do not.
"""

from collections.abc import Collection
from datetime import datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database
from storage.delivery import deliveries, occurrences
from storage.delivery.occurrences import OccurrenceRow
from storage.tables import DeliveryStatus, OccurrenceStatus

log = structlog.get_logger("palsbot.expand")

OccurrenceKey = tuple[int, int]
"""(school, occurrence)"""


async def expand_due(database: Database, now: datetime) -> set[OccurrenceKey]:
    """Expands every due occurrence into deliveries. Returns those expanded, or marked as missed.

    Safe to run on several replicas at once: each occurrence is locked and expanded by one of them.
    """
    expanded: set[OccurrenceKey] = set()
    while True:
        async with database.reading() as db:
            if not await occurrences.any_to_expand(db, now):
                return expanded
        async with database.writing() as db:
            key = await expand_next(db, now)
        if key is None:
            return expanded
        expanded.add(key)


async def expand_next(db: AsyncSession, now: datetime) -> OccurrenceKey | None:
    """Expands the first due occurrence; None when there is none, or other transactions have locked them all."""
    row = await occurrences.next_to_expand(db, now)
    if row is None:
        return None
    missed = now > row.too_late_at
    readers = await _create(db, row, row.due_at, DeliveryStatus.MISSED if missed else DeliveryStatus.WAITING)
    status = OccurrenceStatus.MISSED if missed else OccurrenceStatus.GOING
    await occurrences.set_status(db, row.school_id, row.id, status)
    log.info("expanded", action="expand", kind=row.kind, occurrence=row.id, readers=readers, missed=missed)
    return row.school_id, row.id


async def expand_new_readers(
    database: Database, now: datetime, only: Collection[int] | None = None
) -> set[OccurrenceKey]:
    """Adds deliveries for readers who joined while an occurrence went out; closes those without new readers.

    Returns the occurrences with new readers. Terminates: after the deadline no reader is added.
    """
    with_new_readers: set[OccurrenceKey] = set()
    if only is not None and not only:
        return with_new_readers
    async with database.writing() as db:
        for row in await occurrences.open_for_readers(db, only):
            if await deliveries.any_unsettled(db, row.school_id, row.id):
                continue
            if now <= row.too_late_at and await _create(db, row, now):
                with_new_readers.add((row.school_id, row.id))
            else:
                await occurrences.set_status(db, row.school_id, row.id, OccurrenceStatus.CLOSED)
    return with_new_readers


async def _create(
    db: AsyncSession, row: OccurrenceRow, due_at: datetime, status: DeliveryStatus = DeliveryStatus.WAITING
) -> int:
    flags = {"immediate": row.immediate, "joins_digest": row.joins_digest}
    return await deliveries.create_for_audience(
        db, row.school_id, row.id, row.readers, due_at, status=status, **flags
    )
