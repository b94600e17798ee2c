"""Schools, as the planner and the bot ask for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import School


@dataclass(frozen=True, slots=True)
class PlanRow:
    """How far a school has been planned, and by which revision of its file."""

    id: int
    revision: int
    planned_until: datetime


async def to_plan(db: AsyncSession) -> list[PlanRow]:
    """Every school."""
    rows = await db.exec(
        select(col(School.id), col(School.revision), col(School.planned_until)).order_by(col(School.id))
    )
    return [
        PlanRow(school_id, revision, until) for school_id, revision, until in rows if school_id is not None
    ]


async def planned(db: AsyncSession, school_id: int, until: datetime) -> None:
    """Every moment up to `until` stands in the occurrences now. Never goes back."""
    await db.exec(
        update(School)
        .where(col(School.id) == school_id, col(School.planned_until) < until)
        .values(planned_until=until)
        .execution_options(synchronize_session=False)
    )
