"""Schools, each with the calendar, times and languages of its file."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import changed, columns, read, read_one
from storage.tables import School, Texts, table_of

school = table_of(School)


class SchoolRow(NamedTuple):
    """`version` is incremented when a load changes anything; the planner has planned up to `planned_until`."""

    id: int
    slug: str
    name: str
    timezone: str
    languages: list[str]
    words: Texts
    calendar: dict[str, Any]
    times: dict[str, Any]
    quiet_hours: Texts
    version: int
    planned_until: datetime
    created_at: datetime


class PlanRow(NamedTuple):
    """How far a school has been planned, and the version of its file."""

    id: int
    version: int
    planned_until: datetime


_ALL = select(*columns(SchoolRow._fields, school)).order_by(school.c.slug)
_ONE = _ALL.where(school.c.id == bindparam("school_id"))
_BY_SLUG = _ALL.where(school.c.slug == bindparam("slug"))

_TO_PLAN = select(*columns(PlanRow._fields, school)).order_by(school.c.id)
_PLANNED = (
    update(school)
    .where(school.c.id == bindparam("this"), school.c.planned_until < bindparam("until"))
    .values(planned_until=bindparam("until"))
)


async def by_id(db: AsyncSession, school_id: int) -> SchoolRow | None:
    return await read_one(db, SchoolRow, _ONE, school_id=school_id)


async def by_slug(db: AsyncSession, slug: str) -> SchoolRow | None:
    return await read_one(db, SchoolRow, _BY_SLUG, slug=slug)


async def all_of(db: AsyncSession) -> list[SchoolRow]:
    """Every school, by slug."""
    return await read(db, SchoolRow, _ALL)


async def to_plan(db: AsyncSession) -> list[PlanRow]:
    """Every school, with the columns that the planner needs."""
    return await read(db, PlanRow, _TO_PLAN)


async def planned(db: AsyncSession, school_id: int, until: datetime) -> bool:
    """Records that occurrences exist up to `until`. Monotonic: returns whether it moved forward."""
    return await changed(db, _PLANNED, this=school_id, until=until) == 1
