"""How one reader meets a week's practice: what it is, how far their groups have come, and the buttons to answer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.content.labels import ANSWERS
from bot.content.templates import render
from bot.handlers.command_button import RunCommand
from bot.handlers.practice.answers import GroupAnswer, buttons, one_by_one
from bot.handlers.practice.exercise import Exercise, exercise_of
from bot.handlers.practice.presses import RemindTomorrow, ShowCoverage
from bot.i18n import Language
from bot.services import practice
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.roles import May
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel
from storage import groups, practices


@dataclass(frozen=True, slots=True)
class ReaderWeek:
    """A week's practice and how far one reader's groups have come with it."""

    week: str
    exercise: Exercise
    groups: tuple[GroupAnswer, ...]
    today: date
    next_day: date | None

    @property
    def answered(self) -> bool:
        return all(group.answer is not None for group in self.groups)


async def week_of(asked: Turn | Letter, reader: Actor, wheel: YearWheel, week: str) -> ReaderWeek | None:
    school = reader.school.id
    exercise = await exercise_of(asked, school, wheel, week)
    if exercise is None:
        return None
    answers = {row.group_id: row.answer for row in await practices.of_week(asked.db, school, week)}
    mine = await groups.of_membership(asked.db, school, reader.membership_id)
    return ReaderWeek(
        week,
        exercise,
        tuple(GroupAnswer(g.id, g.name, answers.get(g.id)) for g in mine),
        asked.today,
        practice.next_day(wheel, week, asked.today),
    )


def page(
    language: Language,
    reader: Actor,
    found: ReaderWeek,
    *,
    brief: bool = False,
    opened: int | None = None,
    reminded: datetime | None = None,
) -> Reply:
    said = render(
        language,
        "reminder" if brief else "prompt",
        week=IsoWeek.parse(found.week).week,
        exercise=found.exercise,
        groups=found.groups,
        answers=ANSWERS,
        one_by_one=one_by_one(found.groups),
        opened=opened,
        reminded=reminded,
    )
    if found.groups:
        rows = buttons(language, found.week, found.groups, brief=brief, opened=opened)
    else:
        rows = [[Button(language.t("👥 Choose your classes"), RunCommand("klasser"))]]
    if not brief:
        rows += _below(language, reader, found, asked=reminded is not None)
    return Reply(said, rows)


def _below(language: Language, reader: Actor, found: ReaderWeek, *, asked: bool) -> list[list[Button]]:
    rows = []
    if found.next_day is not None and not found.answered and not asked:
        tomorrow = found.next_day == found.today + timedelta(days=1)
        label = (
            language.t("⏰ Remind me tomorrow")
            if tomorrow
            else language.t("⏰ Remind me on the next school day")
        )
        rows.append([Button(label, RemindTomorrow(found.week))])
    if reader.may(May.SEE_SCHOOL_NUMBERS):
        rows.append([Button(language.t("📊 How many groups have answered"), ShowCoverage(found.week))])
    return rows
