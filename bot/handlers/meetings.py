"""Team meetings: a reminder the day before and one shortly before; the next dates on request.

    /moter, or the button under a reminder -> show_meetings

The team sees every meeting; advisors those that are municipal. A meeting is named by its series and its start on the
school's wall.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.content.templates import render
from bot.feature import Command, Feature
from bot.i18n import N_
from bot.press import Press
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.roles import May, Role
from pals.yearwheel import MeetingDayBefore, MeetingSoon, MeetingTime, Moment, YearWheel, meetings
from scheduler.message_kind import MessageKind
from storage import meeting_series, year_wheels
from storage.delivery.audiences import TEAM, Audience

NEXT = 5
AHEAD = timedelta(days=366)
MUNICIPAL = "municipal"


@dataclass(frozen=True)
class ShowMeetings(Press, tag="mn"):
    pass


async def show_meetings(turn: Turn, _press: ShowMeetings | None = None) -> Reply:
    """The next five meetings; one that is going on is still among them."""
    turn.actor.must(May.SEE_MEETINGS)
    school = turn.actor.school.id
    every = meetings(await year_wheels.of_school(turn.db, school), turn.today, turn.today + AHEAD)
    coming = [each for each in every if each.starts + each.length > turn.wall and _concerns(turn.actor, each)]
    if not coming:
        return Reply(turn.t("🗓 No meeting is planned for the time to come."))
    names = {series.key: series.name for series in await meeting_series.all_of(turn.db, school)}
    said = render(turn.language, "meetings", meetings=coming[:NEXT], names=names)
    return Reply(said)


async def compose_day_before(letter: Letter) -> Reply | None:
    return await _reminder(letter, soon=False)


async def compose_soon(letter: Letter) -> Reply | None:
    return await _reminder(letter, soon=True)


async def _reminder(letter: Letter, *, soon: bool) -> Reply | None:
    """None when the school has moved the meeting, or taken it away."""
    starts = datetime.fromisoformat(letter.slot)
    school = letter.reader.school.id
    series = await meeting_series.by_key(letter.db, school, letter.ref)
    held = meetings(await year_wheels.of_school(letter.db, school), starts.date(), starts.date())
    meeting = next((each for each in held if (each.key, each.starts) == (letter.ref, starts)), None)
    if series is None or meeting is None or not _concerns(letter.reader, meeting):
        return None
    said = render(letter.language, "meeting", name=series.name, meeting=meeting, soon=soon)
    return Reply(said, [[Button(letter.t("The next meetings"), ShowMeetings())]])


def _concerns(actor: Actor, meeting: MeetingTime) -> bool:
    return actor.role is not Role.ADVISOR or meeting.kind == MUNICIPAL


def _participants(moment: Moment, wheel: YearWheel) -> Audience:
    municipal = any(s.key == moment.ref and s.kind == MUNICIPAL for s in wheel.meeting_series)
    return Audience(TEAM.roles | {Role.ADVISOR}) if municipal else TEAM


SOON = MeetingSoon("meeting_minutes_before", timedelta(hours=1))
MEETING_DAY_BEFORE = MessageKind(
    "meeting_day_before",
    called=N_("the reminder the day before a meeting"),
    audience=_participants,
    at=MeetingDayBefore("meeting_day_before", time(13, 30), SOON),
    worth_sending_late=False,
)
MEETING_SOON = MessageKind(
    "meeting_soon",
    called=N_("the reminder just before a meeting"),
    audience=_participants,
    at=SOON,
    worth_sending_late=False,
)
FEATURE = Feature(
    commands=[
        Command(
            "moter",
            show_meetings,
            does=N_("The next meetings"),
            button=N_("🗓 Meetings"),
            home=50,
            may=May.SEE_MEETINGS,
            reads=True,
        )
    ],
    reads={ShowMeetings: show_meetings},
    messages={MEETING_DAY_BEFORE: compose_day_before, MEETING_SOON: compose_soon},
)
