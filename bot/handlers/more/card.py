"""The card under More: how things are set just now, and what can be changed."""

from dataclasses import dataclass, replace

from bot.content.labels import ROLES
from bot.content.templates import render
from bot.handlers.button_rows import in_rows
from bot.handlers.command_button import RunCommand
from bot.handlers.more import leaving, quiet, stored
from bot.press import Press
from bot.services import settings
from bot.turn import Button, Reply, Turn
from pals.roles import May, Role
from storage import groups, people
from storage.memberships import MembershipRow
from storage.tables import Standing


@dataclass(frozen=True)
class SetMuted(Press, tag="xm"):
    """What the tap makes true."""

    muted: bool


async def show_more(turn: Turn) -> Reply:
    if turn.person_id is None:
        return Reply(
            turn.t("☰ You have not joined a school here, and nothing is stored about you."),
            [
                [
                    Button(turn.t("🌍 Language"), RunCommand("sprak")),
                    Button(turn.t("🏠 Home"), RunCommand("hjem")),
                ]
            ],
        )
    person = await people.by_telegram(turn.db, turn.visitor.telegram_id)
    own = await people.memberships(turn.db, turn.person_id)
    here = _here(turn, own)
    text = render(
        turn.language,
        "more",
        here=here,
        role=ROLES[here.role] if here is not None else "",
        waiting=[m.school_name for m in own if m.standing is Standing.PENDING],
        quiet=(person.quiet_from, person.quiet_to) if person is not None else (None, None),
        groups=[g.name for g in await groups.of_membership(turn.db, here.school_id, here.id)]
        if here is not None
        else [],
        chooses_groups=turn.maybe_actor is not None and turn.actor.may(May.LOG),
    )
    return Reply(text, in_rows(_buttons(turn, own, here), 2))


def _here(turn: Turn, own: list[MembershipRow]) -> MembershipRow | None:
    if turn.maybe_actor is None:
        return None
    return next((m for m in own if m.id == turn.actor.membership_id), None)


def _buttons(turn: Turn, own: list[MembershipRow], here: MembershipRow | None) -> list[Button]:
    t = turn.t
    buttons = [Button(t("🌍 Language"), RunCommand("sprak"))]
    if here is not None:
        buttons.append(Button(t("🌙 Quiet hours"), quiet.AskQuiet()))
        if turn.actor.may(May.LOG):
            buttons.append(Button(t("👥 My classes"), RunCommand("klasser")))
        if here.role is Role.FAMILY:
            label = t("🔔 Messages on") if here.muted else t("🔕 Messages off")
            buttons.append(Button(label, SetMuted(not here.muted)))
    if sum(m.standing is Standing.ACTIVE for m in own) > 1:
        buttons.append(Button(t("⇄ Switch"), RunCommand("bytt")))
    buttons.append(Button(t("🗂 What is stored about me"), stored.ShowStored()))
    if any(m.standing is not Standing.ACTIVE for m in own):
        buttons.append(Button(t("✖ I no longer wish to join"), leaving.WithdrawRequest()))
    if here is not None:
        buttons.append(Button(t("🚪 Leave this school"), leaving.AskLeave()))
    return [
        *buttons,
        Button(t("🗑 Be forgotten"), leaving.AskForget()),
        Button(t("🏠 Home"), RunCommand("hjem")),
    ]


async def set_muted(turn: Turn, press: SetMuted) -> Reply:
    turn.actor.must(May.READ_FAMILY_TEXT)
    await settings.mute(turn.db, turn.actor, press.muted, turn.now)
    said = turn.t("Messages are off") if press.muted else turn.t("Messages are on")
    return replace(await show_more(turn), toast=str(said))
