"""Claims: a worker leases a batch of deliveries, so that no other worker sends them.

    waiting -> claimed -> sending -> an outcome (`outcomes`)
                  |          +-- the worker crashed: uncertain, at most once, so never retried automatically
                  +-- the worker crashed: waiting again

A row is `claimed` while it is composed and queued, and `sending` from just before the network call until its outcome
is recorded. Both steps are bulk updates. `FOR UPDATE SKIP LOCKED` keeps concurrent workers on PostgreSQL from
blocking each other; SQLite has one writer.
"""

from collections.abc import Collection
from datetime import datetime, time
from typing import Any, NamedTuple

from sqlalchemy import Select, Update, bindparam, case, literal_column, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.delivery.outcomes import Outcome, record
from storage.execute import changed, columns, rows
from storage.tables import (
    RELEASED,
    UNSETTLED,
    WAITING,
    Delivery,
    DeliveryStatus,
    Membership,
    Occurrence,
    Person,
    School,
    Texts,
    table_of,
)

delivery, occurrence, person = table_of(Delivery), table_of(Occurrence), table_of(Person)
membership, school = table_of(Membership), table_of(School)


class Claimed(NamedTuple):
    """A delivery leased by one worker, with everything that composing and sending need."""

    id: int
    occurrence_id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    too_late_at: datetime
    attempts: int
    immediate: bool
    joins_digest: bool
    person_id: int
    telegram_id: int
    language: str
    quiet_from: time | None
    quiet_to: time | None
    membership_id: int
    role: Role
    muted: bool
    reachable: bool
    school_id: int
    slug: str
    school_name: str
    timezone: str
    languages: list[str]
    school_quiet: Texts


def _claim(ids: Select[Any]) -> Update:
    return (
        update(delivery)
        .where(delivery.c.id.in_(ids.with_for_update(skip_locked=True)))
        .values(status=DeliveryStatus.CLAIMED, claimed_by=bindparam("worker"), lease_until=bindparam("lease"))
        .returning(delivery.c.id, delivery.c.joins_digest, delivery.c.person_id)
    )


def _due(immediate: str) -> Select[Any]:
    return select(delivery.c.id).where(
        text(WAITING),
        delivery.c.immediate == literal_column(immediate),
        delivery.c.due_at <= bindparam("now"),
    )


# One statement for immediate and one for all others: the partial index gives an order within each.
_CLAIM_DUE = tuple(
    _claim(_due(immediate).order_by(delivery.c.due_at, delivery.c.id).limit(bindparam("most")))
    for immediate in ("true", "false")
)
_CLAIM_SAME_DIGEST = _claim(
    _due("false").where(
        delivery.c.joins_digest.is_(True), delivery.c.person_id.in_(bindparam("person_ids", expanding=True))
    )
)
# The school once, and not joined to each row: decoding its two JSON columns costs more than all other columns.
_SCHOOL_COLUMNS = ("slug", "name", "timezone", "languages", "quiet_hours")
_SELECT_SCHOOLS = select(*columns(("id", *_SCHOOL_COLUMNS), school)).where(
    school.c.id.in_(bindparam("ids", expanding=True))
)
_SELECT_CLAIMED = (
    select(*columns(Claimed._fields[: -len(_SCHOOL_COLUMNS)], delivery, occurrence, person, membership))
    .select_from(delivery)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .join(person, person.c.id == delivery.c.person_id)
    .join(membership, membership.c.id == delivery.c.membership_id)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(delivery.c.immediate.desc(), delivery.c.due_at, delivery.c.id)
)
_MARK_SENDING = (
    update(delivery)
    .where(
        delivery.c.id.in_(bindparam("ids", expanding=True)),
        text("status = 'claimed'"),
        delivery.c.claimed_by == bindparam("worker"),
    )
    .values(status=text("'sending'"), attempts=delivery.c.attempts + literal_column("1"))
    .returning(delivery.c.id)
)
_RELEASE = (
    update(delivery)
    .where(text(UNSETTLED), delivery.c.status != DeliveryStatus.WAITING)
    .values(
        status=case(
            (delivery.c.status == DeliveryStatus.CLAIMED, DeliveryStatus.WAITING),
            else_=DeliveryStatus.UNCERTAIN,
        ),
        **RELEASED,
    )
)
_EXPIRE_LEASES = _RELEASE.where(
    delivery.c.lease_until < bindparam("now"), delivery.c.claimed_by != bindparam("worker")
)
_RELEASE_OWN = _RELEASE.where(delivery.c.claimed_by == bindparam("worker"))
_RELEASE_OTHERS = _RELEASE.where(
    delivery.c.claimed_by.startswith(bindparam("prefix")), delivery.c.claimed_by != bindparam("worker")
)
_UNCLAIM = (
    update(delivery)
    .where(
        delivery.c.id.in_(bindparam("ids", expanding=True)),
        delivery.c.status == DeliveryStatus.CLAIMED,
        delivery.c.claimed_by == bindparam("worker"),
    )
    .values(status=DeliveryStatus.WAITING, **RELEASED)
)
_ANY_SENT = (
    select(delivery.c.id)
    .where(delivery.c.occurrence_id == bindparam("occurrence_id"), delivery.c.status == DeliveryStatus.SENT)
    .limit(1)
)


