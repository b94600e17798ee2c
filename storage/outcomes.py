"""Outcomes: what became of all that was to be delivered, counted. For cards, the operator and the metrics."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.revisions import KINDS, SENT_BY
from storage.statements import rows
from storage.tables import Delivery, DeliveryStatus, Occurrence, OccurrenceStatus, School, table_of

delivery, occurrence, school = table_of(Delivery), table_of(Occurrence), table_of(School)

Counts = dict[DeliveryStatus, int]


class OccurrenceOutcome(NamedTuple):
    """An occurrence, and how many of its deliveries stand where; none when it was missed, or is long past."""

    id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    status: OccurrenceStatus
    counts: Counts


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
_BY_KIND = (
    select(school.c.slug, occurrence.c.kind, delivery.c.status, func.count())
    .select_from(occurrence)
    .join(delivery, delivery.c.occurrence_id == occurrence.c.id)
    .join(school, school.c.id == occurrence.c.school_id)
    .where(occurrence.c.due_at >= bindparam("since"))
    .group_by(school.c.slug, occurrence.c.kind, delivery.c.status)
    .order_by(school.c.slug, occurrence.c.kind, delivery.c.status)
)


async def sent(db: AsyncSession, school_id: int, announcement_ids: Collection[int]) -> dict[int, Counts]:
    """What became of the messages of each of these announcements; those that have none are left out."""
    refs = [str(this) for this in announcement_ids]
    became: dict[int, Counts] = {}
    found = await rows(db, _BY_ANNOUNCEMENT, school_id=school_id, kinds=[SENT_BY], refs=refs)
    for _, ref, _, status, count in map(tuple, found):
        became.setdefault(int(ref), {})[status] = count
    return became


async def of_announcement(
    db: AsyncSession, school_id: int, announcement_id: int
) -> dict[tuple[str, str], Counts]:
    """By (kind, slot): what became of an announcement's messages, and of each of its revisions."""
    became: dict[tuple[str, str], Counts] = {}
    refs = [str(announcement_id)]
    found = await rows(db, _BY_ANNOUNCEMENT, school_id=school_id, kinds=KINDS, refs=refs)
    for kind, _, slot, status, count in map(tuple, found):
        became.setdefault((kind, slot), {})[status] = count
    return became


async def lately(db: AsyncSession, school_id: int, since: datetime, most: int) -> Sequence[OccurrenceOutcome]:
    """What was due at a school since then, the latest first, at most so many."""
    due = [tuple(found) for found in await rows(db, _LATELY, school_id=school_id, since=since, most=most)]
    counts: dict[int, Counts] = {}
    for this, status, count in map(tuple, await rows(db, _COUNTS, ids=[each[0] for each in due])):
        counts.setdefault(this, {})[status] = count
    return [OccurrenceOutcome._make((*each, counts.get(each[0], {}))) for each in due]


async def by_kind(db: AsyncSession, since: datetime) -> list[CountRow]:
    """The deliveries of all occurrences that were due since then, at every school."""
    return [CountRow._make(found) for found in await rows(db, _BY_KIND, since=since)]
