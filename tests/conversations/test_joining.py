"""Joining: a link is opened, its meaning is read, and only a tap makes somebody a member."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import invites, people
from storage.tables import InviteKind
from tests.chats import Chat, arrivals
from tests.people import MadeSchool
from tests.turns import MONDAY, labels

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FAMILY = "familie-lenke-5B-1"
STAFF = "ansatt-lenke-heia"


@pytest.fixture
def mona(db: AsyncSession) -> Chat:
    """A mother whom the bot does not know; her phone speaks Norwegian."""
    return Chat(db, 900, phone="nb", name="Mona Berg")


async def family_link(db: AsyncSession, school: MadeSchool, group: str = "5B", token: str = FAMILY) -> str:
    await invites.create(
        db, school.id, InviteKind.FAMILY, Role.FAMILY, token, now=MONDAY, group_id=school.groups[group]
    )
    return token


async def test_a_mother_reads_what_it_means_then_joins_and_gets_the_month(
    db: AsyncSession, heia: MadeSchool, mona: Chat
) -> None:
    await schools_planned(db, heia)
    offer = await mona.write(f"/start {await family_link(db, heia)}")
    print(offer.text)
    assert labels(offer) == [["✅ Join"], ["🌍 Another language"]]
    assert await people.by_telegram(db, 900) is None, "opening a link enrols nobody"
    joined = await mona.tap(offer, "Join")
    print(joined)
    print(await arrivals(db))


async def schools_planned(db: AsyncSession, school: MadeSchool) -> None:
    from storage import schools

    await schools.planned(db, school.id, MONDAY)
