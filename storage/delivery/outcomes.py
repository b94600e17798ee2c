"""Outcomes: what became of all that was to be delivered, counted. For cards, the operator and the metrics."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, and_, bindparam, cast, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.corrections import ANNOUNCEMENT_KINDS, SENT_BY
from storage.execute import rows
from storage.tables import (
    Announcement,
    Delivery,
    DeliveryStatus,
    Membership,
    Occurrence,
    OccurrenceStatus,
    Person,
    ReadReceipt,
    School,
    Standing,
    table_of,
)

delivery, occurrence, school = table_of(Delivery), table_of(Occurrence), table_of(School)
announcement, sighting = table_of(Announcement), table_of(ReadReceipt)
membership, person = table_of(Membership), table_of(Person)


StatusCounts = dict[DeliveryStatus, int]


class OccurrenceOutcome(NamedTuple):
    """An occurrence, and how many of its deliveries stand where; none when it was missed, or is long past."""

    id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    status: OccurrenceStatus
    audience: dict[str, Any] | None
    refusal: str | None
    """Telegram's, when it refused the text."""
    counts: StatusCounts


class SeenRow(NamedTuple):
    """An announcement that asks whether it was seen: to how many of its audience it was sent, and how many say so."""

    school: str
    occurrence_id: int
    audience: str
    sent: int
    seen: int


class UnreachableRow(NamedTuple):
    """How many members of a school no message reaches in this role: they have muted it, or closed their chat."""

    school: str
    role: Role
    members: int


class MissedRow(NamedTuple):
    """How many occurrences of one kind, at one school, were too late before anybody was sent them."""

    school: str
    kind: str
    occurrences: int


class CountRow(NamedTuple):
    """How many deliveries of one kind, at one school, stand where."""

    school: str
    kind: str
    status: DeliveryStatus
    deliveries: int


_BY_ANNOUNCEMENT = (
    select(occurrence.c.kind, occurrence.c.ref, occurrence.c.slot, delivery.c.status, func.count())
    .select_from(occurrence)
    .join(delivery, delivery.c.occurrence_id == occurrence.c.id)
    .where(
        occurrence.c.school_id == bindparam("school_id"),
        occurrence.c.kind.in_(bindparam("kinds", expanding=True)),
        occurrence.c.ref.in_(bindparam("refs", expanding=True)),
    )
    .group_by(occurrence.c.kind, occurrence.c.ref, occurrence.c.slot, delivery.c.status)
)
_LATELY = (
    select(
        occurrence.c.id,
        occurrence.c.kind,
        occurrence.c.ref,
        occurrence.c.slot,
        occurrence.c.due_at,
        occurrence.c.status,
        occurrence.c.audience,
        occurrence.c.refusal,
    )
    .where(occurrence.c.school_id == bindparam("school_id"), occurrence.c.due_at >= bindparam("since"))
    .order_by(occurrence.c.due_at.desc(), occurrence.c.id.desc())
    .limit(bindparam("most"))
)
_COUNTS = (
    select(delivery.c.occurrence_id, delivery.c.status, func.count())
    .where(delivery.c.occurrence_id.in_(bindparam("ids", expanding=True)))
    .group_by(delivery.c.occurrence_id, delivery.c.status)
)
_SEEN = (
    select(
        school.c.slug,
        occurrence.c.id,
        announcement.c.audience,
        func.count().filter(delivery.c.status == DeliveryStatus.SENT),
        func.count(sighting.c.delivery_id),
    )
    .select_from(occurrence)
    .join(
        announcement,
        and_(
            announcement.c.school_id == occurrence.c.school_id,
            cast(announcement.c.id, String) == occurrence.c.ref,
        ),
    )
    .join(delivery, delivery.c.occurrence_id == occurrence.c.id)
    .join(school, school.c.id == occurrence.c.school_id)
    .outerjoin(sighting, sighting.c.delivery_id == delivery.c.id)
    .where(occurrence.c.kind == SENT_BY, occurrence.c.due_at >= bindparam("since"), announcement.c.asks_seen)
    .group_by(school.c.slug, occurrence.c.id, announcement.c.audience)
    .order_by(school.c.slug, occurrence.c.id)
)
_UNREACHABLE = (
    select(school.c.slug, membership.c.role, func.count())
    .select_from(membership)
    .join(person, person.c.id == membership.c.person_id)
    .join(school, school.c.id == membership.c.school_id)
    .where(
        membership.c.standing == Standing.ACTIVE,
        or_(membership.c.muted.is_(True), person.c.reachable.is_(False)),
    )
    .group_by(school.c.slug, membership.c.role)
    .order_by(school.c.slug, membership.c.role)
)
_BY_KIND = (
    select(school.c.slug, occurrence.c.kind, delivery.c.status, func.count())
    .select_from(occurrence)
    .join(delivery, delivery.c.occurrence_id == occurrence.c.id)
    .join(school, school.c.id == occurrence.c.school_id)
    .where(occurrence.c.due_at >= bindparam("since"))
    .group_by(school.c.slug, occurrence.c.kind, delivery.c.status)
    .order_by(school.c.slug, occurrence.c.kind, delivery.c.status)
)
_MISSED = (
    select(school.c.slug, occurrence.c.kind, func.count())
    .select_from(occurrence)
    .join(school, school.c.id == occurrence.c.school_id)
    .where(occurrence.c.status == OccurrenceStatus.MISSED, occurrence.c.due_at >= bindparam("since"))
    .group_by(school.c.slug, occurrence.c.kind)
    .order_by(school.c.slug, occurrence.c.kind)
)


