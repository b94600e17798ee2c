"""The ways out: leave this school, take back a wish to join, be forgotten. Each says first what it means."""

from dataclasses import dataclass

from bot.handlers import home
from bot.handlers.command_button import RunCommand
from bot.press import Press
from bot.services import leaving, roles
from bot.turn import Button, Reply, Turn
from storage.data_protection import OUTSIDE


@dataclass(frozen=True)
class AskLeave(Press, tag="xa"):
    pass


@dataclass(frozen=True)
class Leave(Press, tag="xv"):
    """Which membership ends: a second tap must not end another."""

    membership_id: int


@dataclass(frozen=True)
class AskForget(Press, tag="xf"):
    pass


@dataclass(frozen=True)
class Forget(Press, tag="xk"):
    pass


@dataclass(frozen=True)
class WithdrawRequest(Press, tag="xw"):
    pass


async def ask_leave(turn: Turn, _press: AskLeave) -> Reply:
    actor = turn.actor
    return Reply(
        turn.t(
            "🚪 Leave <b>{school}</b>? You get nothing more from it here, and your name and classes there are "
            "deleted. With a new link you can come back.",
            school=actor.school.name,
        ),
        [[Button(turn.t("🚪 Leave"), Leave(actor.membership_id))], [_back(turn)]],
    )


async def leave(turn: Turn, press: Leave) -> Reply:
    if turn.maybe_actor is None or turn.actor.membership_id != press.membership_id:
        return Reply(turn.t("🚪 You have left already."), [[Button(turn.t("🏠 Home"), RunCommand("hjem"))]])
    school = turn.actor.school.name
    await leaving.leave(turn.db, turn.actor, turn.now)
    said = turn.t("🚪 You have left <b>{school}</b>. Nothing more comes from it.", school=school)
    other = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    if other is None:
        keys = home.keys(
            turn,
            None,
            turn.t(
                "Your account number and language are deleted within {days} days, or at once under /mer.",
                days=OUTSIDE.days,
            ),
        )
        return Reply(said, then=(keys,))
    keys = home.keys(turn, other.role, turn.t("The keys below belong to the role you still have."))
    return Reply(said, then=(keys, await home.card(turn, other)))


async def ask_forget(turn: Turn, _press: AskForget) -> Reply:
    if turn.person_id is None:
        return _forgotten(turn)
    return Reply(
        turn.t(
            "🗑 <b>Be forgotten?</b> You leave every school here, and everything stored about you is deleted at "
            "once. It cannot be undone. What was logged about classes stays with the school, without saying that it "
            "was you."
        ),
        [[Button(turn.t("🗑 Forget me"), Forget())], [_back(turn)]],
    )


async def forget(turn: Turn, _press: Forget) -> Reply:
    if turn.person_id is None:
        return _forgotten(turn)
    await leaving.forget(turn.db, turn.person_id, turn.now)
    said = turn.t(
        "🗑 <b>You are forgotten.</b> Your account number, name, roles, classes, language and quiet hours are "
        "deleted, and nothing that stays with a school says who you are. "
        "Delete this chat to remove the messages as well."
    )
    keys = home.keys(
        turn, None, turn.t("Goodbye, and thank you. With a link from a school you can come back.")
    )
    return Reply(said, then=(keys,))


async def withdraw(turn: Turn, _press: WithdrawRequest) -> Reply:
    """Takes back a wish to join that nobody has answered, and forgets one that got a no."""
    if turn.person_id is not None:
        await leaving.withdraw_requests(turn.db, turn.person_id, turn.now)
    return Reply(
        turn.t("✖ Your wish to join is taken back, and your name is deleted."),
        [[Button(turn.t("☰ More"), RunCommand("mer"))]],
    )


def _forgotten(turn: Turn) -> Reply:
    return Reply(turn.t("🗑 Nothing is stored about you."), [[Button(turn.t("🏠 Home"), RunCommand("hjem"))]])


def _back(turn: Turn) -> Button:
    return Button(turn.t("◀ Back"), RunCommand("mer"))
