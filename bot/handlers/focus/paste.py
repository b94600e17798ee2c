"""The families' text to paste into a week plan or Vigilo, in any language of the school."""

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from bot.content.direction import aligned
from bot.content.templates import render
from bot.errors import Gone
from bot.handlers.focus.presses import AskLanguage, Paste, ShowMonth
from bot.handlers.focus.show import chosen
from bot.handlers.layout import in_rows
from bot.language import in_language, known, language
from bot.turn import Button, Paper, Reply, Turn
from pals.roles import May
from storage import matrix

LONG = 1000  # characters; from here on copying out of a chat is a nuisance, and a file comes along


async def ask_language(turn: Turn, press: AskLanguage) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    focus = await chosen(turn, press.key)
    buttons = [Button(language_name(code), Paste(focus.key, code)) for code in turn.actor.school.languages]
    return Reply(
        turn.t("The families' text for {month}: in which language?", month=turn.language.month(focus.month)),
        [*in_rows(buttons, 2), [Button(turn.t("◀ Back"), ShowMonth(focus.key, family=False))]],
    )


async def paste(turn: Turn, press: Paste) -> Reply:
    """The text in a block that is copied with a tap; a long one as a file as well."""
    turn.actor.must(May.COPY_FAMILY_TEXT)
    school = turn.actor.school
    if press.language not in school.languages:
        raise Gone
    focus = await chosen(turn, press.key)
    expectations = await matrix.of_focus(turn.db, school.id, focus.id)
    frame = language(known(press.language))
    text = aligned(
        frame,
        render(
            frame,
            "focus_paste",
            school=school.name,
            month=focus.month,
            title=in_language(focus.title, press.language),
            expectations=[in_language(each.short, press.language) for each in expectations],
            family=in_language(focus.family, press.language),
            question=in_language(focus.question, press.language),
        ),
    )
    said = turn.t("Tap the text to copy it, and paste it into the week plan or Vigilo.")
    if press.language not in focus.family:
        missing = turn.t(
            "There is no text in {language} yet, so this is the nearest one.",
            language=language_name(press.language),
        )
        said += Markup("\n") + missing
    back = [
        [Button(turn.t("Another language"), AskLanguage(focus.key))],
        [Button(turn.t("◀ Back"), ShowMonth(focus.key, family=False))],
    ]
    plain = text.unescape()
    file = Paper(f"pals-{focus.key}-{press.language}.txt", plain.encode("utf-8-sig"))
    also = (Reply(turn.t("The same text as a file."), paper=file),) if len(plain) > LONG else ()
    return Reply(Markup("{}\n\n<pre>{}</pre>").format(said, text), back, then=also)


def language_name(code: str) -> str:
    """A language's own name: `norsk bokmål`, `العربية`; the code where nobody knows the name."""
    try:
        return (Locale.parse(code).get_display_name(code) or code).capitalize()
    except (UnknownLocaleError, ValueError):
        return code
