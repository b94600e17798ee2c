"""SQLite driver on the event loop: no worker thread, retries with backoff when the database is locked.

aiosqlite hands every call to a worker thread: four context switches a statement, three quarters of the cost of a tap
(1 000 µs for a transaction with a select and an insert, 280 µs without). In WAL mode only BEGIN IMMEDIATE can wait
for a lock, and everything after it takes microseconds; so statements run synchronously on the event loop, and a busy
BEGIN is retried after yielding to other tasks. A statement never awaits, so a cancelled task leaves none half done.

`Connection` implements the part of aiosqlite's interface that SQLAlchemy uses.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

BLOCKING_BUSY_TIMEOUT_MS = 10
"""How long SQLite itself may wait for another process's lock, blocking the event loop."""

BUSY_TIMEOUT_S = 30.0
"""How long BEGIN is retried in all, before it fails with "database is locked"."""

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.001, 0.05

UNAVAILABLE = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}
)


class Cursor:
    """One statement, executed synchronously, with all its rows fetched."""

    arraysize = 1

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def _fetch(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        try:
            self._fetch(self._raw.execute(sql, parameters))
        except sqlite3.OperationalError as error:
            if not _is_retryable(error, self._raw):
                raise
            await _retry_while_busy(lambda: self._fetch(self._raw.execute(sql, parameters)), self._raw)
        return self

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Self:
        self._fetch(self._raw.executemany(sql, rows))
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []


class Connection:
    def __init__(self, raw: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = raw

    @property
    def raw(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ValueError("no active connection")
        return self._connection

    @property
    def isolation_level(self) -> str | None:
        return self.raw.isolation_level

    def cursor(self) -> Cursor:
        return Cursor(self.raw)

    async def create_function(self, *args: Any, **options: Any) -> None:
        self.raw.create_function(*args, **options)

    async def commit(self) -> None:
        self.raw.commit()

    async def rollback(self) -> None:
        self.raw.rollback()

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        raw, self._connection = self._connection, None
        if raw is not None:
            raw.close()


def opener(path: str, *, read_only: bool = False) -> Callable[..., Awaitable[Connection]]:
    """Returns SQLAlchemy's `async_creator_fn`: a factory of connections to the file at `path`."""

    async def connect(*_: object, **__: object) -> Connection:
        raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        try:
            await _retry_while_busy(lambda: _configure(raw, read_only), raw)
        except BaseException:
            raw.close()
            raise
        return Connection(raw)

    return connect


def _configure(raw: sqlite3.Connection, read_only: bool) -> None:
    raw.execute(f"PRAGMA busy_timeout = {BLOCKING_BUSY_TIMEOUT_MS}")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")  # durable across a power cut: what was sent is not sent again
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute(f"PRAGMA query_only = {int(read_only)}")


def _is_retryable(error: sqlite3.OperationalError, raw: sqlite3.Connection) -> bool:
    """Whether SQLITE_BUSY came at BEGIN. Inside a transaction a retry could act on a stale read."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY and not raw.in_transaction


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the file could not be locked, read or opened; the query is not at fault."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in UNAVAILABLE


async def _retry_while_busy(attempt: Callable[[], None], raw: sqlite3.Connection) -> None:
    """Retries `attempt` with exponential backoff while the database is locked, up to `BUSY_TIMEOUT_S`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BUSY_TIMEOUT_S
    backoff = FIRST_BACKOFF_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_retryable(error, raw) or loop.time() > deadline:
                raise
        await asyncio.sleep(backoff)
        backoff = min(backoff * 2, LONGEST_BACKOFF_S)