async def claim(
    db: AsyncSession, worker: str, now: datetime, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Leases a batch of up to `limit` due deliveries to this worker, immediate ones first, then the longest due.

    Where quiet hours delayed one, all others that wait for the same reader's digest come too, beyond the limit.
    """
    taken: list[int] = []
    lease = {"worker": worker, "now": now, "lease": lease_until}
    for statement in _CLAIM_DUE:
        if left := limit - len(taken):
            due = await rows(db, statement, most=left, **lease)
            taken += [row[0] for row in due]
            if person_ids := {row[2] for row in due if row[1]}:
                more = await rows(db, _CLAIM_SAME_DIGEST, person_ids=list(person_ids), **lease)
                taken += [row[0] for row in more]
    if not taken:
        return []
    found = await rows(db, _SELECT_CLAIMED, ids=taken)
    school_ids = {row.school_id for row in found}
    schools = {row.id: row[1:] for row in await rows(db, _SELECT_SCHOOLS, ids=list(school_ids))}
    claimed = [Claimed(*row, *schools[row.school_id]) for row in found]
    if without_reader := set(taken) - {row.id for row in claimed}:
        await record(db, worker, [Outcome(left, DeliveryStatus.CANCELLED) for left in sorted(without_reader)])
    return claimed


async def mark_sending(db: AsyncSession, worker: str, ids: Collection[int]) -> set[int]:
    """Marks claimed deliveries as in flight, before the network call. Returns those that are still this worker's."""
    return {row[0] for row in await rows(db, _MARK_SENDING, worker=worker, ids=list(ids))}


async def unclaim(db: AsyncSession, worker: str, ids: Collection[int]) -> int:
    """Returns claimed deliveries that this worker will not send to the queue. Returns how many."""
    return await changed(db, _UNCLAIM, worker=worker, ids=list(ids))


async def expire_leases(db: AsyncSession, worker: str, now: datetime) -> int:
    """Releases what other workers hold beyond their lease: they have crashed. Returns how many."""
    return await changed(db, _EXPIRE_LEASES, worker=worker, now=now)


async def release_own(db: AsyncSession, worker: str) -> int:
    """Releases what this worker holds, when nothing of it is in flight any more. Returns how many."""
    return await changed(db, _RELEASE_OWN, worker=worker)


async def release_others(db: AsyncSession, prefix: str, worker: str) -> int:
    """Crash recovery after a failover: releases the claims of every other worker with this name prefix.

    The prefix is the name of the lease: those workers have crashed, or are no longer leader. Returns how many.
    """
    return await changed(db, _RELEASE_OTHERS, prefix=prefix, worker=worker)


async def any_sent(db: AsyncSession, occurrence_id: int) -> bool:
    """Whether at least one delivery of this occurrence has been sent."""
    return bool(await rows(db, _ANY_SENT, occurrence_id=occurrence_id))
