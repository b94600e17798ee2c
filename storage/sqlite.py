"""SQLite without a thread between the bot and its file.

SQLAlchemy's asyncio driver for SQLite hands every call to a worker thread: four hand-overs a statement,
three quarters of what a tap cost (1 000 µs for a transaction with a select and an insert, 280 µs like this).
In WAL mode only the start of a writing transaction can ever wait for somebody else, and everything after it
takes microseconds; so statements run right here on the event loop, and a busy start is tried again after
giving everybody else their turn. Nothing is awaited inside a statement, so a cancelled task leaves none half
done.

`Connection` speaks the part of aiosqlite's interface that SQLAlchemy uses.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

BUSY_MS = 10
"""How long SQLite itself may wait for another process, holding up the loop."""

PATIENCE_S = 30.0
"""How long a transaction waits for its start, in all, before it fails with "database is locked"."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.05

AWAY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM})


class Cursor:
    """One statement: executed and read to its end in one go."""

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

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        try:
            self._keep(self._raw.execute(sql, parameters))
        except sqlite3.OperationalError as error:
            if not _may_be_tried_again(error, self._raw):
                raise
            await _patiently(lambda: self._keep(self._raw.execute(sql, parameters)), self._raw)
        return self

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Self:
        self._keep(self._raw.executemany(sql, rows))
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
    """What SQLAlchemy calls (as `async_creator_fn`) to get one more connection to the file at `path`."""

    async def connect(*_: object, **__: object) -> Connection:
        raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        try:
            await _patiently(lambda: _settle(raw, read_only), raw)
        except BaseException:
            raw.close()
            raise
        return Connection(raw)

    return connect


def _settle(raw: sqlite3.Connection, read_only: bool) -> None:
    raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")  # what was sent before a power cut is not sent again after it
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute(f"PRAGMA query_only = {int(read_only)}")


def _may_be_tried_again(error: sqlite3.OperationalError, raw: sqlite3.Connection) -> bool:
    """Only a transaction that has not begun: in the middle of one, what was read may be old by now."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY and not raw.in_transaction


def is_away(error: BaseException | None) -> bool:
    """Whether this says that the file could not be read just now, and nothing about what was asked."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in AWAY


async def _patiently(attempt: Callable[[], None], raw: sqlite3.Connection) -> None:
    """`attempt`, again and again with growing pauses while the file is busy."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + PATIENCE_S
    pause = FIRST_PAUSE_S
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _may_be_tried_again(error, raw) or loop.time() > give_up:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)
