"""Deliveries: one message to one reader, from waiting to what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, func, literal, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.statements import Upsert, changed, rows, value
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
    Texts,
    table_of,
)

delivery, occurrence, person = table_of(Delivery), table_of(Occurrence), table_of(Person)
membership, link, group = table_of(Membership), table_of(MembershipGroup), table_of(Group)
practice, school = table_of(Practice), table_of(School)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads: people of these roles at a school, narrowed where something more is said.

    `group_id` and `grade` keep those who belong to that group or a group of that grade; `unanswered` keeps those who
    work with a group that has not yet answered the prompt of that week; `membership_id` or `person_id` is one alone.
    Only who is in force reads, unless `standing` says otherwise: somebody who was turned away is told so.
    """

    roles: frozenset[Role] = field(default_factory=frozenset)
    group_id: int | None = None
    grade: int | None = None
    unanswered: str | None = None
    membership_id: int | None = None
    person_id: int | None = None
    standing: Standing = Standing.ACTIVE


def _members(school_id: int, audience: Audience) -> Select[Any]:
    """Each member of the audience once, reachable or not: person and the membership they read as."""
    statement = (
        select(membership.c.person_id, func.min(membership.c.id).label("membership_id"))
        .join(person, person.c.id == membership.c.person_id)
        .where(membership.c.school_id == school_id, membership.c.standing == audience.standing)
        .group_by(membership.c.person_id)
    )
    if audience.roles:
        statement = statement.where(membership.c.role.in_(sorted(audience.roles)))
    if audience.membership_id is not None:
        statement = statement.where(membership.c.id == audience.membership_id)
    if audience.person_id is not None:
        statement = statement.where(membership.c.person_id == audience.person_id)
    narrowed = []
    if audience.group_id is not None:
        narrowed.append(group.c.id == audience.group_id)
    if audience.grade is not None:
        narrowed.append(group.c.grade == audience.grade)
    if audience.unanswered is not None:
        narrowed.append(
            ~exists()
            .where(practice.c.group_id == group.c.id, practice.c.week == audience.unanswered)
            .correlate(group)
        )
    if narrowed:
        belongs = exists().where(
            link.c.membership_id == membership.c.id, link.c.group_id == group.c.id, group.c.active, *narrowed
        )
        statement = statement.where(belongs.correlate(membership))
    return statement


def _readers(school_id: int, audience: Audience) -> Select[Any]:
    """Those members whom a message reaches."""
    return _members(school_id, audience).where(membership.c.muted.is_(False), person.c.reachable.is_(True))


async def reach(db: AsyncSession, school_id: int, audience: Audience) -> int:
    """How many readers the audience has just now."""
    readers = _readers(school_id, audience).subquery()
    count: int = await value(db, select(func.count()).select_from(readers))
    return count


async def languages(db: AsyncSession, school_id: int, audience: Audience) -> dict[str, int]:
    """How many readers the audience has just now in each language, the most read one first."""
    readers = _readers(school_id, audience).subquery()
    count = func.count()
    found = await rows(
        db,
        select(person.c.language, count)
        .join(readers, readers.c.person_id == person.c.id)
        .group_by(person.c.language)
        .order_by(count.desc(), person.c.language),
    )
    return {key: count for key, count in map(tuple, found)}  # noqa: C416 - rows are no pairs to a type checker


async def out_of_reach(db: AsyncSession, school_id: int, audience: Audience, occurrence_id: int) -> int:
    """How many belong to the audience and got no delivery of this occurrence, because they cannot be reached.

    They have muted the school, or blocked the bot, on every role by which they belong.
    """
    members = _members(school_id, audience).subquery()
    readers = _readers(school_id, audience).subquery()
    count: int = await value(
        db,
        select(func.count())
        .select_from(members)
        .where(
            members.c.person_id.not_in(select(readers.c.person_id)),
            ~exists().where(
                delivery.c.school_id == school_id,
                delivery.c.occurrence_id == occurrence_id,
                delivery.c.person_id == members.c.person_id,
            ),
        ),
    )
    return count


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
    new = {
        "school_id": literal(school_id),
        "occurrence_id": literal(occurrence_id),
        "person_id": readers.c.person_id,
        "membership_id": readers.c.membership_id,
        "due_at": literal(due_at, delivery.c.due_at.type),
        "asked": literal(asked),
        "status": literal(DeliveryStatus.WAITING, delivery.c.status.type),
        "attempts": literal(0),
    }
    # "WHERE true" keeps SQLite from reading ON CONFLICT as part of a join.
    chosen = select(*new.values()).where(literal(True))
    return await changed(
        db, Upsert(lambda insert: insert(delivery).from_select(list(new), chosen).on_conflict_do_nothing())
    )


