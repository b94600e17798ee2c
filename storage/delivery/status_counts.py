"""Counts of deliveries by status: for the progress card, `palsbot deliveries` and the metrics."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, and_, bindparam, cast, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.corrections import ANNOUNCEMENT_KINDS, SENT_BY
from storage.execute import columns, read, rows
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
announcement, receipt = table_of(Announcement), table_of(ReadReceipt)
membership, person = table_of(Membership), table_of(Person)


StatusCounts = dict[DeliveryStatus, int]


class OccurrenceOutcome(NamedTuple):
    """An occurrence with its deliveries by status: none when it was missed, or past their retention."""

    id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    status: OccurrenceStatus
    audience: dict[str, Any] | None
    refusal: str | None
    """Telegram's error, when it refused the text."""
    counts: StatusCounts


class ReceiptCountRow(NamedTuple):
    """Read receipts of an announcement that asks for them: to how many readers it was sent, how many confirmed."""

    school: str
    occurrence_id: int
    audience: str
    sent: int
    seen: int


class UnreachableRow(NamedTuple):
    """How many members of a school are unreachable in this role: they have muted it, or blocked the bot."""

    school: str
    role: Role
    members: int


class MissedRow(NamedTuple):
    """How many occurrences of one kind, at one school, missed their deadline before any delivery."""

    school: str
    kind: str
    occurrences: int


class CountRow(NamedTuple):
    """How many deliveries of one kind, at one school, have this status."""

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
_RECENT = (
    select(*columns(OccurrenceOutcome._fields[:-1], occurrence))
    .where(occurrence.c.school_id == bindparam("school_id"), occurrence.c.due_at >= bindparam("since"))
    .order_by(occurrence.c.due_at.desc(), occurrence.c.id.desc())
    .limit(bindparam("most"))
)
_COUNTS = (
    select(delivery.c.occurrence_id, delivery.c.status, func.count())
    .where(delivery.c.occurrence_id.in_(bindparam("ids", expanding=True)))
    .group_by(delivery.c.occurrence_id, delivery.c.status)
)
_READ_RECEIPTS = (
    select(
        school.c.slug,
        occurrence.c.id,
        announcement.c.audience,
        func.count().filter(delivery.c.status == DeliveryStatus.SENT),
        func.count(receipt.c.delivery_id),
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
    .outerjoin(receipt, receipt.c.delivery_id == delivery.c.id)
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


async def by_announcement(
    db: AsyncSession, school_id: int, announcement_ids: Collection[int]
) -> dict[int, StatusCounts]:
    """Status counts of each announcement; those without deliveries are left out."""
    refs = [str(announcement_id) for announcement_id in announcement_ids]
    counts: dict[int, StatusCounts] = {}
    found = await rows(db, _BY_ANNOUNCEMENT, school_id=school_id, kinds=[SENT_BY], refs=refs)
    for _, ref, _, status, count in map(tuple, found):
        counts.setdefault(int(ref), {})[status] = count
    return counts


async def by_kind_and_slot(
    db: AsyncSession, school_id: int, announcement_id: int
) -> dict[tuple[str, str], StatusCounts]:
    """Status counts of one announcement and of each of its corrections, by (kind, slot)."""
    counts: dict[tuple[str, str], StatusCounts] = {}
    refs = [str(announcement_id)]
    found = await rows(db, _BY_ANNOUNCEMENT, school_id=school_id, kinds=ANNOUNCEMENT_KINDS, refs=refs)
    for kind, _, slot, status, count in map(tuple, found):
        counts.setdefault((kind, slot), {})[status] = count
    return counts


async def recent(db: AsyncSession, school_id: int, since: datetime, most: int) -> Sequence[OccurrenceOutcome]:
    """A school's occurrences due since then, latest first, at most `most`."""
    due = await rows(db, _RECENT, school_id=school_id, since=since, most=most)
    counts: dict[int, StatusCounts] = {}
    for occurrence_id, status, count in map(tuple, await rows(db, _COUNTS, ids=[row[0] for row in due])):
        counts.setdefault(occurrence_id, {})[status] = count
    return [OccurrenceOutcome._make((*row, counts.get(row[0], {}))) for row in due]


async def by_kind(db: AsyncSession, since: datetime) -> list[CountRow]:
    """Deliveries of all occurrences due since then, at every school, by kind and status."""
    return await read(db, CountRow, _BY_KIND, since=since)


async def read_receipts(db: AsyncSession, since: datetime) -> list[ReceiptCountRow]:
    """Read receipts of the announcements due since then that ask for them, at every school."""
    return await read(db, ReceiptCountRow, _READ_RECEIPTS, since=since)


async def unreachable(db: AsyncSession) -> list[UnreachableRow]:
    """Unreachable members at every school, by role; a role without any is left out."""
    return await read(db, UnreachableRow, _UNREACHABLE)


async def missed(db: AsyncSession, since: datetime) -> list[MissedRow]:
    """Occurrences due since then, at every school, that were missed as a whole, with or without deliveries."""
    return await read(db, MissedRow, _MISSED, since=since)
