"""The week's practice on request, the answers to it, and the wish to be reminded."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.content.labels import ANSWERS
from bot.handlers.practice.page import page, week_of
from bot.handlers.practice.presses import ChangeAnswer, RemindTomorrow, ReportPractice, ShowWeek
from bot.services import practice
from bot.services.practice import PracticeReport
from bot.turn import Reply, Turn
from pals.roles import May
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel, practice_index
from storage import year_wheels

LOOK_AHEAD = timedelta(days=120)


async def show_this_week(turn: Turn) -> Reply:
    """/uke: this week's practice, or when the next one comes."""
    turn.actor.must(May.REPORT_PRACTICE)
    return await _show(turn, str(IsoWeek.of(turn.today)))


async def show_week(turn: Turn, press: ShowWeek) -> Reply:
    turn.actor.must(May.REPORT_PRACTICE)
    return await _show(turn, press.week, brief=press.brief)


async def report(turn: Turn, press: ReportPractice) -> Reply:
    reported = await practice.report_practice(
        turn.db, turn.actor, press.group_id, press.week, press.answer, turn.now
    )
    return replace(await _show(turn, press.week, brief=press.brief), toast=_toast(turn, reported))


async def change(turn: Turn, press: ChangeAnswer) -> Reply:
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
    wheel = await year_wheels.of_school(turn.db, turn.actor.school.id)
    found = await week_of(turn, turn.actor, wheel, week)
    if found is None:
        return _nothing(turn, wheel)
    return page(turn.language, turn.actor, found, brief=brief, opened=opened, reminded=reminded)


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


def _toast(turn: Turn, reported: PracticeReport) -> str:
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
