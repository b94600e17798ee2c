"""The families' text to paste into a week plan or Vigilo, in any language of the school."""

from bot.content.templates import render
from bot.handlers import pasting
from bot.handlers.focus.presses import AskLanguage, Paste, ShowMonth
from bot.handlers.focus.show import chosen
from bot.language import in_language, known, language
from bot.turn import Button, Reply, Turn
from pals.roles import May
from storage import matrix


async def ask_language(turn: Turn, press: AskLanguage) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    focus = await chosen(turn, press.key)
    return Reply(
        turn.t("The families' text for {month}: in which language?", month=turn.language.month(focus.month)),
        [
            *pasting.languages(turn, lambda code: Paste(focus.key, code)),
            [Button(turn.t("◀ Back"), ShowMonth(focus.key, family=False))],
        ],
    )


async def paste(turn: Turn, press: Paste) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    pasting.must_be_spoken(turn, press.language)
    school = turn.actor.school
    focus = await chosen(turn, press.key)
    expectations = await matrix.of_focus(turn.db, school.id, focus.id)
    frame = language(known(press.language))
    text = render(
        frame,
        "focus_paste",
        school=school.name,
        month=focus.month,
        title=in_language(focus.title, press.language),
        expectations=[in_language(each.short, press.language) for each in expectations],
        family=in_language(focus.family, press.language),
        question=in_language(focus.question, press.language),
    )
    back = [
        [Button(turn.t("Another language"), AskLanguage(focus.key))],
        [Button(turn.t("◀ Back"), ShowMonth(focus.key, family=False))],
    ]
    return pasting.pasted(turn, text, press.language, focus.family, f"pals-{focus.key}", back)
