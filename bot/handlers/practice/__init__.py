"""Ukas øving: Monday's letter -> øvd | delvis | ikke ennå for each of your groups; and how many groups have answered.

/uke, or the letter on Monday -> report -> (change -> report)
                              -> remind_tomorrow        once more, for you alone
the reminder later in the week -> report                to those with a group without an answer
coverage on Friday, or from /uke -> show_coverage       to the PALS team
"""

from bot.feature import Command, Feature
from bot.handlers.practice import coverage, letters, week
from bot.handlers.practice.presses import (
    ChangeAnswer,
    RemindTomorrow,
    ReportPractice,
    ShowCoverage,
    ShowWeek,
)
from bot.i18n import N_
from bot.services.practice import COVERAGE, PROMPT, PROMPT_AGAIN, REMINDER
from pals.roles import May

FEATURE = Feature(
    commands=[
        Command(
            "uke",
            week.show_this_week,
            does=N_("This week's practice"),
            button=N_("🎯 This week"),
            key=True,
            home=30,
            may=May.REPORT_PRACTICE,
            reads=True,
        )
    ],
    presses={ReportPractice: week.report, RemindTomorrow: week.remind_tomorrow},
    reads={
        ShowWeek: week.show_week,
        ChangeAnswer: week.change,
        ShowCoverage: coverage.show_coverage,
    },
    messages={
        PROMPT: letters.compose_prompt,
        PROMPT_AGAIN: letters.compose_prompt_again,
        REMINDER: letters.compose_reminder,
        COVERAGE: coverage.compose_coverage,
    },
)
