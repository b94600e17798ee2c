"""Home, from every role's phone: the card, the keys and the commands, and going on from there after a restart."""

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
async def test_each_role_has_a_home_of_its_own(stage: Stage, heia: MadeSchool, role: Role) -> None:
    phone = await stage.join(heia, role, ["5B"], name="Ida")
    await stage.restart()
    home = await phone.write("🏠 Home")
    assert home["text"].startswith("🏠 Heia skole")
    assert (await phone.keys(), await phone.commands(), rows(home)) == CARDS[role]


async def test_home_leads_on_and_back_also_after_a_restart(stage: Stage, heia: MadeSchool) -> None:
    leader = await stage.join(heia, Role.LEADER, name="Lise")
    home = await leader.write("/hjem")
    await stage.restart()
    invitations = await leader.tap("🔗 Invite")
    assert invitations["message_id"] == home["message_id"]
    assert invitations["text"] == "🔗 Whom would you like to invite?"
    await stage.restart()
    assert (await leader.tap("🏠 Home"))["text"] == home["text"]


async def test_somebody_unknown_is_told_what_this_is_in_any_language(stage: Stage, heia: MadeSchool) -> None:
    somebody = await stage.phone(901, language="nb")
    introduced = (await somebody.chat()).received[-1]
    await stage.restart()
    await somebody.tap("English")
    told = await somebody.sees("To take part you need a link or a QR code from your school")
    assert told["message_id"] == introduced["message_id"]
    assert await somebody.keys() == []
