"""Occurrences: the due moments of a school, each planned once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import TupleResult
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from storage.tables import Occurrence, OccurrenceStatus
from storage.upsert import insert_into


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    status: OccurrenceStatus


_ROW: tuple[Any, ...] = (
    col(Occurrence.id),
    col(Occurrence.kind),
    col(Occurrence.ref),
    col(Occurrence.slot),
    col(Occurrence.due_at),
    col(Occurrence.status),
)


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
    statement = (
        insert_into(db, Occurrence)
        .values(
            school_id=school_id,
            kind=kind,
            ref=ref,
            slot=slot,
            due_at=due_at,
            too_late_at=too_late_at,
            status=status,
            planned_at=now,
        )
        .on_conflict_do_nothing()
        .returning(col(Occurrence.id))
    )
    return (await db.exec(statement)).scalar_one_or_none()


async def find(db: AsyncSession, school_id: int, kind: str, ref: str, slot: str) -> OccurrenceRow | None:
    found: TupleResult[Any] = await db.exec(
        Select(*_ROW).where(
            col(Occurrence.school_id) == school_id,
            col(Occurrence.kind) == kind,
            col(Occurrence.ref) == ref,
            col(Occurrence.slot) == slot,
        )
    )
    row = found.one_or_none()
    return OccurrenceRow(*row) if row else None


async def missed(db: AsyncSession, school_id: int, since: datetime) -> list[OccurrenceRow]:
    """What was due since then and could not be sent in time, oldest first."""
    found: TupleResult[Any] = await db.exec(
        Select(*_ROW)
        .where(
            col(Occurrence.school_id) == school_id,
            col(Occurrence.status) == OccurrenceStatus.MISSED,
            col(Occurrence.due_at) >= since,
        )
        .order_by(col(Occurrence.due_at), col(Occurrence.id))
    )
    return [OccurrenceRow(*row) for row in found]
