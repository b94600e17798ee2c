"""Database access: engine, connection pools, transactions and migrations, on SQLite or PostgreSQL.

    database = Database.open("sqlite:///palsbot.db")      # or postgresql://user:password@host/name
    await database.upgrade()
    async with database.writing() as db: ...              # committed at the end, rolled back by an exception
    async with database.reading() as db: ...

SQLite has a pool of one writing connection, so that writers in one process queue instead of failing with "database is
locked", and a few read-only ones that a writer does not block (WAL mode). PostgreSQL has one pool for both.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from sqlalchemy import event, func, literal, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import sqlite

Dialect = Literal["sqlite", "postgresql"]

DRIVERS: dict[str, Dialect] = {
    "sqlite": "sqlite",
    "sqlite+aiosqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "postgresql+asyncpg": "postgresql",
}

SQLITE_READERS = 4
CHECK_TIMEOUT_S = 2.0
POSTGRESQL_CONNECTIONS = 10
IDLE_IN_TRANSACTION_MS = 5_000
"""PostgreSQL terminates a session that is idle in a transaction for longer. After a machine crash or a network
partition it would otherwise keep its locks until TCP gives up, and block a failover."""
UNAVAILABLE = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes for a server that stops, starts or is overloaded (PostgreSQL manual, appendix A)."""

MIGRATION_LOCK = 0x70616C73  # "pals": an advisory lock id that is unique in the database

_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


class Database:
    def __init__(self, url: URL, dialect: Dialect, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.dialect: Dialect = dialect
        self._url = url
        self._writer = writer
        self._reader = reader
        self._info: dict[str, Any] = {"year_wheels": {}}

    @classmethod
    def open(cls, url: str) -> Self:
        """Opens the database at `url`, lazily: the first transaction connects.

        Raises ValueError, with a message for the operator, when `url` is not a URL of SQLite or PostgreSQL. The
        message never repeats the URL, which may hold a password.
        """
        address, dialect = _parse(url)
        if dialect == "postgresql":
            engine = _postgresql(address)
            return cls(address, dialect, engine, engine.execution_options(postgresql_readonly=True))
        path = address.database or ":memory:"
        writer = _sqlite(path, "BEGIN IMMEDIATE", connections=1)
        if path == ":memory:":  # an in-memory database has one connection, for reading too
            return cls(address, dialect, writer, writer)
        return cls(
            address, dialect, writer, _sqlite(path, "BEGIN", connections=SQLITE_READERS, read_only=True)
        )

    @property
    def url(self) -> str:
        """The URL including the password: for a child process, never for a log."""
        return self._url.set(drivername=self.dialect).render_as_string(hide_password=False)

    @property
    def is_missing(self) -> bool:
        """Whether this is a SQLite file that does not exist: the first transaction would create it."""
        path = self._url.database
        return (
            self.dialect == "sqlite" and path not in {None, "", ":memory:"} and not Path(str(path)).exists()
        )

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncSession]:
        """A write transaction, committed at the end and rolled back by any exception.

        Never open a second one inside it: on SQLite that is a deadlock, which ends by timeout.
        """
        db = AsyncSession(self._writer, expire_on_commit=False, autoflush=False, info=self._info)
        try:
            yield db
            await db.commit()
        finally:
            await db.close()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """A read transaction, never blocked by a writer; a snapshot on SQLite. The database refuses writes here."""
        db = AsyncSession(self._reader, expire_on_commit=False, autoflush=False, info=self._info)
        try:
            yield db
        finally:
            await db.close()

    async def upgrade(self) -> None:
        """Migrates to the newest schema; an advisory lock serialises replicas that start at once.

        Raises storage.migrations.NewerDatabaseError when the schema is newer than this program.
        """
        await self.migrate("head")

    async def migrate(self, revision: str) -> None:
        """Migrates up or down to `revision` ("head", "base", or a revision id)."""
        from storage import migrations  # alembic is slow to import, and needed once

        async with self._writer.connect() as connection:
            if self.dialect == "sqlite":
                # SQLite alters a table by copying it, which foreign keys would refuse. The PRAGMA works only outside
                # a transaction, hence past SQLAlchemy; the keys are checked before the commit instead.
                await _foreign_keys(connection, "OFF")
            try:
                async with connection.begin():
                    if self.dialect == "postgresql":
                        await connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
                        # Between two statements a slow machine may think for longer than a tap ever does.
                        await connection.execute(
                            text("SET LOCAL idle_in_transaction_session_timeout = '60s'")
                        )
                    await connection.run_sync(migrations.migrate, revision)
            finally:
                if self.dialect == "sqlite":
                    await _foreign_keys(connection, "ON")

    async def check(self) -> None:
        """Raises, within CHECK_TIMEOUT_S seconds, when the database does not answer."""
        async with asyncio.timeout(CHECK_TIMEOUT_S), self.reading() as db:
            await db.exec(select(literal(1)))

    async def close(self) -> None:
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


