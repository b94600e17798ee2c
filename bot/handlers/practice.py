"""Ukas øving: Monday's message -> øvd | delvis | ikke ennå for each of your groups; and the coverage of the week.

/uke, or the message on Monday -> report -> (change -> report)
                               -> remind_tomorrow       once more, for you alone
the reminder later in the week -> report                to those with a group without an answer
coverage on Friday, or from /uke -> show_coverage       to the PALS team

Each press carries its ISO week, so that an old message still counts for its own. `brief`: the button is under the
short reminder, which then stays short.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.content.labels import ANSWERS
from bot.content.templates import render
from bot.feature import Command, Feature
from bot.handlers.button_rows import back_button, in_rows
from bot.handlers.command_button import RunCommand
from bot.i18n import N_, Language
from bot.press import Press
from bot.services import practice
from bot.services.practice import (
    COVERAGE,
    PROMPT,
    PROMPT_AGAIN,
    REMINDER,
    GroupAnswer,
    PracticeReport,
    ReaderWeek,
    WeekCoverage,
)
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.behaviour import Answer
from pals.roles import May
from pals.weeks import IsoWeek

MANY = 8
SHORT_NAME = 6  # a third of a phone's width holds this and the longest answer


class ShowWeek(Press, tag="ww"):
    week: str
    brief: bool


class ReportPractice(Press, tag="wr"):
    group_id: int
    week: str
    answer: Answer
    brief: bool


class ChangeAnswer(Press, tag="wc"):
    group_id: int
    week: str
    brief: bool


class RemindTomorrow(Press, tag="wt"):
    week: str


class ShowCoverage(Press, tag="wk"):
    week: str


# --- the week on request, and the answers


async def show_this_week(turn: Turn) -> Reply:
    """/uke: this week's practice, or when the next one comes."""
    turn.actor.must(May.REPORT_PRACTICE)
    return await _show(turn, str(IsoWeek.of(turn.today)))


async def show_week(turn: Turn, press: ShowWeek) -> Reply:
    turn.actor.must(May.REPORT_PRACTICE)
    return await _show(turn, press.week, brief=press.brief)


async def report(turn: Turn, press: ReportPractice) -> Reply:
    reported = await practice.report(turn.db, turn.actor, press.group_id, press.week, press.answer, turn.now)
    return replace(await _show(turn, press.week, brief=press.brief), toast=_toast(turn, reported))


async def change(turn: Turn, press: ChangeAnswer) -> Reply:
    """Shows one group's answer buttons again; writes nothing yet."""
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
    shown = await practice.reader_week(turn.db, turn.actor, week, turn.today)
    if shown is not None:
        return _page(turn.language, turn.actor, shown, brief=brief, opened=opened, reminded=reminded)
    following = await practice.next_practice(turn.db, turn.school.id, turn.today)
    if following is None:
        return Reply(turn.t("🎯 There is no practice this week, and the next one is not planned yet."))
    return Reply(
        turn.t("🎯 There is no practice this week. The next one is in week {week}.", week=following.week)
    )


def _toast(turn: Turn, reported: PracticeReport) -> str:
    names = {"group": reported.group, "answer": turn.t(ANSWERS[reported.answer])}
    if reported.before in (None, reported.answer):
        text = turn.t("Saved. {group}: {answer}.", **names)
    elif reported.colleague:
        text = turn.t(
            "A colleague had already answered for {group}. Now your answer counts: {answer}.", **names
        )
    else:
        text = turn.t("Changed. {group}: {answer}.", **names)
    return text.unescape()


# --- messages


async def compose_practice(letter: Letter) -> Reply | None:
    """Monday's message; the same once more, as its reader asked for; or the short reminder.

    None when the week has no practice any more, and for the later two when all of the reader's groups are answered.
    """
    week = await practice.reader_week(letter.db, letter.reader, letter.ref, letter.today)
    if week is None or (week.answered and letter.kind != PROMPT.name):
        return None
    return _page(letter.language, letter.reader, week, brief=letter.kind == REMINDER.name)


# --- how a week reads, and its buttons


def _page(
    language: Language,
    reader: Actor,
    shown: ReaderWeek,
    *,
    brief: bool = False,
    opened: int | None = None,
    reminded: datetime | None = None,
) -> Reply:
    text = render(
        language,
        "reminder" if brief else "prompt",
        week=shown.week.week,
        exercise=shown.exercise,
        groups=shown.groups,
        answers=ANSWERS,
        one_by_one=_one_by_one(shown.groups),
        opened=opened,
        reminded=reminded,
    )
    if shown.groups:
        rows = _answer_buttons(language, str(shown.week), shown.groups, brief=brief, opened=opened)
    else:
        rows = [[Button(language.t("👥 Choose your classes"), RunCommand("klasser"))]]
    if not brief:
        rows += _below(language, reader, shown, reminded=reminded is not None)
    return Reply(text, rows)


