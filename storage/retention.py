"""Retention: rows are deleted, and personal columns anonymized, when the period that a column declares has passed.

Derived from `storage.data_protection`'s declarations in tables.py, over all schools.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Delete,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import memberships, people
from storage.data_protection import Expiry, Keep, OnForget, Personal, declared
from storage.execute import changed, rows
from storage.personal_data import anonymized, personal_columns, row_key
from storage.tables import Membership, Person, metadata, table_of

membership, person = table_of(Membership), table_of(Person)
_BEFORE: BindParameter[datetime] = bindparam("before")


class Period(NamedTuple):
    """Rows of a table that meet `condition`, which compares a moment to :before, and what then happens to them."""

    table: Table
    length: timedelta
    condition: ColumnElement[bool]
    statements: tuple[Delete | Update, ...]


# --- rows that are ended by their own rules -----------------------------------------------------------------


_ONE_BY_ONE: dict[Table, tuple[tuple[Column[Any], ...], Callable[..., Awaitable[object]]]] = {
    membership: ((membership.c.school_id, membership.c.id), memberships.remove),
    person: ((person.c.id,), people.forget),
}
"""Their deliveries must be cancelled too, so these rows are ended one by one, by the function for the table."""


# --- what the columns declare -------------------------------------------------------------------------------


def _periods() -> Iterator[Period]:
    """Referring tables first: an expired membership is removed before its person is looked at."""
    for table in reversed(metadata.sorted_tables):
        for column in table.c:
            if isinstance(expiry := declared(column), Expiry):
                expired = _expired(column, expiry)
                statements = () if table in _ONE_BY_ONE else tuple(_delete(table, expired))
                yield Period(table, expiry.period, expired, statements)
        for keep in {what.keep for what in personal_columns(table).values() if what.keep}:
            yield _anonymize(table, keep)


def _expired(column: Column[Any], expiry: Expiry) -> ColumnElement[bool]:
    table = column.table
    conditions: list[ColumnElement[bool]] = [
        table.c[name].in_(values) for name, values in expiry.where.items()
    ]
    if expiry.unless_used_by is not None:
        (used,) = (c for c in metadata.tables[expiry.unless_used_by].c if c.references(table.c.id))
        conditions.append(~exists().where(used == table.c.id))
    if expiry.since is None:
        return and_(column < _BEFORE, *conditions)
    (key,) = column.foreign_keys
    moment = key.column.table.c[expiry.since]
    return and_(exists().where(key.column == column, moment < _BEFORE), *conditions)


def _delete(table: Table, condition: ColumnElement[bool]) -> Iterator[Delete]:
    """The rows that meet `condition`, after those that cannot be without them (foreign keys that are not null)."""
    for referring in metadata.sorted_tables:
        for column in referring.c:
            for key in column.foreign_keys:
                if key.column.table is table and not column.nullable:
                    yield from _delete(referring, column.in_(select(key.column).where(condition)))
    yield delete(table).where(condition)


def _anonymize(table: Table, keep: Keep) -> Period:
    columns = {name: what for name, what in personal_columns(table).items() if what.keep == keep}
    expired = and_(table.c[keep.since] < _BEFORE, or_(*_identifying(table, columns)))
    return Period(
        table, keep.period, expired, (update(table).where(expired).values(anonymized(table, columns)),)
    )


def _identifying(table: Table, columns: dict[str, Personal]) -> Iterator[ColumnElement[bool]]:
    """Whether a row still says who: those that no longer do are not written again."""
    for name, what in columns.items():
        if what.on_forget is OnForget.SET_NULL:
            yield table.c[name].is_not(None)
        elif what.on_forget is OnForget.SET_ROW_KEY:
            yield table.c[name] != row_key(table)


_PERIODS = tuple(_periods())


# --- applied ------------------------------------------------------------------------------------------------


async def apply_retention(db: AsyncSession, now: datetime) -> None:
    """Deletes and anonymizes everything whose retention period has passed."""
    for period in _PERIODS:
        await _apply(db, period, now)


async def expire(db: AsyncSession, model: type[SQLModel], now: datetime) -> int:
    """Only the rows of one table. Returns the number of rows deleted or anonymized, with those that refer to them."""
    return sum([await _apply(db, period, now) for period in _PERIODS if period.table is table_of(model)])


async def _apply(db: AsyncSession, period: Period, now: datetime) -> int:
    before = now - period.length
    if period.table not in _ONE_BY_ONE:
        return sum([await changed(db, statement, before=before) for statement in period.statements])
    columns, end = _ONE_BY_ONE[period.table]
    found = await rows(db, select(*columns).where(period.condition), before=before)
    for keys in found:
        await end(db, *keys)
    return len(found)
