"""Corrections and withdrawals of announcements: deliveries of their own that edit or delete what was delivered.

Each edits the message that the announcement's delivery to the same reader has become. Its message id is looked up
there and not copied: a delivery that is still in flight has none yet.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, literal, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, columns, read_one, value, value_or_none
from storage.tables import RELEASED, Delivery, DeliveryStatus, Occurrence, OccurrenceStatus, table_of

delivery, occurrence = table_of(Delivery), table_of(Occurrence)

SENT_BY = "announcement"  # the kind of the occurrence whose `ref` is an announcement's id
CORRECTED_BY = "announcement_correction"  # its slot is the correction's number
WITHDRAWN_BY = "announcement_withdrawal"
ANNOUNCEMENT_KINDS = (SENT_BY, CORRECTED_BY, WITHDRAWN_BY)
CORRECTION_KINDS = (CORRECTED_BY, WITHDRAWN_BY)


class OriginalRow(NamedTuple):
    """The announcement's delivery to one reader: its status and its message id."""

    delivery_id: int
    status: DeliveryStatus
    message_id: int | None


_OF_OCCURRENCE = (
    delivery.c.school_id == bindparam("school"),
    delivery.c.occurrence_id == bindparam("occurrence"),
)
_LOCK_WAITING = (
    select(delivery.c.id)
    .where(*_OF_OCCURRENCE, delivery.c.status == DeliveryStatus.WAITING)
    .with_for_update()
)
_COUNT_LOCKED = select(func.count()).select_from(_LOCK_WAITING.subquery())
_LOCK_OCCURRENCE = select(occurrence.c.id).where(occurrence.c.id == bindparam("occurrence")).with_for_update()
_UNCLAIM = (
    update(delivery)
    .where(*_OF_OCCURRENCE, delivery.c.status == DeliveryStatus.CLAIMED)
    .values(status=DeliveryStatus.WAITING, **RELEASED)
)
_ORIGINAL = (
    select(*columns(OriginalRow._fields, delivery, delivery_id=delivery.c.id))
    .select_from(delivery)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(
        occurrence.c.school_id == bindparam("school_id"),
        occurrence.c.kind == SENT_BY,
        occurrence.c.ref == bindparam("ref"),
        occurrence.c.slot == "",
        delivery.c.person_id == bindparam("person_id"),
    )
)
_RETRY_UNCERTAIN = (
    update(delivery)
    .where(
        delivery.c.status == DeliveryStatus.UNCERTAIN,
        delivery.c.membership_id.is_not(None),
        exists().where(
            occurrence.c.id == delivery.c.occurrence_id,
            occurrence.c.kind.in_(CORRECTION_KINDS),
            occurrence.c.status == OccurrenceStatus.CLOSED,  # and not held after a restore
            occurrence.c.too_late_at > bindparam("now"),
        ),
    )
    .values(status=DeliveryStatus.WAITING, due_at=bindparam("now"))
)


async def lock(db: AsyncSession, school_id: int, occurrence_id: int) -> None:
    """Locks an occurrence and its waiting deliveries, and unclaims claimed ones, until the transaction ends.

    Race: without it a worker could claim a delivery, or expand the occurrence, after the correction's deliveries were
    created and before the new text is committed, and would send the old text uncorrected.
    """
    await value_or_none(db, _LOCK_OCCURRENCE, occurrence=occurrence_id)
    await value(db, _COUNT_LOCKED, school=school_id, occurrence=occurrence_id)
    await changed(db, _UNCLAIM, school=school_id, occurrence=occurrence_id)


async def create_for_recipients(
    db: AsyncSession, school_id: int, occurrence_id: int, corrected_id: int, due_at: datetime
) -> int:
    """Creates one delivery of a correction for each reader to whom `corrected_id` was sent or is in flight, in bulk.

    Immediate, through quiet hours: an edited message makes no sound. Returns how many.
    """
    new = {
        "school_id": delivery.c.school_id,
        "occurrence_id": literal(occurrence_id),
        "person_id": delivery.c.person_id,
        "membership_id": delivery.c.membership_id,
        "due_at": literal(due_at, delivery.c.due_at.type),
        "immediate": literal(True),
        "status": literal(DeliveryStatus.WAITING, delivery.c.status.type),
        "attempts": literal(0),
    }
    chosen = select(*new.values()).where(
        delivery.c.school_id == school_id,
        delivery.c.occurrence_id == corrected_id,
        delivery.c.status.in_([DeliveryStatus.SENT, DeliveryStatus.SENDING]),
        delivery.c.person_id.is_not(None),
        delivery.c.membership_id.is_not(None),
    )
    return await changed(
        db, Upsert(lambda insert: insert(delivery).from_select(list(new), chosen).on_conflict_do_nothing())
    )


async def original(
    db: AsyncSession, school_id: int, announcement_id: int, person_id: int
) -> OriginalRow | None:
    """An announcement's delivery to one person; None when there is none."""
    return await read_one(
        db, OriginalRow, _ORIGINAL, school_id=school_id, ref=str(announcement_id), person_id=person_id
    )


async def retry_uncertain(db: AsyncSession, now: datetime) -> int:
    """Retries uncertain corrections, at every school: an edit is idempotent. Returns how many."""
    return await changed(db, _RETRY_UNCERTAIN, now=now)