def is_unavailable(error: BaseException) -> bool:
    """Whether the database or the connection to it failed, and not the query: a retry may succeed."""
    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or code[:2] in UNAVAILABLE or sqlite.is_unavailable(error.orig)
    return isinstance(error, OSError | NoConnectionError | DisconnectionError)


def _parse(url: str) -> tuple[URL, Dialect]:
    try:
        address = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise ValueError(
            "The database address cannot be read. Write sqlite:///file.db or postgresql://user:password@host/name."
        ) from None
    dialect = DRIVERS.get(address.drivername)
    if dialect is None:
        raise ValueError(
            f"The database address starts with {address.drivername}://, "
            "and only sqlite:// and postgresql:// are known."
        )
    if dialect == "postgresql" and not address.database:
        raise ValueError(
            "The database address names no database. Write postgresql://user:password@host/name."
        )
    if dialect == "sqlite" and address.host:
        raise ValueError(
            "A SQLite address has three slashes before the file, or four before a full path: sqlite:///file.db."
        )
    return address, dialect


def _sqlite(path: str, begin: str, *, connections: int, read_only: bool = False) -> AsyncEngine:
    engine = create_async_engine(
        "sqlite+aiosqlite:///palsbot.db",  # only the dialect; `opener` makes the connections
        connect_args={"async_creator_fn": sqlite.opener(path, read_only=read_only)},
        json_serializer=_dumps,
        hide_parameters=True,  # what people wrote must not get into an error message, and so into the log
        pool_size=connections,
        max_overflow=0,
        pool_timeout=sqlite.BUSY_TIMEOUT_S,
    )

    def open_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "begin", open_transaction)
    return engine


def _postgresql(address: URL) -> AsyncEngine:
    query = dict(address.query)
    if "sslmode" in query:  # libpq's name; asyncpg calls it ssl
        query["ssl"] = query.pop("sslmode")
    engine = create_async_engine(
        address.set(drivername="postgresql+asyncpg", query=query),
        connect_args={
            "server_settings": {"idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS)}
        },
        json_serializer=_dumps,
        hide_parameters=True,  # what people wrote must not get into an error message, and so into the log
        pool_size=POSTGRESQL_CONNECTIONS,
        max_overflow=POSTGRESQL_CONNECTIONS,
        pool_timeout=30,
    )
    event.listen(engine.sync_engine, "checkout", _check_connection)
    return engine


def _check_connection(connection: Any, _record: object, _proxy: object) -> None:
    """Drops a connection that a restarted server has closed. asyncpg knows; no pre-ping query is needed."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def _foreign_keys(connection: AsyncConnection, state: str) -> None:
    raw = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, sqlite.Connection)  # noqa: S101 - for the type checker: `opener` made it
    raw.raw.execute(f"PRAGMA foreign_keys = {state}")
