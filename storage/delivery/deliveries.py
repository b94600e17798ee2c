"""Deliveries: one message to one reader. Created in bulk, cancelled, requeued and found; `claims` leases them."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, exists, func, literal, literal_column, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.corrections import CORRECTION_KINDS
from storage.delivery.audiences import Audience, readers
from storage.execute import Upsert, changed, columns, read, read_one, rows, value, value_or_none
from storage.tables import (
    CANCELLED,
    RELEASED,
    STOPPABLE,
    UNSETTLED,
    WAITING,
    Delivery,
    DeliveryStatus,
    Occurrence,
    OccurrenceStatus,
    table_of,
)

delivery, occurrence = table_of(Delivery), table_of(Occurrence)

_SCHOOL = bindparam("school", type_=Integer)
_OF_OCCURRENCE = (
    delivery.c.school_id == _SCHOOL,
    delivery.c.occurrence_id == bindparam("occurrence", type_=Integer),
)
_NOT_IN_FLIGHT = (*_OF_OCCURRENCE, text(UNSETTLED), delivery.c.status != DeliveryStatus.SENDING)
_CANCEL = update(delivery).where(*_NOT_IN_FLIGHT).values(**CANCELLED)
_REFUSE = (
    update(delivery)
    .where(*_NOT_IN_FLIGHT)
    .values(status=DeliveryStatus.REFUSED, error=bindparam("reason"), **RELEASED)
)
_POSSIBLY_SENT = (
    delivery.c.school_id == _SCHOOL,
    delivery.c.status.in_([*STOPPABLE, DeliveryStatus.SENDING]),
    (delivery.c.status != DeliveryStatus.WAITING) | (delivery.c.due_at <= bindparam("until")),
)
_HOLD_OCCURRENCES = (
    update(occurrence)
    .where(occurrence.c.id.in_(select(delivery.c.occurrence_id).where(*_POSSIBLY_SENT)))
    .values(status=OccurrenceStatus.HELD)
)
_MARK_UNCERTAIN = update(delivery).where(*_POSSIBLY_SENT).values(status=DeliveryStatus.UNCERTAIN, **RELEASED)
_REQUEUE = (
    update(delivery)
    .where(
        *_OF_OCCURRENCE,
        delivery.c.status == DeliveryStatus.UNCERTAIN,
        delivery.c.person_id.is_not(None),
        delivery.c.membership_id.is_not(None),
    )
    .values(status=DeliveryStatus.WAITING, due_at=bindparam("now"), error=None)
)
_COUNT_BY_STATUS = select(delivery.c.status, func.count()).where(*_OF_OCCURRENCE).group_by(delivery.c.status)
_ANY_UNSETTLED = select(exists().where(*_OF_OCCURRENCE, text(UNSETTLED)))
_NEXT_DUE = select(func.min(delivery.c.due_at)).where(text(WAITING))


async def create_for_audience(
    db: AsyncSession,
    school_id: int,
    occurrence_id: int,
    audience: Audience,
    due_at: datetime,
    *,
    immediate: bool = False,
    joins_digest: bool = False,
    status: DeliveryStatus = DeliveryStatus.WAITING,
) -> int:
    """Inserts one delivery for each reader without one of this occurrence, idempotently. Returns how many are new."""
    reader = readers(school_id, audience).subquery()
    new = {
        "school_id": literal(school_id),
        "occurrence_id": literal(occurrence_id),
        "person_id": reader.c.person_id,
        "membership_id": reader.c.membership_id,
        "due_at": literal(due_at, delivery.c.due_at.type),
        "immediate": literal(immediate),
        "joins_digest": literal(joins_digest),
        "status": literal(status, delivery.c.status.type),
        "attempts": literal(0),
    }
    # "WHERE true" keeps SQLite from reading ON CONFLICT as part of a join.
    chosen = select(*new.values()).where(literal_column("true"))
    return await changed(
        db, Upsert(lambda insert: insert(delivery).from_select(list(new), chosen).on_conflict_do_nothing())
    )


async def cancel(db: AsyncSession, school_id: int, occurrence_id: int) -> int:
    """Cancels the deliveries of an occurrence that are not in flight or settled. Returns how many."""
    return await changed(db, _CANCEL, school=school_id, occurrence=occurrence_id)


async def mark_refused(db: AsyncSession, school_id: int, occurrence_id: int, reason: str) -> int:
    """Refuses the deliveries of an occurrence that are not in flight, for the same reason. Returns how many."""
    return await changed(db, _REFUSE, school=school_id, occurrence=occurrence_id, reason=reason[:200])


async def mark_uncertain(db: AsyncSession, school_id: int, until: datetime) -> int:
    """After a restore: marks what was in flight, or due by `until`, as uncertain. Returns how many."""
    await changed(db, _HOLD_OCCURRENCES, school=school_id, until=until)
    return await changed(db, _MARK_UNCERTAIN, school=school_id, until=until)


async def requeue_uncertain(db: AsyncSession, school_id: int, occurrence_id: int, now: datetime) -> int:
    """Queues an occurrence's uncertain deliveries once more, at a leader's request. Returns how many."""
    return await changed(db, _REQUEUE, school=school_id, occurrence=occurrence_id, now=now)


async def count_by_status(db: AsyncSession, school_id: int, occurrence_id: int) -> dict[DeliveryStatus, int]:
    """How many deliveries of an occurrence have each status."""
    counts = await rows(db, _COUNT_BY_STATUS, school=school_id, occurrence=occurrence_id)
    return {status: count for status, count in map(tuple, counts)}  # noqa: C416 - rows are no pairs to a type checker


async def any_unsettled(db: AsyncSession, school_id: int, occurrence_id: int) -> bool:
    """Whether any delivery of an occurrence is queued or in flight."""
    return bool(await value(db, _ANY_UNSETTLED, school=school_id, occurrence=occurrence_id))


async def next_due(db: AsyncSession) -> datetime | None:
    """When the next waiting delivery of any school is due."""
    return await value_or_none(db, _NEXT_DUE)


_REACHES = (*STOPPABLE, DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN)
_HAS_MESSAGE = (
    select(delivery.c.id)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(
        delivery.c.school_id == bindparam("school_id"),
        delivery.c.person_id == bindparam("person_id"),
        delivery.c.status.in_(_REACHES),
        occurrence.c.kind == bindparam("kind"),
        occurrence.c.ref == bindparam("ref"),
    )
    .limit(1)
)


async def has_message(db: AsyncSession, school_id: int, person_id: int, kind: str, ref: str) -> bool:
    """Whether a person has been sent, or will be sent, a message with this kind and ref."""
    found = await value_or_none(
        db, _HAS_MESSAGE, school_id=school_id, person_id=person_id, kind=kind, ref=ref
    )
    return found is not None


class PartRow(NamedTuple):
    """A letter that has arrived, perhaps as part of a digest. `kind`, `ref` and `slot` are its occurrence's."""

    delivery_id: int
    kind: str
    ref: str
    slot: str
    sent_at: datetime


_ARRIVED = (
    select(*columns(PartRow._fields, delivery, occurrence, delivery_id=delivery.c.id))
    .select_from(delivery)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(
        delivery.c.school_id == bindparam("school_id"),
        delivery.c.membership_id == bindparam("membership_id"),
        delivery.c.status == DeliveryStatus.SENT,
        occurrence.c.kind.not_in(CORRECTION_KINDS),  # a correction edits a message and is none itself
    )
    .order_by(delivery.c.id)
)
_PARTS = _ARRIVED.where(delivery.c.message_id == bindparam("message_id"))
_PART = _ARRIVED.where(delivery.c.id == bindparam("delivery_id"))


async def parts(db: AsyncSession, school_id: int, membership_id: int, message_id: int) -> list[PartRow]:
    """The letters in one message of a member's chat: several in a digest, else one. They share its message id."""
    return await read(
        db, PartRow, _PARTS, school_id=school_id, membership_id=membership_id, message_id=message_id
    )


async def part(db: AsyncSession, school_id: int, membership_id: int, delivery_id: int) -> PartRow | None:
    """One letter that has arrived; None when it is not this member's."""
    return await read_one(
        db, PartRow, _PART, school_id=school_id, membership_id=membership_id, delivery_id=delivery_id
    )
