"""Delivery problems: the leaders are notified of what may not have arrived, and may have it sent again or late.

    Telegram refuses a text    -> compose_refused: which, with Telegram's error message
    a database is restored     -> compose_restored: what may have gone out -> ask_send_late -> send_late
    a deadline is missed       -> compose_missed: what, once a day         -> ask_send_late -> send_late
    home -> show_problems: all of the last two weeks                       -> ask_send_late -> send_late

An announcement's button leads to its own card, which asks and retries itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from markupsafe import Markup

from bot.content.templates import render
from bot.feature import Feature
from bot.handlers.button_rows import capital
from bot.handlers.command_button import command_button
from bot.handlers.shared_presses import AskSendAgain, BeginAnnouncement, ShowAnnouncement, ShowProblems
from bot.press import Press
from bot.services import outbox, problems
from bot.services.problems import MISSED, REFUSED, RESTORED, DeliveryProblem, ProblemState
from bot.turn import Button, Letter, Reply, Turn
from pals.zone import to_wall
from storage.corrections import ANNOUNCEMENT_KINDS

MAX_BUTTONS = 12
"""A keyboard as long as a phone."""

MAX_LINES = 25
"""More would not fit into one message."""


class AskSendLate(Press, tag="ka"):
    occurrence_id: int


class SendLate(Press, tag="ks"):
    occurrence_id: int


async def show_problems(turn: Turn, _press: ShowProblems | None = None) -> Reply:
    """All of the last two weeks. Raises NotAllowed."""
    return _render(
        turn, "problem_list", await problems.list_recent(turn.db, turn.features.kinds, turn.actor, turn.now)
    )


async def ask_send_late(turn: Turn, press: AskSendLate) -> Reply:
    """Which message, to how many readers, and the risk of duplicates. Raises as `problems.send_late`."""
    found = await problems.find_sendable(
        turn.db, turn.features.kinds, turn.actor, press.occurrence_id, turn.now
    )
    if found is None:
        return await _settled(turn)
    problem, readers = found
    text = render(turn.language, "problem_ask", line=_line(turn, problem), count=readers)
    is_missed = problem.state is ProblemState.MISSED
    label = turn.t("📤 Send it now") if is_missed else turn.t("🔁 Send again")
    send = [[Button(label, SendLate(press.occurrence_id))]] if readers else []
    return Reply(text, [*send, [Button(turn.t("◀ Back, send nothing"), ShowProblems())]], fresh=True)


async def send_late(turn: Turn, press: SendLate) -> Reply:
    """Idempotent: after the first tap no reader is left. Raises as `problems.send_late`."""
    if not await problems.send_late(turn.db, turn.features.kinds, turn.actor, press.occurrence_id, turn.now):
        return await _settled(turn)
    at = await outbox.send_time(turn.db, turn.actor, turn.now)
    if at > turn.now:
        time = turn.language.clock(to_wall(at, turn.school.zone))
        toast = turn.t("It goes out after the quiet hours, at {time}", time=time)
    else:
        toast = turn.t("It goes out in a moment")
    return replace(await show_problems(turn), toast=toast.unescape())


async def _settled(turn: Turn) -> Reply:
    toast = turn.t("That is settled already, so I sent nothing")
    return replace(await show_problems(turn), toast=toast.unescape())


async def compose_refused(letter: Letter) -> Reply | None:
    """Which message, Telegram's error message, the number of readers without it, and what can be done."""
    found = await problems.find_refusal(letter.db, letter.school.id, int(letter.ref))
    if found is None:
        return None
    refused, readers = found
    is_announcement = refused.kind in ANNOUNCEMENT_KINDS
    text = render(
        letter.language,
        "problem_refused",
        what=letter.t(letter.features.kinds.called(refused.kind)),
        due=to_wall(refused.due_at, letter.school.zone),
        words=refused.refusal,
        readers=readers,
        written=is_announcement,
    )
    if not is_announcement:
        return Reply(text, [[command_button(letter, "hjem")]])
    return Reply(
        text,
        [
            [Button(letter.t("👀 See the announcement"), ShowAnnouncement(int(refused.ref)))],
            [Button(letter.t("📣 Write to many"), BeginAnnouncement(fresh=True))],
        ],
    )


async def compose_restored(letter: Letter) -> Reply | None:
    """What may have been sent in the time that the database does not remember; `ref` is the end of that time."""
    until = datetime.fromisoformat(letter.ref)
    listed = [
        problem
        for problem in await problems.list_recent(letter.db, letter.features.kinds, letter.reader, letter.now)
        if problem.state in (ProblemState.UNCERTAIN, ProblemState.FORGOTTEN)
        and problem.occurrence.due_at <= until
    ]
    return _render(letter, "problem_restored", listed, until=to_wall(until, letter.school.zone))


async def compose_missed(letter: Letter) -> Reply | None:
    """The deadlines missed since the notice before; None when all of it is settled."""
    listed = await problems.list_missed(
        letter.db, letter.features.kinds, letter.school.id, letter.ref, letter.now
    )
    if not listed:
        return None
    more = [Button(letter.t("⚠ What may not have arrived"), ShowProblems())]
    return _render(letter, "problem_missed", listed, last_row=more)


def _render(
    to: Turn | Letter,
    template: str,
    listed: Sequence[DeliveryProblem],
    *,
    last_row: Sequence[Button] = (),
    **names: object,
) -> Reply:
    """A list of problems: a line for each of the newest, and a button for each that can be sent."""
    shown = listed[-MAX_LINES:]
    buttons = [[button] for problem in shown if (button := _button(to, problem)) is not None][-MAX_BUTTONS:]
    text = render(
        to.language,
        template,
        lines=[_line(to, problem) for problem in shown],
        more=len(listed) - len(shown),
        asks=bool(buttons),
        **names,
    )
    return Reply(text, [*buttons, last_row or [command_button(to, "hjem")]])


def _line(to: Turn | Letter, problem: DeliveryProblem) -> dict[str, object]:
    """A problem in words: `begins` is `what` at the beginning of a sentence, `at` is wall time."""
    row, what = problem.occurrence, _called(to, problem).unescape()
    return {
        "what": what,
        "begins": capital(what),
        "at": to_wall(row.due_at, to.school.zone),
        "state": problem.state,
        "count": row.uncertain or row.missed,
        "total": row.planned,
    }


def _button(to: Turn | Letter, problem: DeliveryProblem) -> Button | None:
    day = to.language.short_day(to_wall(problem.occurrence.due_at, to.school.zone).date())
    label = capital(to.t("{what}, {day}", what=_called(to, problem), day=day).unescape())
    if problem.announcement_id is not None:
        press = AskSendAgain if problem.is_sendable else ShowAnnouncement
        return Button(f"📣 {label}", press(problem.announcement_id))
    return Button(f"🔁 {label}", AskSendLate(problem.occurrence.id)) if problem.is_sendable else None


def _called(to: Turn | Letter, problem: DeliveryProblem) -> Markup:
    return to.t(to.features.kinds.called(problem.occurrence.kind))


FEATURE = Feature(
    presses={SendLate: send_late},
    reads={ShowProblems: show_problems, AskSendLate: ask_send_late},
    messages={REFUSED: compose_refused, RESTORED: compose_restored, MISSED: compose_missed},
)
