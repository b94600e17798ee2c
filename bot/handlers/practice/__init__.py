"""Ukas øving: Monday's letter -> øvd | delvis | ikke ennå for each of your groups; and how many groups have answered.

/uke, or the letter on Monday -> report -> (change -> report)
                              -> remind_tomorrow        once more, for you alone
the reminder later in the week -> report                to those with a group without an answer
coverage on Friday, or from /uke -> show_coverage       to the PALS team
"""

from bot.handlers.practice import coverage, letters, week
from bot.handlers.practice.presses import (
    ChangeAnswer,
    RemindTomorrow,
    ReportPractice,
    ShowCoverage,
    ShowWeek,
)
from bot.services.outbox import Errand
from pals.yearwheel import Kind

COMMANDS = {"uke": week.show_this_week}
PRESSES = {
    ShowWeek: week.show_week,
    ReportPractice: week.report,
    ChangeAnswer: week.change,
    RemindTomorrow: week.remind_tomorrow,
    ShowCoverage: coverage.show_coverage,
}
LETTERS = {
    Kind.PROMPT: letters.compose_prompt,
    Errand.PROMPT_AGAIN: letters.compose_prompt_again,
    Kind.REMINDER: letters.compose_reminder,
    Kind.COVERAGE: coverage.compose_coverage,
}
