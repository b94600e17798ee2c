"""Database access on both dialects: URLs, transactions, isolation, and concurrent writes."""

import asyncio
import sys
import traceback
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import praises, schools, sqlite
from storage.database import Database
from storage.execute import rows, value
from storage.tables import Praise, School, table_of
from tests.support.people import MadePerson, MadeSchool, make_school

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
recognition, school = table_of(Praise), table_of(School)


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("sqlite://", "sqlite"),
        ("sqlite:///palsbot.db", "sqlite"),
        (" sqlite:////srv/palsbot.db\n", "sqlite"),
        ("sqlite+aiosqlite:///palsbot.db", "sqlite"),
        ("postgresql://pals:secret@localhost/pals", "postgresql"),
        ("postgres://pals:secret@localhost/pals", "postgresql"),
        ("postgresql+asyncpg://pals@/pals?host=/run/postgresql", "postgresql"),
        ("postgresql://pals:secret@db.example/pals?sslmode=require", "postgresql"),
    ],
)
async def test_a_url_opens_its_dialect(url: str, dialect: str) -> None:
    database = Database.open(url)

    assert database.dialect == dialect
    await database.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "palsbot.db",
            "The database address cannot be read. "
            "Write sqlite:///file.db or postgresql://user:password@host/name.",
        ),
        (
            "postgresql://pals:secret@localhost:port/pals",
            "The database address cannot be read. "
            "Write sqlite:///file.db or postgresql://user:password@host/name.",
        ),
        (
            "mysql://pals:secret@localhost/pals",
            "The database address starts with mysql://, and only sqlite:// and postgresql:// are known.",
        ),
        (
            "postgresql://pals:secret@localhost",
            "The database address names no database. Write postgresql://user:password@host/name.",
        ),
        (
            "sqlite://palsbot.db",
            "A SQLite address has three slashes before the file, or four before a full path: sqlite:///file.db.",
        ),
    ],
)
def test_the_error_for_a_bad_url_does_not_contain_its_password(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="address") as refusal:
        Database.open(url)

    assert str(refusal.value) == sentence
    assert "secret" not in "".join(traceback.format_exception(refusal.value))


async def test_the_url_works_in_another_process(database: Database, database_url: str) -> None:
    assert database.url == database_url


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_url_may_have_sslmode(database_url: str, heia: MadeSchool) -> None:
    separator = "&" if "?" in database_url else "?"
    database = Database.open(f"{database_url}{separator}sslmode=disable")

    await database.check()
    await database.close()


async def test_a_committed_write_is_read(database: Database, heia: MadeSchool) -> None:
    async with database.reading() as db:
        assert [row.slug for row in await schools.all_of(db)] == ["heia"]


async def test_an_exception_rolls_back_the_transaction(database: Database, heia: MadeSchool) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.writing() as db:
            await (await db.connection()).execute(school.update().values(name="Ingen"))
            _ = 1 / 0

    async with database.reading() as db:
        assert await value(db, select(school.c.name)) == "Heia skole"


async def test_a_cancelled_task_rolls_back_and_releases_its_connection(
    database: Database, heia: MadeSchool, greet: MadePerson
) -> None:
    begun = asyncio.Event()

    async def tap_for_ever() -> None:
        async with database.writing() as db:
            await praise(db, heia, greet, 1)
            begun.set()
            await asyncio.sleep(3600)

    task = asyncio.create_task(tap_for_ever())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await tap(database, heia, greet, 1) is not None


async def test_readers_are_not_blocked_by_an_open_writer(database: Database, heia: MadeSchool) -> None:
    async with database.writing() as writer:
        await (await writer.connection()).execute(school.update().values(name="Ny skole"))
        async with asyncio.timeout(1), database.reading() as reader:
            assert await value(reader, select(school.c.name)) == "Heia skole"


