"""Home: what concerns this role now, and its most used commands, one tap each.

/hjem -> show_home -> any other conversation, by its command (`RunCommand`)
a visitor without a role -> introduction -> the same in another language
"""

from markupsafe import Markup

from bot.content.labels import ANSWERS, ROLES
from bot.content.templates import render
from bot.feature import Command, Feature
from bot.handlers.button_rows import in_rows
from bot.handlers.command_button import RunCommand, command_button, run_command
from bot.handlers.shared_presses import ShowProblems
from bot.handlers.show_folded import ShowFolded, show_folded
from bot.i18n import CODES, N_, Language, language
from bot.press import Press
from bot.services.home import HomeView, home_view
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.roles import May, Role
from storage import memberships
from storage.tables import Standing

NOT_ANSWERED = N_("not answered yet")


class Introduce(Press, tag="oi"):
    code: str


async def show_home(turn: Turn) -> Reply:
    """The actor's home card; without an actor, the pending request to join, or the introduction."""
    if turn.maybe_actor is not None:
        return await home_card(turn, turn.maybe_actor)
    own = await memberships.of_person(turn.db, turn.person_id) if turn.person_id is not None else []
    pending = next((m for m in own if m.standing is Standing.PENDING), None)
    if pending is None:
        return introduction(turn.language)
    return Reply(
        turn.t(
            "⏳ You have asked to join <b>{school}</b>. As soon as a leader there has said yes, "
            "I write to you here.",
            school=pending.school_name,
        ),
        [[command_button(turn, "mer")]],
    )


async def home_card(turn: Turn, actor: Actor) -> Reply:
    """Home of an actor, who need not be the turn's: they may have joined or switched in this turn."""
    view = await home_view(turn.db, actor, turn.features.kinds, turn.now)
    text = render(
        turn.language,
        "home",
        home=view,
        role=ROLES[view.role],
        groups=[(name, ANSWERS[answer] if answer else NOT_ANSWERED) for name, answer in view.groups],
        missed=[(turn.features.kinds.called(kind), day) for kind, day in view.missed],
        works_here=actor.may(May.REPORT_PRACTICE),
        month=turn.language.month_alone(view.today).capitalize(),
    )
    problems = [[Button(turn.t("⚠ What may not have arrived"), ShowProblems())]] if view.has_problems else []
    return Reply(text, [*problems, *_command_buttons(turn, view)])


def _command_buttons(turn: Turn, view: HomeView) -> list[list[Button]]:
    commands = turn.features.commands
    conditional = [
        (0, "venter", view.requests > 0),
        (80, "sprak", view.role is Role.FAMILY),
        (90, "bytt", view.has_other_roles),
    ]
    placed = [(c.home, c) for c in commands.values() if c.home is not None and c.is_for(view.role)]
    placed += [(place, commands[name]) for place, name, shown in conditional if shown]
    placed.sort(key=lambda each: each[0])
    return in_rows([Button(turn.t(command.button), RunCommand(command.name)) for _, command in placed], 2)


def keyboard_reply(to: Turn | Letter, role: Role | None, text: Markup, then: tuple[Reply, ...] = ()) -> Reply:
    """A message that sets the chat's reply keyboard and command menu to those of a role."""
    keyboard, menu = to.features.keyboard(role, to.language), to.features.menu(role, to.language)
    return Reply(text, keyboard=keyboard, menu=menu, fresh=True, then=then)


def introduction(speaks: Language) -> Reply:
    """For a visitor without a role: what the bot is and how to join. Reading it stores nothing."""
    others = [Button(language(code).name, Introduce(code)) for code in CODES if code != speaks.code]
    return Reply(
        speaks.t(
            "👋 I am the PALS assistant of schools that work with a safe and good school environment. "
            "I remind the adults there of what they practise together, and tell families about it once a month. "
            "To take part you need a link or a QR code from your school: open it on this phone, and I will "
            "explain what it means before you say yes."
        ),
        in_rows(others, 2),
    )


async def introduce(turn: Turn, press: Introduce) -> Reply:
    if turn.maybe_actor is not None or press.code not in CODES:
        return await show_home(turn)
    return introduction(language(press.code))


FEATURE = Feature(
    commands=[Command("hjem", show_home, does=N_("Home"), button=N_("🏠 Home"), key=True, reads=True)],
    presses={RunCommand: run_command},
    reads={Introduce: introduce, ShowFolded: show_folded},
)
