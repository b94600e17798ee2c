"""Executes prebuilt SQLAlchemy Core statements, and upserts in both SQL dialects.

Building a statement costs more than running it: 631 µs for a transaction with a select and an insert that are
built from the classes of tables.py in the function, 245 µs with the same two built once at import. So the query
modules hold statements as constants, with a `bindparam` for each value.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, FromClause, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import greenlet_spawn
from sqlmodel.ext.asyncio.session import AsyncSession

Insert = sqlite.Insert


class Upsert:
    """An upsert (INSERT … ON CONFLICT), which SQLAlchemy has in a module for each dialect.

    `build` gets that module's `insert` and builds the statement for both.
    """

    def __init__(self, build: Callable[[Callable[[Table], Insert]], Executable]) -> None:
        self._by_dialect: dict[str, Executable] = {
            "sqlite": build(sqlite.insert),
            "postgresql": build(cast(Callable[[Table], Insert], postgresql.insert)),
        }

    def on(self, db: AsyncSession) -> Executable:
        return self._by_dialect[db.get_bind().dialect.name]


def insert_new(table: Table, *unique: str) -> Upsert:
    """An idempotent insert of a row: returns its id, and none when there is a row with the same `unique` columns."""
    return Upsert(
        lambda insert: (
            insert(table).on_conflict_do_nothing(index_elements=unique or None).returning(table.c.id)
        )
    )


Statement = Executable | Upsert
AnyRow = Row[*tuple[Any, ...]]
R = TypeVar("R")


async def _run(db: AsyncSession, statement: Statement, values: dict[str, Any]) -> Any:
    executable = statement.on(db) if isinstance(statement, Upsert) else statement
    return await greenlet_spawn(_execute, db.sync_session, executable, values)


def _execute(session: Session, statement: Executable, values: dict[str, Any]) -> CursorResult[Any]:
    # Bypasses Session.execute, whose ORM overhead is a tenth of a tap: these are Core statements.
    return session.connection().execute(statement, values)


async def rows(db: AsyncSession, statement: Statement, **values: Any) -> Sequence[AnyRow]:
    """Executes and returns all rows."""
    return cast(Sequence[AnyRow], (await _run(db, statement, values)).all())


async def row(db: AsyncSession, statement: Statement, **values: Any) -> AnyRow | None:
    """Executes and returns the only row, or None."""
    return cast("AnyRow | None", (await _run(db, statement, values)).one_or_none())


async def read(db: AsyncSession, row_type: Callable[..., R], statement: Statement, **values: Any) -> list[R]:
    """Executes and returns all rows as `row_type`."""
    return [row_type(*found) for found in await rows(db, statement, **values)]


async def read_one(
    db: AsyncSession, row_type: Callable[..., R], statement: Statement, **values: Any
) -> R | None:
    """Executes and returns the only row as `row_type`, or None."""
    found = await row(db, statement, **values)
    return row_type(*found) if found else None


async def value(db: AsyncSession, statement: Statement, **values: Any) -> Any:
    """Executes and returns the first column of the only row. Raises NoResultFound when there is no row."""
    return (await _run(db, statement, values)).scalar_one()


async def value_or_none(db: AsyncSession, statement: Statement, **values: Any) -> Any | None:
    """Executes and returns the first column of the only row, or None."""
    return (await _run(db, statement, values)).scalar_one_or_none()


async def changed(db: AsyncSession, statement: Statement, **values: Any) -> int:
    """Executes an INSERT, UPDATE or DELETE and returns its row count."""
    return cast(int, (await _run(db, statement, values)).rowcount)


def columns(
    fields: Iterable[str], *tables: FromClause, **named: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    """A column for each field of a row: from `named`, else of that name in the first table that has one."""
    return [
        named[name] if name in named else next(t.c[name] for t in tables if name in t.c) for name in fields
    ]
