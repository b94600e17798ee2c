"""Digests: one message that holds several letters of one reader. Their deliveries share the message's number."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.corrections import CORRECTION_KINDS
from storage.execute import row, rows
from storage.tables import Delivery, DeliveryStatus, Occurrence, table_of

delivery, occurrence = table_of(Delivery), table_of(Occurrence)


class PartRow(NamedTuple):
    """A letter that has arrived. `kind`, `ref` and `slot` are its occurrence's."""

    delivery_id: int
    kind: str
    ref: str
    slot: str
    sent_at: datetime


_ARRIVED = (
    select(delivery.c.id, occurrence.c.kind, occurrence.c.ref, occurrence.c.slot, delivery.c.sent_at)
    .select_from(delivery)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(
        delivery.c.school_id == bindparam("school_id"),
        delivery.c.membership_id == bindparam("membership_id"),
        delivery.c.status == DeliveryStatus.SENT,
        occurrence.c.kind.not_in(CORRECTION_KINDS),  # they change a message, and are none
    )
    .order_by(delivery.c.id)
)
_PARTS = _ARRIVED.where(delivery.c.message_id == bindparam("message_id"))
_PART = _ARRIVED.where(delivery.c.id == bindparam("this"))


async def parts(db: AsyncSession, school_id: int, membership_id: int, message_id: int) -> list[PartRow]:
    """The letters that arrived as this message of a member's chat; one, for most messages."""
    found = await rows(db, _PARTS, school_id=school_id, membership_id=membership_id, message_id=message_id)
    return [PartRow._make(each) for each in found]


async def part(db: AsyncSession, school_id: int, membership_id: int, delivery_id: int) -> PartRow | None:
    """One letter that has arrived; None when it is not this member's."""
    found = await row(db, _PART, school_id=school_id, membership_id=membership_id, this=delivery_id)
    return PartRow._make(found) if found else None
