"""Sightings: readers of an announcement who have tapped that they saw it. Counted, never listed."""

from datetime import datetime

from sqlalchemy import bindparam, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.corrections import SENT_BY
from storage.execute import Upsert, changed, value
from storage.tables import Delivery, Occurrence, ReadReceipt, table_of

sighting, delivery, occurrence = table_of(ReadReceipt), table_of(Delivery), table_of(Occurrence)

_ADD = Upsert(lambda insert: insert(sighting).on_conflict_do_nothing(index_elements=["delivery_id"]))
_OF_ANNOUNCEMENT = (
    occurrence.c.school_id == bindparam("school_id"),
    occurrence.c.kind == SENT_BY,
    occurrence.c.ref == bindparam("ref"),
    occurrence.c.slot == "",
)
_COUNT = (
    select(func.count())
    .select_from(sighting)
    .join(delivery, delivery.c.id == sighting.c.delivery_id)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(*_OF_ANNOUNCEMENT)
)
_HAS = select(
    exists().where(
        sighting.c.delivery_id == bindparam("delivery_id"), sighting.c.school_id == bindparam("school_id")
    )
)


async def add(db: AsyncSession, school_id: int, delivery_id: int, at: datetime) -> bool:
    """The reader of this delivery saw it; False when that was known."""
    return await changed(db, _ADD, school_id=school_id, delivery_id=delivery_id, at=at) == 1


async def is_recorded(db: AsyncSession, school_id: int, delivery_id: int) -> bool:
    found: bool = await value(db, _HAS, school_id=school_id, delivery_id=delivery_id)
    return found


async def count(db: AsyncSession, school_id: int, announcement_id: int) -> int:
    """How many readers of an announcement have tapped that they saw it."""
    found: int = await value(db, _COUNT, school_id=school_id, ref=str(announcement_id))
    return found