async def sent(
    db: AsyncSession, school_id: int, announcement_ids: Collection[int]
) -> dict[int, StatusCounts]:
    """What became of the messages of each of these announcements; those that have none are left out."""
    refs = [str(this) for this in announcement_ids]
    became: dict[int, StatusCounts] = {}
    found = await rows(db, _BY_ANNOUNCEMENT, school_id=school_id, kinds=[SENT_BY], refs=refs)
    for _, ref, _, status, count in map(tuple, found):
        became.setdefault(int(ref), {})[status] = count
    return became


async def of_announcement(
    db: AsyncSession, school_id: int, announcement_id: int
) -> dict[tuple[str, str], StatusCounts]:
    """By (kind, slot): what became of an announcement's messages, and of each of its revisions."""
    became: dict[tuple[str, str], StatusCounts] = {}
    refs = [str(announcement_id)]
    found = await rows(db, _BY_ANNOUNCEMENT, school_id=school_id, kinds=ANNOUNCEMENT_KINDS, refs=refs)
    for kind, _, slot, status, count in map(tuple, found):
        became.setdefault((kind, slot), {})[status] = count
    return became


async def recent(db: AsyncSession, school_id: int, since: datetime, most: int) -> Sequence[OccurrenceOutcome]:
    """What was due at a school since then, the latest first, at most so many."""
    due = [tuple(found) for found in await rows(db, _LATELY, school_id=school_id, since=since, most=most)]
    counts: dict[int, StatusCounts] = {}
    for this, status, count in map(tuple, await rows(db, _COUNTS, ids=[each[0] for each in due])):
        counts.setdefault(this, {})[status] = count
    return [OccurrenceOutcome._make((*each, counts.get(each[0], {}))) for each in due]


async def by_kind(db: AsyncSession, since: datetime) -> list[CountRow]:
    """The deliveries of all occurrences that were due since then, at every school."""
    return [CountRow._make(found) for found in await rows(db, _BY_KIND, since=since)]


async def seen(db: AsyncSession, since: datetime) -> list[SeenRow]:
    """The announcements of every school that were due since then and ask whether they were seen."""
    return [SeenRow._make(found) for found in await rows(db, _SEEN, since=since)]


async def unreachable(db: AsyncSession) -> list[UnreachableRow]:
    """Those whom nothing reaches just now, at every school; a role that has none is left out."""
    return [UnreachableRow._make(found) for found in await rows(db, _UNREACHABLE)]


async def missed(db: AsyncSession, since: datetime) -> list[MissedRow]:
    """What was due since then, at every school, and missed whole: it need not have any deliveries."""
    return [MissedRow._make(found) for found in await rows(db, _MISSED, since=since)]
