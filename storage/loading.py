"""A school's rows brought in line with what its file says, and read back in the file's order.

Rows are matched by key. What the file no longer has is laid aside (`active = False`) where records may point at it,
and deleted where nothing can.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import delete
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import (
    Area,
    Campaign,
    Expectation,
    Focus,
    FocusExpectation,
    Group,
    MeetingSeries,
    Prompt,
    School,
    Value,
)

Row = TypeVar("Row", Group, Value, Area, Expectation, Focus, Campaign, MeetingSeries)


async def rows(db: AsyncSession, table: type[Row], school_id: int, order: str = "position") -> list[Row]:
    """All rows of a school in a table, in the file's order, those laid aside among them."""
    found = await db.exec(
        select(table).where(table.school_id == school_id).order_by(getattr(table, order), col(table.id))
    )
    return list(found)


async def bring_in_line(
    db: AsyncSession,
    table: type[Row],
    school_id: int,
    wanted: Sequence[Mapping[str, Any]],
    *,
    by: str = "key",
) -> int:
    """Adds, changes and lays aside rows until they are as `wanted`. Returns how many had to change."""
    there = {getattr(row, by): row for row in await rows(db, table, school_id, by)}
    lays_aside = "active" in table.model_fields
    changed = 0
    for want in wanted:
        row = there.pop(want[by], None)
        if row is None:
            db.add(table(school_id=school_id, **want))
            changed += 1
        elif put_in(row, {**want, "active": True} if lays_aside else want):
            changed += 1
    for row in there.values():
        if not lays_aside:
            await db.delete(row)
            changed += 1
        else:
            changed += put_in(row, {"active": False})
    await db.flush()
    return changed


def put_in(row: SQLModel, values: Mapping[str, Any]) -> bool:
    """Sets what differs. True when something did."""
    differs = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differs.items():
        setattr(row, name, value)
    return bool(differs)


async def ids(
    db: AsyncSession, table: type[Value] | type[Area] | type[Expectation], school_id: int
) -> dict[str, int]:
    """From key to id."""
    found = await db.exec(select(col(table.key), col(table.id)).where(col(table.school_id) == school_id))
    return {key: row_id for key, row_id in found if row_id is not None}


async def contents(
    db: AsyncSession, school_id: int, focus_id: int
) -> tuple[list[int], list[tuple[int, dict[str, str]]]]:
    """A focus's expectations, and its prompts as (expectation, script), in order; nothing of another school's."""
    expectations = await db.exec(
        select(col(FocusExpectation.expectation_id))
        .where(col(FocusExpectation.focus_id).in_(_own(school_id, focus_id)))
        .order_by(col(FocusExpectation.position))
    )
    prompts = await db.exec(
        select(col(Prompt.expectation_id), col(Prompt.script))
        .where(col(Prompt.focus_id).in_(_own(school_id, focus_id)))
        .order_by(col(Prompt.position))
    )
    return list(expectations), [(expectation, script) for expectation, script in prompts]


async def replace_contents(
    db: AsyncSession,
    school_id: int,
    focus_id: int,
    expectations: list[int],
    prompts: list[tuple[int, dict[str, str]]],
) -> bool:
    """Gives a school's own focus its expectations and prompts. True when they were others."""
    if (expectations, prompts) == await contents(db, school_id, focus_id):
        return False
    await clear_contents(db, school_id, focus_id)
    db.add_all(
        FocusExpectation(focus_id=focus_id, expectation_id=expectation, position=position)
        for position, expectation in enumerate(expectations)
    )
    db.add_all(
        Prompt(focus_id=focus_id, expectation_id=expectation, position=position, script=script)
        for position, (expectation, script) in enumerate(prompts)
    )
    await db.flush()
    return True


async def clear_contents(db: AsyncSession, school_id: int, focus_id: int) -> None:
    """Takes expectations and prompts from a school's own focus."""
    own = _own(school_id, focus_id)
    await db.exec(delete(FocusExpectation).where(col(FocusExpectation.focus_id).in_(own)))
    await db.exec(delete(Prompt).where(col(Prompt.focus_id).in_(own)))


def _own(school_id: int, focus_id: int) -> SelectOfScalar[int | None]:
    return select(col(Focus.id)).where(col(Focus.id) == focus_id, col(Focus.school_id) == school_id)


async def school(db: AsyncSession, slug: str) -> School | None:
    return (await db.exec(select(School).where(col(School.slug) == slug))).one_or_none()
