"""Home, from every role's phone: the card, the reply keyboard, the commands, and its buttons after a restart."""

import pytest

from pals.roles import Role
from tests.journeys.conftest import Stage, rows
from tests.support.people import MadeSchool

LOGS = ["⭐ Praise", "📝 Incident"]
HANGS = ["🏠 Home", "☰ More"]
CARDS = {
    Role.STAFF: (
        [*LOGS, "🎯 This week", "📅 This month", *HANGS],
        ["ros", "hendelse", "uke", "maaned", "kampanje", "hjem", "mer"],
        [["⭐ Praise", "📝 Incident"], ["🎯 This week", "📅 This month"], ["☰ More"]],
    ),
    Role.FAMILY: (
        ["📅 This month", *HANGS],
        ["maaned", "hjem", "mer"],
        [["📅 This month", "🌍 Language"], ["☰ More"]],
    ),
    Role.ADVISOR: (HANGS, ["moter", "hjem", "mer"], [["🗓 Meetings", "☰ More"]]),
}


@pytest.mark.parametrize("role", CARDS)
async def test_each_role_has_its_own_home_keyboard_and_commands(
    stage: Stage, heia: MadeSchool, role: Role
) -> None:
    phone = await stage.join(heia, role, ["5B"], name="Ida")
    await stage.restart()
    home = await phone.write("🏠 Home")
    assert home["text"].startswith("🏠 Heia skole")
    assert (await phone.keys(), await phone.commands(), rows(home)) == CARDS[role]


async def test_home_buttons_work_after_a_restart(stage: Stage, heia: MadeSchool) -> None:
    leader = await stage.join(heia, Role.LEADER, name="Lise")
    home = await leader.write("/hjem")
    await stage.restart()
    invitations = await leader.tap("🔗 Invite")
    assert invitations["message_id"] == home["message_id"]
    assert invitations["text"] == "🔗 Whom would you like to invite?"
    await stage.restart()
    assert (await leader.tap("🏠 Home"))["text"] == home["text"]


async def test_an_unknown_visitor_reads_the_introduction_in_any_language(
    stage: Stage, heia: MadeSchool
) -> None:
    visitor = await stage.phone(901, language="nb")
    introduced = (await visitor.chat()).received[-1]
    await stage.restart()
    await visitor.tap("English")
    told = await visitor.sees("To take part you need a link or a QR code from your school")
    assert told["message_id"] == introduced["message_id"]
    assert await visitor.keys() == []
