"""The week's practice: a reader's week, report a group's answer, remind again on the next school day, coverage."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.errors import Gone, existing
from bot.i18n import N_
from bot.services import outbox
from bot.turn import Actor, Db
from pals.behaviour import Answer
from pals.rates import Coverage
from pals.roles import STAFF_ROLES, May
from pals.weeks import IsoWeek
from pals.yearwheel import Moment, Weekly, WeeklyReminder, WeeklySummary, WeekTime, YearWheel, practice_index
from pals.zone import to_utc, to_wall
from scheduler.message_kind import MessageKind
from storage import audits, focuses, groups, matrix, practices, year_wheels
from storage.delivery.audiences import STAFF, TEAM, Audience
from storage.tables import Texts

END_OF_WORK = time(16)
PROMPT_TIME = Weekly("prompt", WeekTime(0, time(7, 30)), until=END_OF_WORK)


def _unanswered(moment: Moment, _wheel: YearWheel) -> Audience:
    return Audience(STAFF_ROLES, unanswered=moment.ref)


PROMPT = MessageKind(
    "prompt",
    called=N_("this week's practice"),
    audience=STAFF,
    at=PROMPT_TIME,
    catch_up=timedelta(seconds=20),  # by then a newcomer has chosen their classes
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
LOOK_AHEAD = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Exercise:
    """A week's practice: an expectation with its cell of the matrix, and a script of two minutes."""

    short: Texts
    value: Texts
    area: Texts
    script: Texts


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """A group and its answer so far, by whichever of its adults."""

    id: int
    name: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class ReaderWeek:
    """A week's practice, the answers of one reader's groups, and the school day on which they can be reminded."""

    week: IsoWeek
    exercise: Exercise
    groups: tuple[GroupAnswer, ...]
    today: date
    next_school_day: date | None

    @property
    def answered(self) -> bool:
        return all(group.answer is not None for group in self.groups)


@dataclass(frozen=True, slots=True)
class WeekCoverage:
    """Coverage of a week's practice by group, never by adult. `unanswered` is empty for who may see totals only."""

    week: IsoWeek
    exercise: Exercise
    coverage: Coverage
    unanswered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PracticeReport:
    """A group's answer before and after a report. `colleague`: the answer before was another adult's."""

    group: str
    answer: Answer
    before: Answer | None
    colleague: bool


# --- read models


async def reader_week(db: Db, reader: Actor, week: str, today: date) -> ReaderWeek | None:
    """None for a week without practice. Raises Gone for a malformed ISO week and for one that has not begun."""
    school_id = reader.school.id
    wheel = await year_wheels.of_school(db, school_id)
    parsed = _begun(week, today)
    exercise = await _exercise(db, school_id, wheel, parsed)
    if exercise is None:
        return None
    answers = {row.group_id: row.answer for row in await practices.of_week(db, school_id, week)}
    own = await groups.of_membership(db, school_id, reader.membership_id)
    return ReaderWeek(
        parsed,
        exercise,
        tuple(GroupAnswer(group.id, group.name, answers.get(group.id)) for group in own),
        today,
        _next_school_day(wheel, parsed, today),
    )


async def week_coverage(db: Db, reader: Actor, week: str, today: date) -> WeekCoverage | None:
    """None for a week without practice. Raises Gone for a malformed ISO week and for one that has not begun."""
    school_id = reader.school.id
    parsed = _begun(week, today)
    exercise = await _exercise(db, school_id, await year_wheels.of_school(db, school_id), parsed)
    if exercise is None:
        return None
    named = reader.may(May.SEE_SCHOOL_NUMBERS)
    unanswered = await practices.groups_without_answer(db, school_id, week) if named else []
    return WeekCoverage(parsed, exercise, await practices.coverage(db, school_id, week), tuple(unanswered))


async def next_practice(db: Db, school_id: int, today: date) -> IsoWeek | None:
    """The first week with a practice after this one; None when there is none within `LOOK_AHEAD`."""
    wheel = await year_wheels.of_school(db, school_id)
    week = IsoWeek.of(today).next()
    while week.monday <= today + LOOK_AHEAD:
        if practice_index(wheel, week) is not None:
            return week
        week = week.next()
    return None


async def _exercise(db: Db, school_id: int, wheel: YearWheel, week: IsoWeek) -> Exercise | None:
    index = practice_index(wheel, week)
    prompt = await focuses.prompt(db, school_id, *index) if index is not None else None
    cell = await matrix.cell(db, school_id, prompt.expectation_id) if prompt is not None else None
    if prompt is None or cell is None:
        return None
    return Exercise(prompt.short, cell.value, cell.area, prompt.script)


# --- verbs


async def report(
    db: Db, actor: Actor, group_id: int, week: str, answer: Answer, now: datetime
) -> PracticeReport:
    """Upserts a group's answer for a week: a group has one answer, the latest. Idempotent for the same answer.

    An earlier week's practice may still be answered. Raises NotAllowed, and Gone for a group that is not one of the
    actor's own, and for a week without practice or that has not begun.
    """
    actor.must(May.REPORT_PRACTICE)
    school = actor.school
    _with_practice(await year_wheels.of_school(db, school.id), week, to_wall(now, school.zone).date())
    own = await groups.of_membership(db, school.id, actor.membership_id)
    group = existing(next((group for group in own if group.id == group_id), None))
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


async def remind_again(db: Db, actor: Actor, week: str, now: datetime) -> datetime | None:
    """Enqueues the week's practice once more, for the actor alone, on the next school day of that week. Idempotent.

    Returns when, in wall time, or None when no school day is left in that week. Raises NotAllowed, and Gone for a
    week without practice or that has not begun.
    """
    actor.must(May.REPORT_PRACTICE)
    school = actor.school
    wheel = await year_wheels.of_school(db, school.id)
    today = to_wall(now, school.zone).date()
    day = _next_school_day(wheel, _with_practice(wheel, week, today), today)
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
        valid_for=until - due,
    )
    return wall


def _next_school_day(wheel: YearWheel, week: IsoWeek, today: date) -> date | None:
    """The first school day of the week after today."""
    return next((day for day in wheel.calendar.in_week(week) if day > today), None)


def _with_practice(wheel: YearWheel, week: str, today: date) -> IsoWeek:
    parsed = _begun(week, today)
    if practice_index(wheel, parsed) is None:
        raise Gone
    return parsed


def _begun(week: str, today: date) -> IsoWeek:
    try:
        parsed = IsoWeek.parse(week)
    except ValueError:
        raise Gone from None
    if parsed > IsoWeek.of(today):
        raise Gone
    return parsed
