"""Running statements that were built once.

Building a statement costs more than running it: 631 µs for a transaction with a select and an insert that are
written with the classes of tables.py inside the function, 245 µs with the same two made of tables when the
module is imported. So the query modules keep theirs as constants, with a `bindparam` for whatever varies.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import greenlet_spawn
from sqlmodel.ext.asyncio.session import AsyncSession

Insert = sqlite.Insert


class Upsert:
    """An INSERT … ON CONFLICT, which SQLAlchemy spells in each database's own module.

    `build` is given that module's `insert` and writes the statement once for both.
    """

    def __init__(self, build: Callable[[Callable[[Table], Insert]], Executable]) -> None:
        self._spelled: dict[str, Executable] = {
            "sqlite": build(sqlite.insert),
            "postgresql": build(cast(Callable[[Table], Insert], postgresql.insert)),
        }

    def on(self, db: AsyncSession) -> Executable:
        return self._spelled[db.get_bind().dialect.name]


Statement = Executable | Upsert
AnyRow = Row[*tuple[Any, ...]]


async def _run(db: AsyncSession, statement: Statement, values: dict[str, Any]) -> Any:
    spelled = statement.on(db) if isinstance(statement, Upsert) else statement
    return await greenlet_spawn(_execute, db.sync_session, spelled, values)


def _execute(session: Session, statement: Executable, values: dict[str, Any]) -> CursorResult[Any]:
    # Past the session's own `execute`: what that does for mapped classes is a tenth of a tap, and these are tables.
    return session.connection().execute(statement, values)


async def rows(db: AsyncSession, statement: Statement, **values: Any) -> Sequence[AnyRow]:
    """All rows."""
    return cast(Sequence[AnyRow], (await _run(db, statement, values)).all())


async def row(db: AsyncSession, statement: Statement, **values: Any) -> AnyRow | None:
    """The only row, or None."""
    return cast("AnyRow | None", (await _run(db, statement, values)).one_or_none())


async def value(db: AsyncSession, statement: Statement, **values: Any) -> Any:
    """The first column of the only row, or None."""
    return (await _run(db, statement, values)).scalar_one_or_none()


async def changed(db: AsyncSession, statement: Statement, **values: Any) -> int:
    """How many rows an INSERT, UPDATE or DELETE touched."""
    return cast(int, (await _run(db, statement, values)).rowcount)
