"""Deliveries: one message to one reader, from waiting to what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from sqlalchemy import bindparam, exists, func, literal, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from pals.roles import Role
from storage.tables import (
    Delivery,
    DeliveryStatus,
    Group,
    Membership,
    MembershipGroup,
    Occurrence,
    Person,
    Practice,
    School,
    Standing,
)
from storage.upsert import insert_into

PENDING = (DeliveryStatus.WAITING, DeliveryStatus.CLAIMED)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads: people of these roles at a school, narrowed where something more is said.

    `group_id` and `grade` keep those who belong to that group or a group of that grade; `unanswered` keeps those who
    work with a group that has not yet answered the prompt of that week; `membership_id` or `person_id` is one alone.
    """

    roles: frozenset[Role] = field(default_factory=frozenset)
    group_id: int | None = None
    grade: int | None = None
    unanswered: str | None = None
    membership_id: int | None = None
    person_id: int | None = None


def _readers(school_id: int, audience: Audience) -> Select[int, int | None]:
    """Each reader once: person and the membership they read as."""
    statement = (
        select(col(Membership.person_id), func.min(col(Membership.id)))
        .join(Person, col(Person.id) == col(Membership.person_id))
        .where(
            col(Membership.school_id) == school_id,
            col(Membership.standing) == Standing.ACTIVE,
            col(Membership.muted).is_(False),
            col(Person.reachable).is_(True),
        )
        .group_by(col(Membership.person_id))
    )
    if audience.roles:
        statement = statement.where(col(Membership.role).in_(sorted(audience.roles)))
    if audience.membership_id is not None:
        statement = statement.where(col(Membership.id) == audience.membership_id)
    if audience.person_id is not None:
        statement = statement.where(col(Membership.person_id) == audience.person_id)
    if audience.group_id is not None or audience.grade is not None or audience.unanswered is not None:
        belongs = (
            exists()
            .where(col(MembershipGroup.membership_id) == col(Membership.id))
            .where(col(MembershipGroup.group_id) == col(Group.id), col(Group.active).is_(True))
        )
        if audience.group_id is not None:
            belongs = belongs.where(col(Group.id) == audience.group_id)
        if audience.grade is not None:
            belongs = belongs.where(col(Group.grade) == audience.grade)
        if audience.unanswered is not None:
            answered = exists().where(
                col(Practice.group_id) == col(Group.id), col(Practice.week) == audience.unanswered
            )
            belongs = belongs.where(~answered)
        statement = statement.where(belongs)
    return statement


async def reach(db: AsyncSession, school_id: int, audience: Audience) -> int:
    """How many readers the audience has just now."""
    readers = _readers(school_id, audience).subquery()
    return (await db.exec(select(func.count()).select_from(readers))).one()


