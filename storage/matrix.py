"""The matrix (atferdsmatrise) of a school: values × areas, and the expectations in its cells."""

from typing import NamedTuple

from sqlalchemy import bindparam, exists, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import columns, read, read_one
from storage.tables import Area, Expectation, Focus, FocusExpectation, Texts, Value, table_of

area_table, value_table, expectation_table = table_of(Area), table_of(Value), table_of(Expectation)
focus, in_focus = table_of(Focus), table_of(FocusExpectation)


class AreaRow(NamedTuple):
    id: int
    key: str
    name: Texts
    position: int
    active: bool


class ExpectationRow(NamedTuple):
    """`short` is the label on a button."""

    id: int
    key: str
    value_id: int
    area_id: int
    short: Texts
    position: int
    active: bool


class CellRow(NamedTuple):
    """An expectation's cell of the matrix: the names of its value and its area."""

    value: Texts
    area: Texts


_AREAS_AT_SCHOOL = (
    select(*columns(AreaRow._fields, area_table))
    .where(area_table.c.school_id == bindparam("school_id"))
    .order_by(area_table.c.position, area_table.c.id)
)
_AREAS = _AREAS_AT_SCHOOL.where(area_table.c.active)
_AREA = _AREAS_AT_SCHOOL.where(area_table.c.id == bindparam("area_id"))
_AT_SCHOOL = select(*columns(ExpectationRow._fields, expectation_table)).where(
    expectation_table.c.school_id == bindparam("school_id")
)
_ACTIVE = _AT_SCHOOL.where(expectation_table.c.active)
_IN_ORDER = _ACTIVE.order_by(expectation_table.c.position, expectation_table.c.id)
_IN_AREA = _IN_ORDER.where(expectation_table.c.area_id == bindparam("area_id"))
_CELL = (
    select(*columns(CellRow._fields, value=value_table.c.name, area=area_table.c.name))
    .select_from(expectation_table)
    .join(value_table, value_table.c.id == expectation_table.c.value_id)
    .join(area_table, area_table.c.id == expectation_table.c.area_id)
    .where(
        expectation_table.c.school_id == bindparam("school_id"),
        expectation_table.c.id == bindparam("expectation_id"),
    )
)
_IN_FOCUS = (
    _ACTIVE.join(in_focus, in_focus.c.expectation_id == expectation_table.c.id)
    .join(focus, focus.c.id == in_focus.c.focus_id)
    .where(focus.c.school_id == expectation_table.c.school_id)
    .order_by(in_focus.c.position)
)
_OF_FOCUS = _IN_FOCUS.where(focus.c.id == bindparam("focus_id"))
_OF_MONTH = _IN_FOCUS.where(focus.c.key == bindparam("month"))
_AREAS_IN_MATRIX = _AREAS.where(
    exists()
    .where(expectation_table.c.area_id == area_table.c.id, expectation_table.c.active)
    .correlate(area_table)
)


async def areas(db: AsyncSession, school_id: int) -> list[AreaRow]:
    """The active areas, in the school's order."""
    return await read(db, AreaRow, _AREAS, school_id=school_id)


async def areas_in_matrix(db: AsyncSession, school_id: int) -> list[AreaRow]:
    """The active areas that have an active expectation."""
    return await read(db, AreaRow, _AREAS_IN_MATRIX, school_id=school_id)


async def area(db: AsyncSession, school_id: int, area_id: int) -> AreaRow | None:
    """This area, active or not."""
    return await read_one(db, AreaRow, _AREA, school_id=school_id, area_id=area_id)


async def expectations(db: AsyncSession, school_id: int, area_id: int | None = None) -> list[ExpectationRow]:
    """The active expectations, of one area or of all, in the school's order."""
    if area_id is None:
        return await read(db, ExpectationRow, _IN_ORDER, school_id=school_id)
    return await read(db, ExpectationRow, _IN_AREA, school_id=school_id, area_id=area_id)


async def of_month(db: AsyncSession, school_id: int, month: str) -> list[ExpectationRow]:
    """The active expectations of that month's focus ("2026-11"), in its order; none in a month without a focus."""
    return await read(db, ExpectationRow, _OF_MONTH, school_id=school_id, month=month)


async def cell(db: AsyncSession, school_id: int, expectation_id: int) -> CellRow | None:
    """The cell of an expectation, active or not."""
    return await read_one(db, CellRow, _CELL, school_id=school_id, expectation_id=expectation_id)


async def of_focus(db: AsyncSession, school_id: int, focus_id: int) -> list[ExpectationRow]:
    """The active expectations of a month's focus, in the focus's order."""
    return await read(db, ExpectationRow, _OF_FOCUS, school_id=school_id, focus_id=focus_id)