async def test_a_reading_transaction_refuses_to_write(database: Database, heia: MadeSchool) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        async with database.reading() as db:
            await (await db.connection()).execute(school.update().values(name="Ny skole"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_pragmas(database: Database) -> None:
    async def settings(reading: bool) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
        async with database.reading() if reading else database.writing() as db:
            connection = await db.connection()
            return {name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in names}

    full = 2
    ours = {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": sqlite.BLOCKING_BUSY_TIMEOUT_MS,
    }
    assert await settings(reading=False) == {**ours, "query_only": 0}
    assert await settings(reading=True) == {**ours, "query_only": 1}


async def test_an_in_memory_database_reads_and_writes() -> None:
    database = Database.open("sqlite://")
    await database.upgrade()
    async with database.writing() as db:
        await make_school(db)

    async with database.reading() as db:
        assert [row.slug for row in await schools.all_of(db)] == ["liten"]
    await database.close()


async def test_a_running_database_passes_its_check(database: Database) -> None:
    await database.check()


async def test_a_missing_database_fails_its_check(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'no' / 'such.db'}", f"postgresql://pals@/pals?host={tmp_path}"):
        database = Database.open(url)
        with pytest.raises((OSError, OperationalError)):
            await database.check()
        await database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_stale_connections_of_a_restarted_server_are_replaced(
    database: Database, heia: MadeSchool
) -> None:
    """The pool's connections are closed; the next transaction replaces them before it begins."""
    async with database.reading() as db:
        server_process = await value(db, select(func.pg_backend_pid()))
    other = Database.open(database.url)
    async with other.writing() as db:
        assert await value(db, select(func.pg_terminate_backend(server_process)))
    await other.close()
    await asyncio.sleep(0.05)

    async with database.reading() as db:
        assert await value(db, select(school.c.slug)) == "heia"


# --- at the same time ---------------------------------------------------------------------------------------


async def praise(db: AsyncSession, at: MadeSchool, who: MadePerson, message: int) -> int | None:
    return await praises.add(
        db,
        at.id,
        group_id=at.groups["5B"],
        expectation_id=at.expectations["gang-hilser"],
        person_id=who.id,
        at=NOW,
        day=date(2026, 11, 2),
        idempotency_key=f"{who.telegram_id}:{message}",
    )


async def tap(database: Database, at: MadeSchool, who: MadePerson, message: int) -> int | None:
    async with database.writing() as db:
        return await praise(db, at, who, message)


async def test_concurrent_taps_are_all_written_and_duplicates_once(
    database: Database, heia: MadeSchool, greet: MadePerson
) -> None:
    """200 taps, each delivered twice, concurrently."""
    written = await asyncio.gather(*(tap(database, heia, greet, number // 2) for number in range(400)))

    async with database.reading() as db:
        kept = await rows(db, select(recognition.c.id, recognition.c.idempotency_key))
    assert sorted(key for _, key in kept) == sorted(f"{greet.telegram_id}:{n}" for n in range(200))
    assert sorted(number for number in written if number is not None) == sorted(number for number, _ in kept)


COUNTERS = """
import asyncio, sys
from sqlalchemy import select
from storage.database import Database
from storage.execute import changed, value
from storage.tables import School, table_of

school = table_of(School)

async def count(database, times):
    for _ in range(times):
        async with database.writing() as db:
            seen = await value(db, select(school.c.version).with_for_update())
            await asyncio.sleep(0)
            await changed(db, school.update(), version=seen + 1)

async def main(url, tasks, times):
    database = Database.open(url)
    await asyncio.gather(*(count(database, times) for _ in range(tasks)))
    await database.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""


async def test_no_lost_updates_between_processes(database: Database, heia: MadeSchool) -> None:
    """Two processes of four tasks increment 50 times each: SQLite's default transactions lose most updates."""
    processes, tasks, times = 2, 4, 50
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", COUNTERS, database.url, str(tasks), str(times)
        )
        for _ in range(processes)
    ]
    assert [await process.wait() for process in running] == [0] * processes

    async with database.reading() as db:
        assert await value(db, select(school.c.version)) == 1 + processes * tasks * times
