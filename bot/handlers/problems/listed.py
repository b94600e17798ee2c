"""What may not have arrived, line by line, and a button for each that may still be sent.

show | a letter -> ask (a message of its own) -> send -> show
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.content.templates import render
from bot.handlers.button_rows import capital
from bot.handlers.command_button import RunCommand
from bot.handlers.problems.presses import AskSendLate, SendLate
from bot.handlers.shared_presses import AskSendAgain as AskAnnouncement
from bot.handlers.shared_presses import ShowAnnouncement, ShowProblems
from bot.services import outbox, problems
from bot.services.announcements.correct import RESENDABLE
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May
from pals.zone import to_wall
from storage import announcements
from storage.corrections import SENT_BY
from storage.problems import ProblemRow

MOST = 12
"""So many have a button of their own: a keyboard as long as a phone."""

LISTED = 25
"""So many have a line; more would not fit into one message."""


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One message, as it stands in a list. `state` is uncertain, forgotten, missed or late (for some).

    `count` of its `total` deliveries are uncertain or missed; `at` is on the school's wall clock.
    """

    what: str
    at: datetime
    state: str
    count: int
    total: int

    @property
    def begins(self) -> str:
        """What it is, at the beginning of a sentence."""
        return capital(self.what)


def lines(to: Turn | Letter, found: Sequence[ProblemRow]) -> list[ProblemLine]:
    """The newest `LISTED` of them, in the order they come in: oldest first."""
    zone = to.school.zone
    return [
        ProblemLine(
            to.t(to.features.kinds.called(one.kind)).unescape(),
            to_wall(one.due_at, zone),
            _state(one),
            one.uncertain or one.missed,
            one.planned,
        )
        for one in found[-LISTED:]
    ]


def unlisted(found: Sequence[ProblemRow]) -> int:
    """How many have no line."""
    return max(0, len(found) - LISTED)


def _state(one: ProblemRow) -> str:
    if one.uncertain:
        return "uncertain"
    if one.lost:
        return "forgotten"
    return "missed" if one.never_opened or one.missed == one.planned else "late"


async def buttons(to: Turn | Letter, found: Sequence[ProblemRow]) -> list[list[Button]]:
    """One for each that something can be done about, the newest `MOST` if there are more, in the lines' order."""
    made = [await _button(to, one) for one in found[-LISTED:]]
    return [[button] for button in made if button is not None][-MOST:]


async def _button(to: Turn | Letter, one: ProblemRow) -> Button | None:
    school = to.school
    day = to.language.short_day(to_wall(one.due_at, school.zone).date())
    what = capital(to.t("{what}, {day}", what=to.t(to.features.kinds.called(one.kind)), day=day).unescape())
    if one.kind != SENT_BY:
        return (
            Button(f"🔁 {what}", AskSendLate(one.id))
            if problems.is_sendable(to.features.kinds, one, to.now)
            else None
        )
    row = await announcements.by_id(to.db, school.id, int(one.ref))
    if row is None:
        return None
    asks = one.uncertain and row.status in RESENDABLE
    return Button(f"📣 {what}", AskAnnouncement(row.id) if asks else ShowAnnouncement(row.id))


async def show_problems(turn: Turn, _press: ShowProblems | None = None) -> Reply:
    """All of the last two weeks. Raises NotAllowed."""
    found = await problems.recent_problems(turn.db, turn.features.kinds, turn.actor, turn.now)
    asks = await buttons(turn, found)
    said = render(
        turn.language, "trouble_list", lines=lines(turn, found), more=unlisted(found), asks=bool(asks)
    )
    return Reply(said, [*asks, [Button(turn.t("🏠 Home"), RunCommand("hjem"))]])


async def ask_send_late(turn: Turn, press: AskSendLate) -> Reply:
    """Which message, to how many, and whether it may come twice. Raises NotAllowed, and Gone as `mishaps.find`."""
    turn.actor.must(May.ANNOUNCE)
    one = await problems.find_sendable(
        turn.db, turn.features.kinds, turn.actor, press.occurrence_id, turn.now
    )
    if one is None:
        return await _settled(turn)
    (line,) = lines(turn, [one])
    count = await problems.count_readers(turn.db, turn.actor, one)
    said = render(turn.language, "trouble_ask", line=line, count=count)
    label = turn.t("📤 Send it now") if line.state == "missed" else turn.t("🔁 Send again")
    yes = [[Button(label, SendLate(one.id))]] if count else []
    return Reply(said, [*yes, [Button(turn.t("◀ Back, send nothing"), ShowProblems())]], fresh=True)


async def send_late(turn: Turn, press: SendLate) -> Reply:
    """Once: after the first tap nobody is left to send it to. Raises NotAllowed, and Gone as `mishaps.find`."""
    turn.actor.must(May.ANNOUNCE)
    if not await problems.send_late(turn.db, turn.features.kinds, turn.actor, press.occurrence_id, turn.now):
        return await _settled(turn)
    at = await outbox.send_time(turn.db, turn.actor, turn.now)
    if at > turn.now:
        wall = to_wall(at, turn.actor.school.zone)
        toast = turn.t("It goes out after the quiet hours, at {time}", time=turn.language.clock(wall))
    else:
        toast = turn.t("It goes out in a moment")
    return _with(await show_problems(turn), toast.unescape())


async def _settled(turn: Turn) -> Reply:
    return _with(await show_problems(turn), turn.t("That is settled already, so I sent nothing").unescape())


def _with(reply: Reply, toast: str) -> Reply:
    return Reply(reply.text, reply.buttons, toast=toast)
