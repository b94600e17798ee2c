"""A group's answer to the week's practice, and the wish to be reminded of it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone
from bot.i18n import N_
from bot.services import outbox
from bot.turn import Actor
from pals.behaviour import Answer
from pals.roles import STAFF_ROLES, May
from pals.weeks import IsoWeek
from pals.yearwheel import Moment, Weekly, WeeklyReminder, WeeklySummary, WeekTime, YearWheel, practice_index
from pals.zone import to_utc, to_wall
from scheduler.message_kind import CatchUp, MessageKind
from storage import audits, groups, practices, year_wheels
from storage.delivery.audiences import STAFF, TEAM, Audience

END_OF_WORK = time(16)
PROMPT_TIME = Weekly("prompt", WeekTime(0, time(7, 30)), until=END_OF_WORK)


def _unanswered(moment: Moment, _wheel: YearWheel) -> Audience:
    return Audience(STAFF_ROLES, unanswered=moment.ref)


PROMPT = MessageKind(
    "prompt",
    called=N_("this week's practice"),
    audience=STAFF,
    at=PROMPT_TIME,
    catch_up=CatchUp(
        after=timedelta(seconds=20)
    ),  # a newcomer has chosen their classes before it speaks of them
)
PROMPT_AGAIN = MessageKind("prompt_again", called=N_("this week's practice"))
REMINDER = MessageKind(
    "reminder",
    called=N_("the reminder of the practice"),
    audience=_unanswered,
    at=WeeklyReminder("reminder", WeekTime(3, time(13)), PROMPT_TIME),
    worth_sending_late=False,
)
COVERAGE = MessageKind(
    "coverage",
    called=N_("how many groups have practised"),
    audience=TEAM,
    at=WeeklySummary("coverage", WeekTime(4, time(12)), PROMPT_TIME),
    worth_sending_late=False,
)
AT_LEAST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class PracticeReport:
    """What a group's answer is now, and what it was. `colleague` tells whether it had been somebody else's."""

    group: str
    answer: Answer
    before: Answer | None
    colleague: bool


async def report_practice(
    db: AsyncSession, actor: Actor, group_id: int, week: str, answer: Answer, now: datetime
) -> PracticeReport:
    """Writes down what a group did with a week's practice. A group has one answer a week, the latest.

    Last week's practice may still be answered. Raises NotAllowed, and Gone for a group that is not one of the
    actor's own, and for a week that had no practice or has not begun.
    """
    actor.must(May.REPORT_PRACTICE)
    school = actor.school
    wheel = await year_wheels.of_school(db, school.id)
    _must_have_begun(wheel, week, to_wall(now, school.zone).date())
    mine = await groups.of_membership(db, school.id, actor.membership_id)
    group = next((g for g in mine if g.id == group_id), None)
    if group is None:
        raise Gone
    before = await practices.of_group(db, school.id, group_id, week)
    if before is None or before.answer != answer:
        await practices.report(db, school.id, group_id, week, answer, person_id=actor.person_id, now=now)
        await audits.record(
            db, school.id, actor.person_id, now, "practice", ref=f"{group_id} {week} {answer}"
        )
    return PracticeReport(
        group.name,
        answer,
        before.answer if before is not None else None,
        before is not None and before.person_id != actor.person_id,
    )


async def remind_again(db: AsyncSession, actor: Actor, week: str, now: datetime) -> datetime | None:
    """Queues the week's practice once more, for this person alone, on the next school day of that week.

    Returns when, on the school's wall, or None when no school day is left in that week. Asking twice reminds once.
    Raises NotAllowed, and Gone for a week that had no practice or has not begun.
    """
    actor.must(May.REPORT_PRACTICE)
    school = actor.school
    wheel = await year_wheels.of_school(db, school.id)
    today = to_wall(now, school.zone).date()
    _must_have_begun(wheel, week, today)
    day = next_day(wheel, week, today)
    if day is None:
        return None
    wall = datetime.combine(day, PROMPT_TIME.at(wheel).at)
    due = to_utc(wall, school.zone)
    until = max(to_utc(datetime.combine(day, END_OF_WORK), school.zone), due + AT_LEAST)
    await outbox.enqueue(
        db,
        school.id,
        PROMPT_AGAIN,
        week,
        Audience(membership_id=actor.membership_id),
        now=now,
        due=due,
        slot=day.isoformat(),
        keeps=until - due,
    )
    return wall


def next_day(wheel: YearWheel, week: str, today: date) -> date | None:
    """The first school day of that week after today."""
    return next((day for day in wheel.calendar.in_week(IsoWeek.parse(week)) if day > today), None)


def _must_have_begun(wheel: YearWheel, week: str, today: date) -> None:
    try:
        asked = IsoWeek.parse(week)
    except ValueError:
        raise Gone from None
    if asked > IsoWeek.of(today) or practice_index(wheel, asked) is None:
        raise Gone
