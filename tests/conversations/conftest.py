"""People of the two schools who read English, the language that the sentences are written in.

They are made in the test's own transaction and disappear with it.
"""

from collections.abc import Iterator
from gettext import NullTranslations

import pytest
import pytest_asyncio
from sqlmodel.ext.asyncio.session import AsyncSession

import bot.i18n
from pals.roles import Role
from scheduler.clock import MovableClock
from storage.database import Database
from tests.support.announcing import Chat, Heia, Road, people_of
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY


@pytest.fixture(autouse=True, scope="package")
def source_language() -> Iterator[None]:
    """Everybody in here is spoken to in the language of the source; the catalogues have tests of their own.

    Dates and the school's own texts stay in the reader's language.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.i18n, "_read", lambda _code: NullTranslations())
        bot.i18n.language.cache_clear()
        yield
    bot.i18n.language.cache_clear()


@pytest_asyncio.fixture
async def ada(db: AsyncSession, heia: MadeSchool) -> MadePerson:
    """Teacher of 5B."""
    return await make_person(db, heia, Role.STAFF, ["5B"], name="Ada", language="en")


@pytest_asyncio.fixture
async def bo(db: AsyncSession, heia: MadeSchool) -> MadePerson:
    """Teacher of 5B and 6A."""
    return await make_person(db, heia, Role.STAFF, ["5B", "6A"], name="Bo", language="en")


@pytest_asyncio.fixture
async def cato(db: AsyncSession, heia: MadeSchool) -> MadePerson:
    """In the PALS team, without a group."""
    return await make_person(db, heia, Role.TEAM, name="Cato", language="en")


@pytest_asyncio.fixture
async def dina(db: AsyncSession, heia: MadeSchool) -> MadePerson:
    """Advises the school."""
    return await make_person(db, heia, Role.ADVISOR, name="Dina", language="en")


@pytest_asyncio.fixture
async def emil(db: AsyncSession, heia: MadeSchool) -> MadePerson:
    """A parent in 5B."""
    return await make_person(db, heia, Role.FAMILY, ["5B"], language="en")


@pytest_asyncio.fixture
async def fanny(db: AsyncSession, fjern: MadeSchool) -> MadePerson:
    """The stranger: in the PALS team of the other school, and teacher of its 5B."""
    return await make_person(db, fjern, Role.TEAM, ["5B"], name="Fanny", language="en")


@pytest_asyncio.fixture
async def gro(db: AsyncSession, heia: MadeSchool) -> MadePerson:
    """Leads Heia skole."""
    return await make_person(db, heia, Role.LEADER, name="Gro", language="en")


# --- in transactions of their own, as in the dispatcher


@pytest_asyncio.fixture
async def people(database: Database, heia: MadeSchool, fjern: MadeSchool) -> Heia:
    """Those whom a leader writes to, and a stranger."""
    return await people_of(database, heia, fjern)


@pytest.fixture
def liv(database: Database, people: Heia) -> Chat:
    """The chat of a leader."""
    return Chat(database, people.liv)


@pytest.fixture
def road(database: Database) -> Road:
    """What goes out, with a clock that stands still."""
    return Road(database, MovableClock(MONDAY, running=False))
