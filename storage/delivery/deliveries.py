"""Deliveries: one message to one reader. Here they are made, counted and stopped; `claims` is how they are sent."""

from datetime import datetime

from sqlalchemy import Integer, bindparam, exists, func, literal, literal_column, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.delivery.audiences import Audience, readers
from storage.execute import Upsert, changed, rows, value
from storage.tables import (
    UNSETTLED,
    WAITING,
    Delivery,
    DeliveryStatus,
    Occurrence,
    OccurrenceStatus,
    table_of,
)

delivery, occurrence = table_of(Delivery), table_of(Occurrence)

_SCHOOL, _OF = bindparam("school", type_=Integer), bindparam("of", type_=Integer)
_OF_OCCURRENCE = (delivery.c.school_id == _SCHOOL, delivery.c.occurrence_id == _OF)
_NOT_ON_ITS_WAY = (*_OF_OCCURRENCE, text(UNSETTLED), delivery.c.status != DeliveryStatus.SENDING)
_CANCEL = (
    update(delivery)
    .where(*_NOT_ON_ITS_WAY)
    .values(status=DeliveryStatus.CANCELLED, claimed_by=None, lease_until=None)
)
_REFUSE = (
    update(delivery)
    .where(*_NOT_ON_ITS_WAY)
    .values(status=DeliveryStatus.REFUSED, error=bindparam("words"), claimed_by=None, lease_until=None)
)
_MAY_BE_SENT = (
    delivery.c.school_id == _SCHOOL,
    delivery.c.status.in_([DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING]),
    (delivery.c.status != DeliveryStatus.WAITING) | (delivery.c.due_at <= bindparam("until")),
)
_HOLD_OCCURRENCES = (
    update(occurrence)
    .where(occurrence.c.id.in_(select(delivery.c.occurrence_id).where(*_MAY_BE_SENT)))
    .values(status=OccurrenceStatus.HELD)
)
_HOLD = (
    update(delivery)
    .where(*_MAY_BE_SENT)
    .values(status=DeliveryStatus.UNCERTAIN, claimed_by=None, lease_until=None)
)
_SEND_AGAIN = (
    update(delivery)
    .where(
        *_OF_OCCURRENCE,
        delivery.c.status == DeliveryStatus.UNCERTAIN,
        delivery.c.person_id.is_not(None),
        delivery.c.membership_id.is_not(None),
    )
    .values(status=DeliveryStatus.WAITING, due_at=bindparam("now"), error=None)
)
_PROGRESS = select(delivery.c.status, func.count()).where(*_OF_OCCURRENCE).group_by(delivery.c.status)
_WAITS = select(exists().where(*_OF_OCCURRENCE, text(UNSETTLED)))
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
    """One delivery for each reader that has none of this occurrence yet. Returns how many were made."""
    them = readers(school_id, audience).subquery()
    new = {
        "school_id": literal(school_id),
        "occurrence_id": literal(occurrence_id),
        "person_id": them.c.person_id,
        "membership_id": them.c.membership_id,
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
    """What is not on its way of this occurrence is not sent. Returns how many."""
    return await changed(db, _CANCEL, school=school_id, of=occurrence_id)


async def mark_refused(db: AsyncSession, school_id: int, occurrence_id: int, words: str) -> int:
    """What is not on its way of this occurrence would be refused too, in the same words. Returns how many."""
    return await changed(db, _REFUSE, school=school_id, of=occurrence_id, words=words[:200])


async def mark_uncertain(db: AsyncSession, school_id: int, until: datetime) -> int:
    """Everything of a school that was on its way, or due by then, may have been sent: uncertain. Returns how many."""
    await changed(db, _HOLD_OCCURRENCES, school=school_id, until=until)
    return await changed(db, _HOLD, school=school_id, until=until)


async def send_again(db: AsyncSession, school_id: int, occurrence_id: int, now: datetime) -> int:
    """What is uncertain of this occurrence waits to be sent, because somebody wants it so. Returns how many."""
    return await changed(db, _SEND_AGAIN, school=school_id, of=occurrence_id, now=now)


async def count_by_status(db: AsyncSession, school_id: int, occurrence_id: int) -> dict[DeliveryStatus, int]:
    """How many deliveries of an occurrence stand where."""
    found = await rows(db, _PROGRESS, school=school_id, of=occurrence_id)
    return {key: count for key, count in map(tuple, found)}  # noqa: C416 - rows are no pairs to a type checker


async def any_unsettled(db: AsyncSession, school_id: int, occurrence_id: int) -> bool:
    """Whether any delivery of an occurrence is still to be sent, or on its way."""
    found: bool = await value(db, _WAITS, school=school_id, of=occurrence_id)
    return found


async def next_due(db: AsyncSession) -> datetime | None:
    """When the first waiting delivery of any school is due."""
    first: datetime | None = await value(db, _NEXT_DUE)
    return first


REACHES = (
    DeliveryStatus.WAITING,
    DeliveryStatus.CLAIMED,
    DeliveryStatus.SENDING,
    DeliveryStatus.SENT,
    DeliveryStatus.UNCERTAIN,
)
_TOLD = (
    select(delivery.c.id)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(
        delivery.c.school_id == bindparam("school_id"),
        delivery.c.person_id == bindparam("person_id"),
        delivery.c.status.in_(REACHES),
        occurrence.c.kind == bindparam("kind"),
        occurrence.c.ref == bindparam("ref"),
    )
    .limit(1)
)


async def has_message(db: AsyncSession, school_id: int, person_id: int, kind: str, ref: str) -> bool:
    """Whether this person has, or is about to get, a message of that kind about that week or month."""
    found = await value(db, _TOLD, school_id=school_id, person_id=person_id, kind=kind, ref=ref)
    return found is not None
