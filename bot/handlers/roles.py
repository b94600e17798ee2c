"""Roles: a person with several memberships (two schools, or staff and parent) switches the one they act in.

/bytt -> show_roles -> switch_role -> the reply keyboard and the home card of that role
"""

from bot.content.labels import ROLES
from bot.feature import Command, Feature
from bot.handlers import home
from bot.handlers.command_button import command_button
from bot.handlers.shared_presses import SwitchRole
from bot.i18n import N_
from bot.services import roles
from bot.turn import Button, Reply, Turn
from storage import memberships
from storage.tables import Standing


async def show_roles(turn: Turn) -> Reply:
    """The current role, and a button for each other active one."""
    actor = turn.actor
    own = [m for m in await memberships.of_person(turn.db, actor.person_id) if m.standing is Standing.ACTIVE]
    others = [m for m in own if m.id != actor.membership_id]
    current = turn.t(
        "You are at <b>{school}</b> as {role}.", school=actor.school.name, role=turn.t(ROLES[actor.role])
    )
    if not others:
        return Reply(current + " " + turn.t("It is your only role."), [[command_button(turn, "hjem")]])
    buttons = [[Button(f"{m.school_name} · {turn.t(ROLES[m.role])}", SwitchRole(m.id))] for m in others]
    return Reply(
        current + "\n" + turn.t("Where would you like to go?"), [*buttons, [command_button(turn, "hjem")]]
    )


async def switch_role(turn: Turn, press: SwitchRole) -> Reply:
    await roles.switch(turn.db, turn.actor.person_id, press.membership_id)
    actor = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    assert actor is not None  # noqa: S101 - chosen in this transaction
    text = turn.t(
        "⇄ You are now at <b>{school}</b> as {role}.",
        school=actor.school.name,
        role=turn.t(ROLES[actor.role]),
    )
    keyboard = home.keyboard_reply(turn, actor.role, turn.t("The keys below belong to that role."))
    return Reply(text, then=(keyboard, await home.home_card(turn, actor)))


FEATURE = Feature(
    commands=[Command("bytt", show_roles, button=N_("⇄ Switch"), reads=True)],
    presses={SwitchRole: switch_role},
)