class Claimed(NamedTuple):
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
    school_quiet: Texts


_DUE = (
    select(delivery.c.id)
    .where(delivery.c.status == DeliveryStatus.WAITING, delivery.c.due_at <= bindparam("now"))
    .order_by(delivery.c.due_at, delivery.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(delivery)
    .where(delivery.c.id.in_(_DUE))
    .values(
        status=DeliveryStatus.CLAIMED,
        claimed_by=bindparam("worker"),
        lease_until=bindparam("lease"),
        attempts=delivery.c.attempts + 1,
    )
    .returning(delivery.c.id)
)
_CLAIMED = (
    select(
        delivery.c.id,
        delivery.c.occurrence_id,
        occurrence.c.kind,
        occurrence.c.ref,
        occurrence.c.slot,
        delivery.c.due_at,
        occurrence.c.too_late_at,
        delivery.c.attempts,
        delivery.c.asked,
        person.c.id,
        person.c.telegram_id,
        person.c.language,
        person.c.quiet_from,
        person.c.quiet_to,
        membership.c.id,
        membership.c.role,
        school.c.id,
        school.c.slug,
        school.c.name,
        school.c.timezone,
        school.c.languages,
        school.c.quiet_hours,
    )
    .select_from(delivery)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .join(person, person.c.id == delivery.c.person_id)
    .join(membership, membership.c.id == delivery.c.membership_id)
    .join(school, school.c.id == delivery.c.school_id)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(delivery.c.due_at, delivery.c.id)
)
_RECORD = (
    update(delivery)
    .where(delivery.c.id == bindparam("_id"))
    .values(
        status=bindparam("_status"),
        message_id=bindparam("_message_id"),
        sent_at=bindparam("_sent_at"),
        error=bindparam("_error"),
        due_at=func.coalesce(bindparam("_due_at", type_=delivery.c.due_at.type), delivery.c.due_at),
        claimed_by=None,
        lease_until=None,
    )
)
_EXPIRE = (
    update(delivery)
    .where(delivery.c.status == DeliveryStatus.CLAIMED, delivery.c.lease_until < bindparam("now"))
    .values(status=DeliveryStatus.UNCERTAIN, claimed_by=None, lease_until=None)
)
_OF_OCCURRENCE = (
    delivery.c.school_id == bindparam("school"),
    delivery.c.occurrence_id == bindparam("of"),
)
_CANCEL = (
    update(delivery)
    .where(*_OF_OCCURRENCE, delivery.c.status == DeliveryStatus.WAITING)
    .values(status=DeliveryStatus.CANCELLED)
)
_PROGRESS = select(delivery.c.status, func.count()).where(*_OF_OCCURRENCE).group_by(delivery.c.status)
_NEXT_DUE = select(func.min(delivery.c.due_at)).where(delivery.c.status == DeliveryStatus.WAITING)


async def claim(
    db: AsyncSession, worker: str, now: datetime, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Takes up to `limit` waiting deliveries that are due, for this worker until then; nobody else gets them."""
    taken = await rows(db, _CLAIM, worker=worker, now=now, lease=lease_until, most=limit)
    if not taken:
        return []
    return [Claimed._make(found) for found in await rows(db, _CLAIMED, ids=[row[0] for row in taken])]


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
    await (await db.connection()).execute(
        _RECORD,
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
    return await changed(db, _EXPIRE, now=now)


async def cancel(db: AsyncSession, school_id: int, occurrence_id: int) -> int:
    """What still waits of this occurrence is not sent. Returns how many."""
    return await changed(db, _CANCEL, school=school_id, of=occurrence_id)


async def progress(db: AsyncSession, school_id: int, occurrence_id: int) -> dict[DeliveryStatus, int]:
    """How many deliveries of an occurrence stand where."""
    found = await rows(db, _PROGRESS, school=school_id, of=occurrence_id)
    return {key: count for key, count in map(tuple, found)}  # noqa: C416 - rows are no pairs to a type checker


async def next_due(db: AsyncSession) -> datetime | None:
    """When the first waiting delivery of any school is due."""
    first: datetime | None = await value(db, _NEXT_DUE)
    return first


REACHES = (DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN)
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


async def told(db: AsyncSession, school_id: int, person_id: int, kind: str, ref: str) -> bool:
    """Whether this person has, or is about to get, a message of that kind about that week or month."""
    found = await value(db, _TOLD, school_id=school_id, person_id=person_id, kind=kind, ref=ref)
    return found is not None
