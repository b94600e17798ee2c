"""Kunngjøring: who may not, and what is gone to whom."""

import pytest

from bot.errors import Gone, NotAllowed
from bot.handlers.announcement.presses import (
    Address,
    AskAgain,
    AskGrade,
    AskGroup,
    AskReaders,
    AskSeen,
    AskWithdraw,
    Begin,
    Correct,
    Discard,
    KeepText,
    Month,
    Replace,
    Rewrite,
    Send,
    SendAgain,
    Show,
    Stop,
    Withdraw,
)
from bot.press import Press
from bot.services.announcements import To
from pals.roles import Role
from storage import announcements, memberships
from storage.database import Database
from tests.conversations.announcing import Chat, Heia
from tests.people import MadeSchool, join
from tests.turns import labels, press

EVERY_PRESS: tuple[Press, ...] = (
    Begin(fresh=False),
    Month(),
    AskReaders(1),
    AskGrade(None),
    AskGroup(None),
    Address(To.STAFF, None, None),
    Address(To.STAFF, None, 1),
    Rewrite(1),
    Discard(1),
    Send(1, "0"),
    Stop(1),
    Show(1),
    AskSeen(1, True),
    Correct(1),
    Replace(1, "0"),
    KeepText(1, ""),
    AskWithdraw(1),
    Withdraw(1),
    AskAgain(1),
    SendAgain(1),
)


@pytest.mark.parametrize("pressed", EVERY_PRESS, ids=lambda p: f"{type(p).__name__}")
async def test_only_a_leader_may(people: Heia, database: Database, pressed: Press) -> None:
    preview = await Chat(database, people.liv).written("Hei", "All staff")
    assert press(preview, "Change") == Rewrite(1)
    for who in (people.ada, people.cato, people.of_6a):
        with pytest.raises(NotAllowed):
            await Chat(database, who).press(pressed)
        with pytest.raises(NotAllowed):
            await Chat(database, who).command()


@pytest.mark.parametrize(
    "pressed", [p for p in EVERY_PRESS if 1 in vars(p).values() and not isinstance(p, AskGrade)], ids=str
)
async def test_what_another_has_written_is_gone(people: Heia, database: Database, pressed: Press) -> None:
    """To a leader of another school, and to another leader of the same one."""
    preview = await Chat(database, people.liv).written("Hei", "All staff")
    for who in (people.far, people.nils):
        with pytest.raises(Gone):
            await Chat(database, who).press(pressed)
    assert labels(await Chat(database, people.nils).command())[-1] == [
        "Families of a grade",
        "Families of a group",
    ]
    assert await Chat(database, people.liv).press(Show(1)) == preview


async def test_the_groups_of_another_school_are_gone(
    people: Heia, database: Database, fjern: MadeSchool
) -> None:
    for addressed in (
        Address(To.GROUP, fjern.groups["5B"], None),
        Address(To.GROUP, None, None),
        Address(To.GRADE, 9, None),
    ):
        with pytest.raises(Gone):
            await Chat(database, people.liv).press(addressed)


async def test_who_leads_no_more_writes_no_more(people: Heia, database: Database, heia: MadeSchool) -> None:
    """The text was awaited while she still led."""
    liv = Chat(database, people.liv)
    await liv.tap(await liv.command(), "All staff")
    async with database.writing() as db:
        await memberships.remove(db, heia.id, people.liv.membership_id)
        await join(db, people.liv.id, heia, Role.STAFF)
    with pytest.raises(NotAllowed):
        await liv.type("Hei")
    async with database.reading() as db:
        assert await announcements.latest(db, heia.id) == []
