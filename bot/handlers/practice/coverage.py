"""Coverage: how many groups have practised this week, to the PALS team on Friday and whenever it asks.

It is about groups, by their own report, and never about adults: who answered is neither shown nor counted.
"""

from markupsafe import Markup

from bot.content.templates import render
from bot.handlers.practice.exercise import exercise_of
from bot.handlers.practice.presses import ShowCoverage, ShowWeek
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.roles import May
from pals.weeks import IsoWeek
from storage import practices, year_wheels


async def show_coverage(turn: Turn, press: ShowCoverage) -> Reply:
    turn.actor.must(May.SEE_COVERAGE)
    said = await _said(turn, turn.actor, press.week)
    if said is None:
        return Reply(turn.t("📊 There was no practice in that week."))
    rows = [_again(turn, press.week)]
    if turn.actor.may(May.REPORT_PRACTICE):
        rows.append([Button(turn.t("◀ Back"), ShowWeek(press.week, brief=False))])
    return Reply(said, rows)


async def compose_coverage(letter: Letter) -> Reply | None:
    """Friday's letter; None when the school's plan has no practice in that week any more."""
    said = await _said(letter, letter.reader, letter.ref)
    return Reply(said, [_again(letter, letter.ref)]) if said is not None else None


async def _said(asked: Turn | Letter, reader: Actor, week: str) -> Markup | None:
    """Totals for all who may see them; which groups have not answered only for those who see the school's numbers."""
    school = reader.school.id
    exercise = await exercise_of(asked, school, await year_wheels.of_school(asked.db, school), week)
    if exercise is None:
        return None
    silent = await practices.silent(asked.db, school, week) if reader.may(May.SEE_SCHOOL_NUMBERS) else []
    return render(
        asked.language,
        "coverage",
        week=IsoWeek.parse(week).week,
        exercise=exercise,
        coverage=await practices.coverage(asked.db, school, week),
        silent=asked.language.listed(silent),
    )


def _again(asked: Turn | Letter, week: str) -> list[Button]:
    return [Button(asked.t("🔄 Count again"), ShowCoverage(week))]
