"""Roles: a person with several memberships switches the one they act in."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone
from bot.handlers.shared_presses import SwitchRole
from bot.i18n import language
from pals.roles import Role
from storage.tables import Standing
from tests.support.chats import Chat
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, join
from tests.support.turns import labels, turn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_teacher_with_a_child_at_another_school_switches_roles_and_back(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    await join(db, greet.id, fjern, Role.FAMILY, ["6A"])
    await join(db, greet.id, fjern, Role.STAFF, standing=Standing.PENDING)
    chat = Chat(db, greet.telegram_id)
    asked = await chat.write("/bytt")
    assert asked.text == "You are at <b>Heia skole</b> as staff.\nWhere would you like to go?"
    assert labels(asked) == [["Fjern skole · family"], ["🏠 Home"]], "a pending role cannot be switched to"
    there = await chat.tap(asked, "Fjern")
    nb = language("nb")
    assert there.text == "⇄ You are now at <b>Fjern skole</b> as family."
    keys_come, card = there.then
    assert (keys_come.keyboard, keys_come.menu) == (
        FEATURES.keyboard(Role.FAMILY, nb),
        FEATURES.menu(Role.FAMILY, nb),
    )
    assert card.text.startswith("🏠 <b>Fjern skole</b>\nYou are here as family.")
    back = await chat.tap(await chat.write("/bytt"), "Heia")
    assert back.text == "⇄ You are now at <b>Heia skole</b> as staff."


async def test_a_person_with_one_role_is_told_that_it_is_the_only_one(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    said = await Chat(db, greet.telegram_id).write("/bytt")
    assert said.text == "You are at <b>Heia skole</b> as staff. It is your only role."


async def test_a_forged_button_does_not_switch_the_role(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, lise: MadePerson
) -> None:
    asked, _ = await join(db, greet.id, fjern, Role.LEADER, standing=Standing.PENDING)
    for forged in (lise.membership_id, asked, 4711):
        with pytest.raises(Gone):
            await FEATURES.presses[SwitchRole](await turn(db, greet.telegram_id), SwitchRole(forged))
    assert (await Chat(db, greet.telegram_id).write("/hjem")).text.startswith("🏠 <b>Heia skole</b>")
