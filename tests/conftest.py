"""What every test may ask for: a database, and the people and things of two schools.

`database` comes twice, on SQLite and on PostgreSQL, migrated and without a row. A test for which the kind of
database is no matter takes one of them:

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

People and things are committed before the test begins. `db` is a writing transaction on the same database
that is undone at the end; while it is open nobody else can write to SQLite, so a test that lets the bot write
takes `database` instead.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.database import Database
from tests.support import databases
from tests.support.people import MadePerson, MadeSchool, make_person, make_school

# --- databases ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with databases.postgresql_server() as address:
        yield address


@pytest_asyncio.fixture(scope="session")
async def postgresql_url(postgresql_server: str) -> AsyncIterator[str]:
    """One migrated database for the whole run (of this worker), emptied before each test."""
    name = f"palsbot_test_{os.getpid()}"
    async with databases.postgresql_database(postgresql_server, name) as address:
        await databases.migrated(address)
        yield address


@pytest_asyncio.fixture(scope="session")
async def postgresql_script(postgresql_url: str) -> AsyncIterator[databases.Script]:
    async with databases.administering(postgresql_url) as script:
        yield script


@pytest_asyncio.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await databases.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "palsbot.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest_asyncio.fixture
async def emptied_postgresql_url(postgresql_url: str, postgresql_script: databases.Script) -> str:
    await postgresql_script(databases.emptying())
    return postgresql_url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database without rows."""
    url: str = request.getfixturevalue(
        {"sqlite": "sqlite_url", "postgresql": "emptied_postgresql_url"}[request.param]
    )
    return url


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url)
    yield database
    await database.close()


# --- without a migration ------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def untouched_url(kind: str, postgresql_server: str, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database in which nothing has happened yet."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    async with databases.postgresql_database(postgresql_server, f"{tmp_path.name}"[:60]) as address:
        yield address


@pytest_asyncio.fixture
async def untouched(untouched_url: str) -> AsyncIterator[Database]:
    database = Database.open(untouched_url)
    yield database
    await database.close()


# --- people and things --------------------------------------------------------------------------------------

SCHOOLS = ("heia", "fjern")
PEOPLE = ("greet", "tor", "lise", "amir", "stranger_teacher", "stranger_leader")


@pytest_asyncio.fixture
async def heia(database: Database) -> MadeSchool:
    """Heia skole: 5B, 6A and SFO, a small matrix, the focus of November 2026."""
    async with database.writing() as db:
        return await make_school(db, "heia")


@pytest_asyncio.fixture
async def fjern(database: Database) -> MadeSchool:
    """The stranger: another school with its own everything, alike to the letter."""
    async with database.writing() as db:
        return await make_school(db, "fjern")


@pytest_asyncio.fixture
async def greet(database: Database, heia: MadeSchool) -> MadePerson:
    """Teacher of 5B."""
    async with database.writing() as db:
        return await make_person(db, heia, Role.STAFF, ["5B"], name="Greet")


@pytest_asyncio.fixture
async def tor(database: Database, heia: MadeSchool) -> MadePerson:
    """Teacher of 5B and 6A."""
    async with database.writing() as db:
        return await make_person(db, heia, Role.STAFF, ["6A", "5B"], name="Tor")


@pytest_asyncio.fixture
async def lise(database: Database, heia: MadeSchool) -> MadePerson:
    """Leads Heia skole."""
    async with database.writing() as db:
        return await make_person(db, heia, Role.LEADER, name="Lise")


@pytest_asyncio.fixture
async def amir(database: Database, heia: MadeSchool) -> MadePerson:
    """A parent in 5B who reads Arabic."""
    async with database.writing() as db:
        return await make_person(db, heia, Role.FAMILY, ["5B"], language="ar")


@pytest_asyncio.fixture
async def stranger_teacher(database: Database, fjern: MadeSchool) -> MadePerson:
    """Teacher of the other school's 5B."""
    async with database.writing() as db:
        return await make_person(db, fjern, Role.STAFF, ["5B"], name="Siv")


@pytest_asyncio.fixture
async def stranger_leader(database: Database, fjern: MadeSchool) -> MadePerson:
    """Leads the other school."""
    async with database.writing() as db:
        return await make_person(db, fjern, Role.LEADER, name="Odd")


@pytest.fixture
def people_first(request: pytest.FixtureRequest) -> None:
    """Make the people and things that the test asks for before `db` takes the only writing connection."""
    for name in (*SCHOOLS, *PEOPLE):
        if name in request.fixturenames:
            request.getfixturevalue(name)


@pytest_asyncio.fixture
async def db(people_first: None, database: Database) -> AsyncIterator[AsyncSession]:
    """A writing transaction, undone at the end."""
    async with database.writing() as db:
        yield db
        await db.rollback()
