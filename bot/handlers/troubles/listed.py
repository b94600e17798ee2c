"""What may not have arrived, line by line, and a button for each that may still be sent.

show | a letter -> ask (a message of its own) -> send -> show
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.content.labels import MOMENTS
from bot.content.templates import render
from bot.handlers.announcement.presses import AskAgain as AskAnnouncement
from bot.handlers.announcement.presses import Show as ShowAnnouncement
from bot.handlers.announcement.readers import school_of
from bot.handlers.go import Go
from bot.handlers.layout import capital
from bot.handlers.troubles.presses import Ask, Send, Show
from bot.language import N_
from bot.services import mishaps, outbox
from bot.services.corrections import RESENDABLE
from bot.services.outbox import Errand
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May
from pals.yearwheel import Kind
from pals.zone import to_wall
from storage import announcements
from storage.troubles import TroubleRow

ERRANDS = {
    Errand.ANNOUNCEMENT: N_("an announcement"),
    Errand.ANNOUNCEMENT_EDIT: N_("the correction of an announcement"),
    Errand.ANNOUNCEMENT_WITHDRAWAL: N_("the withdrawal of an announcement"),
    Errand.JOIN_ASKED: N_("somebody's wish to join"),
    Errand.JOIN_ANSWERED: N_("the answer to a wish to join"),
    Errand.INCIDENT: N_("the notice of an incident"),
    Errand.HANDOVER: N_("the word to the head"),
    Errand.HANDOVER_RECEIVED: N_("the head's receipt"),
    Errand.PROMPT_AGAIN: N_("this week's practice"),
}

MOST = 12
"""So many have a button of their own: a keyboard as long as a phone."""

LISTED = 25
"""So many have a line; more would not fit into one message."""


@dataclass(frozen=True, slots=True)
class Line:
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


def called(kind: str) -> str:
    """What a kind of message is called, in the source language, for the middle of a sentence.

    Raises ValueError for a kind of no name: the letters about mishaps have none.
    """
    return MOMENTS[Kind(kind)] if kind in set(Kind) else ERRANDS[Errand(kind)]


def lines(to: Turn | Letter, found: Sequence[TroubleRow]) -> list[Line]:
    """The newest `LISTED` of them, in the order they come in: oldest first."""
    zone = school_of(to).zone
    return [
        Line(
            to.t(called(one.kind)).unescape(),
            to_wall(one.due_at, zone),
            _state(one),
            one.uncertain or one.missed,
            one.planned,
        )
        for one in found[-LISTED:]
    ]


def unlisted(found: Sequence[TroubleRow]) -> int:
    """How many have no line."""
    return max(0, len(found) - LISTED)


def _state(one: TroubleRow) -> str:
    if one.uncertain:
        return "uncertain"
    if one.forgotten:
        return "forgotten"
    return "missed" if one.never_opened or one.missed == one.planned else "late"


async def buttons(to: Turn | Letter, found: Sequence[TroubleRow]) -> list[list[Button]]:
    """One for each that something can be done about, the newest `MOST` if there are more, in the lines' order."""
    made = [await _button(to, one) for one in found[-LISTED:]]
    return [[button] for button in made if button is not None][-MOST:]


async def _button(to: Turn | Letter, one: TroubleRow) -> Button | None:
    school = school_of(to)
    day = to.language.short_day(to_wall(one.due_at, school.zone).date())
    what = capital(to.t("{what}, {day}", what=to.t(called(one.kind)), day=day).unescape())
    if one.kind != Errand.ANNOUNCEMENT:
        return Button(f"🔁 {what}", Ask(one.id)) if mishaps.may_be_sent(one, to.now) else None
    row = await announcements.one(to.db, school.id, int(one.ref))
    if row is None:
        return None
    asks = one.uncertain and row.status in RESENDABLE
    return Button(f"📣 {what}", AskAnnouncement(row.id) if asks else ShowAnnouncement(row.id))


async def show(turn: Turn, _press: Show | None = None) -> Reply:
    """All of the last two weeks. Raises NotAllowed."""
    found = await mishaps.lately(turn.db, turn.actor, turn.now)
    asks = await buttons(turn, found)
    said = render(
        turn.language, "trouble_list", lines=lines(turn, found), more=unlisted(found), asks=bool(asks)
    )
    return Reply(said, [*asks, [Button(turn.t("🏠 Home"), Go("hjem"))]])


async def ask(turn: Turn, press: Ask) -> Reply:
    """Which message, to how many, and whether it may come twice. Raises NotAllowed, and Gone as `mishaps.find`."""
    turn.actor.must(May.ANNOUNCE)
    one = await mishaps.find(turn.db, turn.actor, press.occurrence_id, turn.now)
    if one is None:
        return await _settled(turn)
    (line,) = lines(turn, [one])
    count = await mishaps.would_reach(turn.db, turn.actor, one)
    said = render(turn.language, "trouble_ask", line=line, count=count)
    label = turn.t("📤 Send it now") if line.state == "missed" else turn.t("🔁 Send again")
    yes = [[Button(label, Send(one.id))]] if count else []
    return Reply(said, [*yes, [Button(turn.t("◀ Back, send nothing"), Show())]], fresh=True)


async def send(turn: Turn, press: Send) -> Reply:
    """Once: after the first tap nobody is left to send it to. Raises NotAllowed, and Gone as `mishaps.find`."""
    turn.actor.must(May.ANNOUNCE)
    if not await mishaps.send_after_all(turn.db, turn.actor, press.occurrence_id, turn.now):
        return await _settled(turn)
    at = await outbox.goes_out(turn.db, turn.actor, turn.now)
    if at > turn.now:
        wall = to_wall(at, turn.actor.school.zone)
        toast = turn.t("It goes out after the quiet hours, at {time}", time=turn.language.clock(wall))
    else:
        toast = turn.t("It goes out in a moment")
    return _with(await show(turn), toast.unescape())


async def _settled(turn: Turn) -> Reply:
    return _with(await show(turn), turn.t("That is settled already, so I sent nothing").unescape())


def _with(reply: Reply, toast: str) -> Reply:
    return Reply(reply.text, reply.buttons, toast=toast)