async def plan(
    db: AsyncSession,
    school_id: int,
    occurrence_id: int,
    audience: Audience,
    due_at: datetime,
    *,
    asked: bool = False,
) -> int:
    """One waiting delivery for each reader that has none of this occurrence yet. Returns how many were made."""
    readers = _readers(school_id, audience).subquery()
    chosen: Select[*tuple[Any, ...]] = Select(
        literal(school_id),
        literal(occurrence_id),
        readers.c[0],
        readers.c[1],
        literal(due_at, type_=Delivery.__table__.c.due_at.type),  # type: ignore[attr-defined]
        literal(asked),
        literal(DeliveryStatus.WAITING, type_=Delivery.__table__.c.status.type),  # type: ignore[attr-defined]
        literal(0),
    ).where(literal(True))
    columns = [
        "school_id",
        "occurrence_id",
        "person_id",
        "membership_id",
        "due_at",
        "asked",
        "status",
        "attempts",
    ]
    statement = insert_into(db, Delivery).from_select(columns, chosen).on_conflict_do_nothing()
    return (await db.exec(statement)).rowcount


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that one worker holds, with all that is needed to say it."""

    id: int
    occurrence_id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    too_late_at: datetime
    attempts: int
    asked: bool
    person_id: int
    telegram_id: int
    language: str
    quiet_from: time | None
    quiet_to: time | None
    membership_id: int
    role: Role
    school_id: int
    slug: str
    school_name: str
    timezone: str
    languages: list[str]
    school_quiet: Mapping[str, str]


_CLAIMED: Select[*tuple[Any, ...]] = (
    Select(
        col(Delivery.id),
        col(Delivery.occurrence_id),
        col(Occurrence.kind),
        col(Occurrence.ref),
        col(Occurrence.slot),
        col(Delivery.due_at),
        col(Occurrence.too_late_at),
        col(Delivery.attempts),
        col(Delivery.asked),
        col(Person.id),
        col(Person.telegram_id),
        col(Person.language),
        col(Person.quiet_from),
        col(Person.quiet_to),
        col(Membership.id),
        col(Membership.role),
        col(School.id),
        col(School.slug),
        col(School.name),
        col(School.timezone),
        col(School.languages),
        col(School.quiet_hours),
    )
    .join(Occurrence, col(Occurrence.id) == col(Delivery.occurrence_id))
    .join(Person, col(Person.id) == col(Delivery.person_id))
    .join(Membership, col(Membership.id) == col(Delivery.membership_id))
    .join(School, col(School.id) == col(Delivery.school_id))
)


async def claim(
    db: AsyncSession, worker: str, now: datetime, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Takes up to `limit` waiting deliveries that are due, for this worker until then; nobody else gets them."""
    due = (
        select(col(Delivery.id))
        .where(col(Delivery.status) == DeliveryStatus.WAITING, col(Delivery.due_at) <= now)
        .order_by(col(Delivery.due_at), col(Delivery.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = await db.exec(
        update(Delivery)
        .where(col(Delivery.id).in_(due))
        .values(
            status=DeliveryStatus.CLAIMED,
            claimed_by=worker,
            lease_until=lease_until,
            attempts=col(Delivery.attempts) + 1,
        )
        .returning(col(Delivery.id))
        .execution_options(synchronize_session=False)
    )
    ids = [row[0] for row in taken]
    if not ids:
        return []
    rows = await db.exec(
        _CLAIMED.where(col(Delivery.id).in_(ids)).order_by(col(Delivery.due_at), col(Delivery.id))
    )
    return [Claimed(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery. `due_at` is set when it waits again."""

    id: int
    status: DeliveryStatus
    message_id: int | None = None
    sent_at: datetime | None = None
    error: str | None = None
    due_at: datetime | None = None


async def record(db: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """Writes down what became of claimed deliveries and lets go of them."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    await (await db.connection()).execute(
        update(table)
        .where(table.c.id == bindparam("_id"))
        .values(
            status=bindparam("_status"),
            message_id=bindparam("_message_id"),
            sent_at=bindparam("_sent_at"),
            error=bindparam("_error"),
            due_at=func.coalesce(bindparam("_due_at", type_=table.c.due_at.type), table.c.due_at),
            claimed_by=None,
            lease_until=None,
        ),
        [
            {
                "_id": o.id,
                "_status": o.status,
                "_message_id": o.message_id,
                "_sent_at": o.sent_at,
                "_error": o.error,
                "_due_at": o.due_at,
            }
            for o in outcomes
        ],
    )


async def expire_leases(db: AsyncSession, now: datetime) -> int:
    """A worker that died between sending and writing it down leaves *uncertain*. Returns how many."""
    done = await db.exec(
        update(Delivery)
        .where(col(Delivery.status) == DeliveryStatus.CLAIMED, col(Delivery.lease_until) < now)
        .values(status=DeliveryStatus.UNCERTAIN, claimed_by=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    return done.rowcount


async def cancel(db: AsyncSession, school_id: int, occurrence_id: int) -> int:
    """What still waits of this occurrence is not sent. Returns how many."""
    done = await db.exec(
        update(Delivery)
        .where(
            col(Delivery.school_id) == school_id,
            col(Delivery.occurrence_id) == occurrence_id,
            col(Delivery.status) == DeliveryStatus.WAITING,
        )
        .values(status=DeliveryStatus.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    return done.rowcount


async def progress(db: AsyncSession, school_id: int, occurrence_id: int) -> dict[DeliveryStatus, int]:
    """How many deliveries of an occurrence stand where."""
    rows = await db.exec(
        select(col(Delivery.status), func.count())
        .where(col(Delivery.school_id) == school_id, col(Delivery.occurrence_id) == occurrence_id)
        .group_by(col(Delivery.status))
    )
    return dict(rows)


async def next_due(db: AsyncSession) -> datetime | None:
    """When the first waiting delivery of any school is due."""
    found = await db.exec(
        select(func.min(col(Delivery.due_at))).where(col(Delivery.status) == DeliveryStatus.WAITING)
    )
    return found.one()
