"""Privacy: what is stored about a person; leaving a school, withdrawing a request to join, erasure."""

from bot.content.labels import ROLES
from bot.content.templates import render
from bot.handlers import home
from bot.handlers.button_rows import back_button
from bot.handlers.command_button import RunCommand, command_button
from bot.i18n import language, negotiate
from bot.press import Press
from bot.services import leaving, roles
from bot.turn import Button, Reply, Turn
from storage import data_protection, groups, memberships, people, personal_data
from storage.data_protection import OUTSIDE


class ShowStored(Press, tag="xs"):
    pass


class AskLeave(Press, tag="xa"):
    pass


class Leave(Press, tag="xv"):
    """The membership to end, so that a second tap does not end another one."""

    membership_id: int


class AskForget(Press, tag="xf"):
    pass


class Forget(Press, tag="xk"):
    pass


class WithdrawRequest(Press, tag="xw"):
    pass


async def show_stored(turn: Turn, _press: ShowStored | None = None) -> Reply:
    """The complete list, read from the rows themselves; why, how long, and who is responsible."""
    person = await people.by_telegram(turn.db, turn.visitor.telegram_id)
    if person is None:
        return Reply(turn.t("🗂 Nothing is stored about you."), [[command_button(turn, "hjem")]])
    places = [
        (m, ROLES[m.role], [g.name for g in await groups.of_membership(turn.db, m.school_id, m.id)])
        for m in await memberships.of_person(turn.db, person.id)
    ]
    text = render(
        turn.language,
        "stored",
        person=person,
        met=person.created_at.date(),
        speaks=language(negotiate(person.language)).name,
        places=places,
        periods=data_protection,
        counted=await personal_data.count_rows(turn.db, person.id),
    )
    return Reply(
        text, [[Button(turn.t("🗑 Be forgotten"), AskForget())], [back_button(turn, RunCommand("mer"))]]
    )


async def ask_leave(turn: Turn, _press: AskLeave) -> Reply:
    return Reply(
        turn.t(
            "🚪 Leave <b>{school}</b>? You get nothing more from it here, and your name and classes there are "
            "deleted. With a new link you can come back.",
            school=turn.school.name,
        ),
        [
            [Button(turn.t("🚪 Leave"), Leave(turn.actor.membership_id))],
            [back_button(turn, RunCommand("mer"))],
        ],
    )


async def leave(turn: Turn, press: Leave) -> Reply:
    if turn.maybe_actor is None or turn.actor.membership_id != press.membership_id:
        return Reply(turn.t("🚪 You have left already."), [[command_button(turn, "hjem")]])
    school = turn.school.name
    await leaving.leave(turn.db, turn.actor, turn.now)
    text = turn.t("🚪 You have left <b>{school}</b>. Nothing more comes from it.", school=school)
    other = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    if other is None:
        keyboard = home.keyboard_reply(
            turn,
            None,
            turn.t(
                "Your account number and language are deleted within {days} days, or at once under /mer.",
                days=OUTSIDE.days,
            ),
        )
        return Reply(text, then=(keyboard,))
    keyboard = home.keyboard_reply(
        turn, other.role, turn.t("The keys below belong to the role you still have.")
    )
    return Reply(text, then=(keyboard, await home.home_card(turn, other)))


async def ask_forget(turn: Turn, _press: AskForget) -> Reply:
    if turn.person_id is None:
        return _forgotten(turn)
    return Reply(
        turn.t(
            "🗑 <b>Be forgotten?</b> You leave every school here, and everything stored about you is deleted at "
            "once. It cannot be undone. What was logged about classes stays with the school, without saying that it "
            "was you."
        ),
        [[Button(turn.t("🗑 Forget me"), Forget())], [back_button(turn, RunCommand("mer"))]],
    )


async def forget(turn: Turn, _press: Forget) -> Reply:
    if turn.person_id is None:
        return _forgotten(turn)
    await leaving.forget(turn.db, turn.person_id, turn.now)
    text = turn.t(
        "🗑 <b>You are forgotten.</b> Your account number, name, roles, classes, language and quiet hours are "
        "deleted, and nothing that stays with a school says who you are. "
        "Delete this chat to remove the messages as well."
    )
    keyboard = home.keyboard_reply(
        turn, None, turn.t("Goodbye, and thank you. With a link from a school you can come back.")
    )
    return Reply(text, then=(keyboard,))


async def withdraw(turn: Turn, _press: WithdrawRequest) -> Reply:
    """Withdraws all requests to join, pending or declined."""
    if turn.person_id is not None:
        await leaving.withdraw_requests(turn.db, turn.person_id, turn.now)
    return Reply(
        turn.t("✖ Your wish to join is taken back, and your name is deleted."),
        [[command_button(turn, "mer")]],
    )


def _forgotten(turn: Turn) -> Reply:
    return Reply(turn.t("🗑 Nothing is stored about you."), [[command_button(turn, "hjem")]])
