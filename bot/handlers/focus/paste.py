"""The families' text to paste into a week plan or Vigilo, in any language of the school."""

from bot.content.templates import render
from bot.handlers import copy_text
from bot.handlers.focus.presses import AskFocusLanguage, CopyFocusText, ShowMonth
from bot.handlers.focus.show import chosen
from bot.i18n import language, negotiate, pick_text
from bot.turn import Button, Reply, Turn
from pals.roles import May
from storage import matrix


async def ask_language(turn: Turn, press: AskFocusLanguage) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    focus = await chosen(turn, press.key)
    return Reply(
        turn.t("The families' text for {month}: in which language?", month=turn.language.month(focus.month)),
        [
            *copy_text.languages(turn, lambda code: CopyFocusText(focus.key, code)),
            [Button(turn.t("◀ Back"), ShowMonth(focus.key, family=False))],
        ],
    )


async def copy_focus(turn: Turn, press: CopyFocusText) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    copy_text.require_language(turn, press.language)
    school = turn.actor.school
    focus = await chosen(turn, press.key)
    expectations = await matrix.of_focus(turn.db, school.id, focus.id)
    frame = language(negotiate(press.language))
    text = render(
        frame,
        "focus_paste",
        school=school.name,
        month=focus.month,
        title=pick_text(focus.title, press.language),
        expectations=[pick_text(each.short, press.language) for each in expectations],
        family=pick_text(focus.family, press.language),
        question=pick_text(focus.question, press.language),
    )
    back = [
        [Button(turn.t("Another language"), AskFocusLanguage(focus.key))],
        [Button(turn.t("◀ Back"), ShowMonth(focus.key, family=False))],
    ]
    return copy_text.copyable_reply(turn, text, press.language, focus.family, f"pals-{focus.key}", back)