def _below(language: Language, reader: Actor, shown: ReaderWeek, *, reminded: bool) -> list[list[Button]]:
    rows = []
    if shown.next_school_day is not None and not shown.answered and not reminded:
        tomorrow = shown.next_school_day == shown.today + timedelta(days=1)
        label = (
            language.t("⏰ Remind me tomorrow")
            if tomorrow
            else language.t("⏰ Remind me on the next school day")
        )
        rows.append([Button(label, RemindTomorrow(str(shown.week)))])
    if reader.may(May.SEE_SCHOOL_NUMBERS):
        rows.append([Button(language.t("📊 How many groups have answered"), ShowCoverage(str(shown.week)))])
    return rows


def _one_by_one(groups: Sequence[GroupAnswer]) -> bool:
    """Whether the groups are too many, or their names too long, for a row of answers each."""
    return len(groups) > MANY or (len(groups) > 1 and any(len(group.name) > SHORT_NAME for group in groups))


def _answer_buttons(
    language: Language, week: str, groups: Sequence[GroupAnswer], *, brief: bool, opened: int | None
) -> list[list[Button]]:
    """One group: its three answers. Several: a row each. Very many: their names, and the one that was `opened`."""

    def answers(group: GroupAnswer, form: str) -> list[Button]:
        return [
            Button(
                form.format(group=group.name, answer=language.t(ANSWERS[a])),
                ReportPractice(group.id, week, a, brief),
            )
            for a in Answer
        ]

    def change(group: GroupAnswer, label: str) -> Button:
        return Button(label, ChangeAnswer(group.id, week, brief))

    def asked(group: GroupAnswer) -> bool:
        return group.answer is None or group.id == opened

    if len(groups) == 1:
        (group,) = groups
        return [answers(group, "{answer}") if asked(group) else [change(group, language.t("✏️ Change"))]]
    if _one_by_one(groups):
        chosen = [answers(group, "{answer}") for group in groups if group.id == opened]
        names = [change(g, g.name if g.answer is None else f"✓ {g.name}") for g in groups if g.id != opened]
        return [*chosen, *in_rows(names, 2)]
    return [
        answers(group, "{group}: {answer}")
        if asked(group)
        else [change(group, language.t("✏️ Change {group}", group=group.name).unescape())]
        for group in groups
    ]


# --- coverage: by the groups' own report, never about adults


async def show_coverage(turn: Turn, press: ShowCoverage) -> Reply:
    turn.actor.must(May.SEE_COVERAGE)
    shown = await practice.week_coverage(turn.db, turn.actor, press.week, turn.today)
    if shown is None:
        return Reply(turn.t("📊 There was no practice in that week."))
    reply = _coverage(turn, shown)
    if turn.actor.may(May.REPORT_PRACTICE):
        back = [back_button(turn, ShowWeek(press.week, brief=False))]
        return replace(reply, buttons=[*reply.buttons, back])
    return reply


async def compose_coverage(letter: Letter) -> Reply | None:
    """Friday's message to the PALS team; None when the week has no practice any more."""
    shown = await practice.week_coverage(letter.db, letter.reader, letter.ref, letter.today)
    return _coverage(letter, shown) if shown is not None else None


def _coverage(to: Turn | Letter, shown: WeekCoverage) -> Reply:
    text = render(
        to.language,
        "coverage",
        week=shown.week.week,
        exercise=shown.exercise,
        coverage=shown.coverage,
        unanswered=to.language.listed(list(shown.unanswered)),
    )
    return Reply(text, [[Button(to.t("🔄 Count again"), ShowCoverage(str(shown.week)))]])


FEATURE = Feature(
    commands=[
        Command(
            "uke",
            show_this_week,
            does=N_("This week's practice"),
            button=N_("🎯 This week"),
            key=True,
            home=30,
            may=May.REPORT_PRACTICE,
            reads=True,
        )
    ],
    presses={ReportPractice: report, RemindTomorrow: remind_tomorrow},
    reads={ShowWeek: show_week, ChangeAnswer: change, ShowCoverage: show_coverage},
    messages={
        PROMPT: compose_practice,
        PROMPT_AGAIN: compose_practice,
        REMINDER: compose_practice,
        COVERAGE: compose_coverage,
    },
)
