"""The week's practice as its reader meets it: the expectation, two minutes of script, and a row for each group."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.content.direction import aligned
from bot.content.labels import ANSWERS
from bot.content.templates import render
from bot.handlers.practice.answers import Shown, buttons, one_by_one
from bot.handlers.practice.exercise import Exercise, of_week
from bot.handlers.practice.presses import Change, RemindTomorrow, Report, ShowCoverage, ShowWeek
from bot.language import Language
from bot.services import practice
from bot.services.practice import Reported
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.roles import May
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel, practice_index
from storage import groups, practices, wheels

LOOK_AHEAD = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Week:
    """A week's practice and how far one reader's groups have come with it."""

    week: str
    exercise: Exercise
    groups: tuple[Shown, ...]
    today: date
    next_day: date | None

    @property
    def answered(self) -> bool:
        return all(group.answer is not None for group in self.groups)


# --- on request


async def show_this_week(turn: Turn) -> Reply:
    """/uke: this week's practice, or when the next one comes."""
    turn.actor.must(May.REPORT_PRACTICE)
    return await _show(turn, str(IsoWeek.of(turn.today)))


async def show_week(turn: Turn, press: ShowWeek) -> Reply:
    turn.actor.must(May.REPORT_PRACTICE)
    return await _show(turn, press.week, brief=press.brief)


async def report(turn: Turn, press: Report) -> Reply:
    reported = await practice.report(turn.db, turn.actor, press.group_id, press.week, press.answer, turn.now)
    return replace(await _show(turn, press.week, brief=press.brief), toast=_toast(turn, reported))


async def change(turn: Turn, press: Change) -> Reply:
    """Opens one group's answers again; nothing is changed yet."""
    turn.actor.must(May.REPORT_PRACTICE)
    return await _show(turn, press.week, brief=press.brief, opened=press.group_id)


async def remind_tomorrow(turn: Turn, press: RemindTomorrow) -> Reply:
    at = await practice.remind_again(turn.db, turn.actor, press.week, turn.now)
    if at is None:
        none_left = turn.t(
            "No school day is left that week, so I cannot remind you. You can still answer here."
        )
        return Reply(toast=none_left, alert=True)
    return replace(await _show(turn, press.week, reminded=at), toast=turn.t("I will remind you."))


async def _show(
    turn: Turn, week: str, *, brief: bool = False, opened: int | None = None, reminded: datetime | None = None
) -> Reply:
    wheel = await wheels.of(turn.db, turn.actor.school.id)
    found = await _week(turn, turn.actor, wheel, week)
    if found is None:
        return _nothing(turn, wheel)
    return _said(turn.language, turn.actor, found, brief=brief, opened=opened, reminded=reminded)


def _nothing(turn: Turn, wheel: YearWheel) -> Reply:
    """A week of holidays, or of a month without a focus."""
    week = IsoWeek.of(turn.today).next()
    while week.monday <= turn.today + LOOK_AHEAD:
        if practice_index(wheel, week) is not None:
            return Reply(
                turn.t("🎯 There is no practice this week. The next one is in week {week}.", week=week.week)
            )
        week = week.next()
    return Reply(turn.t("🎯 There is no practice this week, and the next one is not planned yet."))


def _toast(turn: Turn, reported: Reported) -> str:
    names = {"group": reported.group, "answer": turn.t(ANSWERS[reported.answer])}
    if reported.before in (None, reported.answer):
        said = turn.t("Saved. {group}: {answer}.", **names)
    elif reported.colleague:
        said = turn.t(
            "A colleague had already answered for {group}. Now your answer counts: {answer}.", **names
        )
    else:
        said = turn.t("Changed. {group}: {answer}.", **names)
    return said.unescape()


# --- sent


async def compose_prompt(letter: Letter) -> Reply | None:
    """Monday's letter; None when the school's plan has no practice in that week any more."""
    found = await _of_letter(letter)
    return _said(letter.language, letter.reader, found) if found is not None else None


async def compose_prompt_again(letter: Letter) -> Reply | None:
    """The same letter once more, as it was asked for; None when all has been answered meanwhile."""
    found = await _of_letter(letter)
    return None if found is None or found.answered else _said(letter.language, letter.reader, found)


async def compose_reminder(letter: Letter) -> Reply | None:
    """A short reminder; None when all of the reader's groups have been answered meanwhile."""
    found = await _of_letter(letter)
    if found is None or found.answered:
        return None
    return _said(letter.language, letter.reader, found, brief=True)


async def _of_letter(letter: Letter) -> Week | None:
    return await _week(letter, letter.reader, await wheels.of(letter.db, letter.reader.school.id), letter.ref)


# --- what is found, and how it is said


async def _week(asked: Turn | Letter, reader: Actor, wheel: YearWheel, week: str) -> Week | None:
    school = reader.school.id
    exercise = await of_week(asked, school, wheel, week)
    if exercise is None:
        return None
    answers = {row.group_id: row.answer for row in await practices.of_week(asked.db, school, week)}
    mine = await groups.mine(asked.db, school, reader.membership_id)
    return Week(
        week,
        exercise,
        tuple(Shown(g.id, g.name, answers.get(g.id)) for g in mine),
        asked.today,
        practice.next_day(wheel, week, asked.today),
    )


def _said(
    language: Language,
    reader: Actor,
    found: Week,
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
    rows = buttons(language, found.week, found.groups, brief=brief, opened=opened) if found.groups else []
    if not brief:
        rows += _below(language, reader, found, asked=reminded is not None)
    return Reply(aligned(language, said), rows)


def _below(language: Language, reader: Actor, found: Week, *, asked: bool) -> list[list[Button]]:
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
