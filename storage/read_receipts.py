"""Read receipts: readers of an announcement who confirmed that they saw it. Counted, never listed."""

from datetime import datetime

from sqlalchemy import bindparam, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.corrections import SENT_BY
from storage.execute import Upsert, changed, value
from storage.tables import Delivery, Occurrence, ReadReceipt, table_of

receipt, delivery, occurrence = table_of(ReadReceipt), table_of(Delivery), table_of(Occurrence)

_ADD = Upsert(lambda insert: insert(receipt).on_conflict_do_nothing(index_elements=["delivery_id"]))
_OF_ANNOUNCEMENT = (
    occurrence.c.school_id == bindparam("school_id"),
    occurrence.c.kind == SENT_BY,
    occurrence.c.ref == bindparam("ref"),
    occurrence.c.slot == "",
)
_COUNT = (
    select(func.count())
    .select_from(receipt)
    .join(delivery, delivery.c.id == receipt.c.delivery_id)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(*_OF_ANNOUNCEMENT)
)
_IS_RECORDED = select(
    exists().where(
        receipt.c.delivery_id == bindparam("delivery_id"), receipt.c.school_id == bindparam("school_id")
    )
)


async def add(db: AsyncSession, school_id: int, delivery_id: int, at: datetime) -> bool:
    """Records the receipt of a delivery. Idempotent; False when it was recorded already."""
    return await changed(db, _ADD, school_id=school_id, delivery_id=delivery_id, at=at) == 1


async def is_recorded(db: AsyncSession, school_id: int, delivery_id: int) -> bool:
    return bool(await value(db, _IS_RECORDED, school_id=school_id, delivery_id=delivery_id))


async def count(db: AsyncSession, school_id: int, announcement_id: int) -> int:
    """The number of receipts of an announcement."""
    return int(await value(db, _COUNT, school_id=school_id, ref=str(announcement_id)))
