"""Announcement races between two taps: a concurrent change, readers who leave, a leader who changes schools."""

import pytest
import pytest_asyncio

from bot.errors import Gone
from bot.handlers.announcement.write import RewriteAnnouncement
from bot.services.announcements import write as announcements
from bot.services.announcements.write import ChangedMeanwhile, NoReaders
from pals.roles import Role
from storage import announcements as rows
from storage import memberships
from storage import people as persons
from storage.database import Database
from storage.tables import AnnouncementStatus, Group
from tests.support.announcing import Chat, Heia, people_of
from tests.support.people import MadeSchool, join
from tests.support.turns import MONDAY, turn


@pytest_asyncio.fixture
async def people(database: Database, heia: MadeSchool, fjern: MadeSchool) -> Heia:
    return await people_of(database, heia, fjern)


@pytest.fixture
def liv(database: Database, people: Heia) -> Chat:
    return Chat(database, people.liv)


async def stored(database: Database, school: MadeSchool) -> list[tuple[str, AnnouncementStatus]]:
    async with database.reading() as db:
        return [(row.text, row.status) for row in await rows.latest(db, school.id)]


async def test_a_concurrent_change_is_not_sent(liv: Chat, database: Database, heia: MadeSchool) -> None:
    """The text was changed after the handler's version check and before the state transition."""
    await liv.written("Hei", "All staff")
    with pytest.raises(ChangedMeanwhile):
        async with database.writing() as db:
            actor = (await turn(db, liv.person.telegram_id)).actor
            await announcements.send(db, actor, 1, "an older fingerprint", 10, MONDAY)
    assert await stored(database, heia) == [("Hei", AnnouncementStatus.WRITTEN)]


async def test_nothing_is_sent_without_readers(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool
) -> None:
    preview = await liv.written("Hei", "of a group", "6A")
    async with database.writing() as db:
        await memberships.remove(db, heia.id, people.of_6a.membership_id)
    with pytest.raises(NoReaders):
        await liv.tap(preview, "Send")
    assert await stored(database, heia) == [("Hei", AnnouncementStatus.WRITTEN)]


async def test_send_drops_the_draft(liv: Chat) -> None:
    preview = await liv.written("Hei", "All staff")
    await liv.press(RewriteAnnouncement(1), 11)
    await liv.tap(preview, "Send")
    assert await liv.type("Noe annet") is None


@pytest.mark.parametrize("labels", [("All staff",), ("of a group", "5B")], ids=str)
async def test_a_draft_of_one_school_is_refused_at_another(
    liv: Chat, database: Database, heia: MadeSchool, fjern: MadeSchool, labels: tuple[str, ...]
) -> None:
    """She leads both, and changed schools between choosing the audience and writing."""
    reply = await liv.command()
    for label in labels:
        reply = await liv.tap(reply, label)
    async with database.writing() as db:
        there, _ = await join(db, liv.person.id, fjern, Role.LEADER)
        await persons.choose_membership(db, liv.person.id, there)
    with pytest.raises(Gone):
        await liv.type("Hei")
    assert (await stored(database, heia), await stored(database, fjern)) == ([], [])


async def test_a_draft_for_a_group_no_longer_in_use_is_refused(
    liv: Chat, database: Database, heia: MadeSchool
) -> None:
    await liv.tap(await liv.tap(await liv.command(), "of a group"), "5B")
    async with database.writing() as db:
        group = await db.get(Group, heia.groups["5B"])
        assert group is not None
        group.active = False
        db.add(group)
    with pytest.raises(Gone):
        await liv.type("Hei")
    assert await stored(database, heia) == []
