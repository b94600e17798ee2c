"""Announcements: permissions, and rows of other leaders and schools."""

import pytest

from bot.errors import Gone, NotAllowed
from bot.handlers.announcement.card import (
    AskWithdrawAnnouncement,
    CorrectAnnouncement,
    KeepText,
    ReplaceText,
    SendAgain,
    StopAnnouncement,
    WithdrawAnnouncement,
)
from bot.handlers.announcement.write import (
    AddressAnnouncement,
    AskAnnouncementGrade,
    AskAnnouncementGroup,
    AskReaders,
    AskSeen,
    DiscardAnnouncement,
    RewriteAnnouncement,
    SendAnnouncement,
    ShowAnnouncementMonth,
)
from bot.handlers.shared_presses import AskSendAgain, BeginAnnouncement, ShowAnnouncement
from bot.press import Press
from bot.services.announcements.audience import AudienceChoice
from pals.roles import Role
from storage import announcements, memberships
from storage.database import Database
from tests.support.announcing import Chat, Heia
from tests.support.people import MadeSchool, join
from tests.support.turns import labels, press

EVERY_PRESS: tuple[Press, ...] = (
    BeginAnnouncement(fresh=False),
    ShowAnnouncementMonth(),
    AskReaders(1),
    AskAnnouncementGrade(None),
    AskAnnouncementGroup(None),
    AddressAnnouncement(AudienceChoice.STAFF, None, None),
    AddressAnnouncement(AudienceChoice.STAFF, None, 1),
    RewriteAnnouncement(1),
    DiscardAnnouncement(1),
    SendAnnouncement(1, "0"),
    StopAnnouncement(1),
    ShowAnnouncement(1),
    AskSeen(1, True),
    CorrectAnnouncement(1),
    ReplaceText(1, "0"),
    KeepText(1, ""),
    AskWithdrawAnnouncement(1),
    WithdrawAnnouncement(1),
    AskSendAgain(1),
    SendAgain(1),
)


@pytest.mark.parametrize("pressed", EVERY_PRESS, ids=lambda p: f"{type(p).__name__}")
async def test_only_a_leader_is_allowed(people: Heia, database: Database, pressed: Press) -> None:
    preview = await Chat(database, people.liv).written("Hei", "All staff")
    assert press(preview, "Change") == RewriteAnnouncement(1)
    for who in (people.ada, people.cato, people.of_6a):
        with pytest.raises(NotAllowed):
            await Chat(database, who).press(pressed)
        with pytest.raises(NotAllowed):
            await Chat(database, who).command()


@pytest.mark.parametrize(
    "pressed",
    [p for p in EVERY_PRESS if 1 in vars(p).values() and not isinstance(p, AskAnnouncementGrade)],
    ids=str,
)
async def test_an_unsent_announcement_is_gone_for_all_but_its_author(
    people: Heia, database: Database, pressed: Press
) -> None:
    """For a leader of another school, and for another leader of the same one."""
    preview = await Chat(database, people.liv).written("Hei", "All staff")
    for who in (people.far, people.nils):
        with pytest.raises(Gone):
            await Chat(database, who).press(pressed)
    assert labels(await Chat(database, people.nils).command())[-1] == [
        "Families of a grade",
        "Families of a group",
    ]
    assert await Chat(database, people.liv).press(ShowAnnouncement(1)) == preview


async def test_groups_of_another_school_are_gone(people: Heia, database: Database, fjern: MadeSchool) -> None:
    for addressed in (
        AddressAnnouncement(AudienceChoice.GROUP, fjern.groups["5B"], None),
        AddressAnnouncement(AudienceChoice.GROUP, None, None),
        AddressAnnouncement(AudienceChoice.GRADE, 9, None),
        AddressAnnouncement(AudienceChoice.GRADE, None, None),
    ):
        with pytest.raises(Gone):
            await Chat(database, people.liv).press(addressed)


async def test_a_draft_is_refused_after_its_author_has_lost_the_role(
    people: Heia, database: Database, heia: MadeSchool
) -> None:
    """The text was awaited while she was a leader."""
    liv = Chat(database, people.liv)
    await liv.tap(await liv.command(), "All staff")
    async with database.writing() as db:
        await memberships.remove(db, heia.id, people.liv.membership_id)
        await join(db, people.liv.id, heia, Role.STAFF)
    with pytest.raises(NotAllowed):
        await liv.type("Hei")
    async with database.reading() as db:
        assert await announcements.latest(db, heia.id) == []
