"""Team meetings: a reminder the day before and one shortly before; the next dates on request.

    /moter, or the button under a reminder -> show_meetings

The team sees every meeting; advisors those that are municipal. A reminder's `ref` is the meeting's series, its `slot`
the start in the school's wall time.
"""

from datetime import datetime, time, timedelta

from bot.content.templates import render
from bot.feature import Command, Feature
from bot.i18n import N_
from bot.press import Press
from bot.services import year
from bot.services.year import MUNICIPAL
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May, Role
from pals.yearwheel import MeetingDayBefore, MeetingSoon, Moment, YearWheel
from scheduler.message_kind import MessageKind
from storage.delivery.audiences import TEAM, Audience

MOST = 5  # meetings in one list


class ShowMeetings(Press, tag="mn"):
    pass


async def show_meetings(turn: Turn, _press: ShowMeetings | None = None) -> Reply:
    """The next five meetings, including one that is in progress."""
    turn.actor.must(May.SEE_MEETINGS)
    meetings = await year.upcoming_meetings(turn.db, turn.school.id, turn.actor.role, turn.wall)
    if not meetings:
        return Reply(turn.t("🗓 No meeting is planned for the time to come."))
    return Reply(render(turn.language, "meetings", meetings=meetings[:MOST]))


async def compose_reminder(letter: Letter) -> Reply | None:
    """None when the school has moved or cancelled the meeting."""
    starts = datetime.fromisoformat(letter.slot)
    meeting = await year.meeting_at(letter.db, letter.school.id, letter.reader.role, letter.ref, starts)
    if meeting is None:
        return None
    text = render(letter.language, "meeting", meeting=meeting, soon=letter.kind == MEETING_SOON.name)
    return Reply(text, [[Button(letter.t("The next meetings"), ShowMeetings())]])


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
    messages={MEETING_DAY_BEFORE: compose_reminder, MEETING_SOON: compose_reminder},
)
