"""Occurrences: the due moments of a school, each planned once."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.statements import Upsert, row, rows, value
from storage.tables import Occurrence, OccurrenceStatus, table_of

occurrence = table_of(Occurrence)


class OccurrenceRow(NamedTuple):
    id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    too_late_at: datetime
    status: OccurrenceStatus


_PLAN = Upsert(
    lambda insert: (
        insert(occurrence)
        .on_conflict_do_nothing(index_elements=["school_id", "kind", "ref", "slot"])
        .returning(occurrence.c.id)
    )
)
_AT_SCHOOL = select(*(occurrence.c[name] for name in OccurrenceRow._fields)).where(
    occurrence.c.school_id == bindparam("school_id")
)
_FIND = _AT_SCHOOL.where(
    occurrence.c.kind == bindparam("kind"),
    occurrence.c.ref == bindparam("ref"),
    occurrence.c.slot == bindparam("slot"),
)
_MISSED = _AT_SCHOOL.where(
    occurrence.c.status == OccurrenceStatus.MISSED, occurrence.c.due_at >= bindparam("since")
).order_by(occurrence.c.due_at, occurrence.c.id)


async def plan(
    db: AsyncSession,
    school_id: int,
    *,
    kind: str,
    ref: str,
    slot: str,
    due_at: datetime,
    too_late_at: datetime,
    status: OccurrenceStatus,
    now: datetime,
) -> int | None:
    """The new occurrence's id, or None when this (kind, ref, slot) stands there already."""
    new: int | None = await value(
        db,
        _PLAN,
        school_id=school_id,
        kind=kind,
        ref=ref,
        slot=slot,
        due_at=due_at,
        too_late_at=too_late_at,
        status=status,
        planned_at=now,
    )
    return new


async def find(db: AsyncSession, school_id: int, kind: str, ref: str, slot: str) -> OccurrenceRow | None:
    found = await row(db, _FIND, school_id=school_id, kind=kind, ref=ref, slot=slot)
    return OccurrenceRow._make(found) if found else None


async def missed(db: AsyncSession, school_id: int, since: datetime) -> list[OccurrenceRow]:
    """What was due since then and could not be sent in time, oldest first."""
    return [OccurrenceRow._make(found) for found in await rows(db, _MISSED, school_id=school_id, since=since)]
