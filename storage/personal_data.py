"""Personal data: access (what is stored about a person) and erasure, derived from what the columns declare."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Delete,
    String,
    Table,
    Update,
    bindparam,
    cast,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.data_protection import Counted, OnForget, Personal, declared
from storage.execute import row
from storage.tables import Person, metadata, table_of

person = table_of(Person)
_THIS: BindParameter[int] = bindparam("this")


def personal_columns(table: Table) -> dict[str, Personal]:
    """The columns that are declared personal, by name."""
    found = {column.name: declared(column) for column in table.c}
    return {name: what for name, what in found.items() if isinstance(what, Personal)}


def belongs_to_person(table: Table) -> ColumnElement[bool] | None:
    """The rows of the person :this, along the foreign keys declared personal; None when no such key leads to one."""
    if table is person:
        return person.c.id == _THIS
    links = [
        link
        for name in personal_columns(table)
        for key in table.c[name].foreign_keys
        if (link := _refers_to_person(table.c[name], key.column)) is not None
    ]
    return or_(*links) if links else None


def _refers_to_person(column: Column[Any], target: Column[Any]) -> ColumnElement[bool] | None:
    if target.table is person:
        return column == _THIS
    theirs = belongs_to_person(target.table) if isinstance(target.table, Table) else None
    return None if theirs is None else column.in_(select(target).where(theirs))


# --- erasure ------------------------------------------------------------------------------------------------


def anonymized(table: Table, columns: dict[str, Personal]) -> dict[str, ColumnElement[Any]]:
    """The values that `columns` get when their rows no longer identify a person; columns that are kept have none."""
    values: dict[OnForget, ColumnElement[Any]] = {
        OnForget.SET_NULL: null(),
        OnForget.SET_ROW_KEY: row_key(table),
    }
    return {name: values[what.on_forget] for name, what in columns.items() if what.on_forget in values}


def row_key(table: Table) -> ColumnElement[str]:
    """A key that only says which row it is: as unique as the id."""
    return literal("0:") + cast(table.c.get("id", null()), String)


def _erase() -> Iterator[Delete | Update]:
    """Rows before those that they refer to, so that every foreign key holds after each statement."""
    for table in reversed(metadata.sorted_tables):
        theirs, columns = belongs_to_person(table), personal_columns(table)
        if theirs is None:
            continue
        if any(what.on_forget is OnForget.DELETE_ROW for what in columns.values()):
            yield delete(table).where(theirs)
        elif values := anonymized(table, columns):
            yield update(table).where(theirs).values(values)


ERASE = tuple(_erase())
"""Erasure of the person :this: their rows are deleted, or what identifies them in rows that stay is anonymized."""


# --- access -------------------------------------------------------------------------------------------------


class CountedRows(NamedTuple):
    """How many rows of a table are about a person, undone ones among them."""

    table: str
    shown_as: Counted
    rows: int


_COUNTED = [
    (table, what.shown_as)
    for table in metadata.tables.values()
    for what in personal_columns(table).values()
    if isinstance(what.shown_as, Counted)
]


def _count(table: Table) -> ColumnElement[int]:
    theirs = belongs_to_person(table)
    assert theirs is not None, f"{table.name} has no foreign key that leads to a person"  # noqa: S101 - when imported
    return select(func.count()).select_from(table).where(theirs).scalar_subquery()


_COUNTS = select(*[_count(table) for table, _ in _COUNTED])


async def count_rows(db: AsyncSession, person_id: int) -> list[CountedRows]:
    """The rows about this person, at every school; a table without any is left out."""
    found = await row(db, _COUNTS, this=person_id)
    assert found is not None  # noqa: S101 - for the type checker: counts are always one row
    return [
        CountedRows(table.name, shown_as, rows)
        for (table, shown_as), rows in zip(_COUNTED, found, strict=True)
        if rows
    ]
