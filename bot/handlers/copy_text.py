"""The families' text as a copy to paste into a week plan or Vigilo, in any language of the school."""

from collections.abc import Callable

from markupsafe import Markup

from bot.errors import Gone
from bot.handlers.button_rows import back_button, in_rows
from bot.i18n import language_name
from bot.press import Press
from bot.turn import Button, Paper, Reply, Turn
from storage.tables import Texts

LONG = 1000  # characters; a longer text is attached as a file too, because copying it from a chat is awkward


def ask_language_reply(turn: Turn, question: Markup, chosen: Callable[[str], Press], back: Press) -> Reply:
    """The question, and a button for each language of the school, labelled with its own name."""
    buttons = [Button(language_name(code), chosen(code)) for code in turn.school.languages]
    return Reply(question, [*in_rows(buttons, 2), [back_button(turn, back)]])


def require_language(turn: Turn, code: str) -> None:
    """Raises Gone for a language that is not one of the school's."""
    if code not in turn.school.languages:
        raise Gone


def copyable_reply(
    turn: Turn, text: Markup, code: str, written: Texts, name: str, ask: Press, back: Press
) -> Reply:
    """The text as a `<pre>` block, which a tap copies; a long one also as a file called `name`.

    `written` is the school's text by language: without `code` in it the reply says that it is a fallback. `ask` asks
    for another language.
    """
    buttons = [[Button(turn.t("Another language"), ask)], [back_button(turn, back)]]
    intro = turn.t("Tap the text to copy it, and paste it into the week plan or Vigilo.")
    if code not in written:
        missing = turn.t(
            "There is no text in {language} yet, so this is the nearest one.", language=language_name(code)
        )
        intro += Markup("\n") + missing
    plain = text.unescape()
    file = Paper(f"{name}-{code}.txt", plain.encode("utf-8-sig"))  # a byte order mark, for Windows
    attached = (Reply(turn.t("The same text as a file."), paper=file),) if len(plain) > LONG else ()
    return Reply(Markup("{}\n\n<pre>{}</pre>").format(intro, text), buttons, then=attached)
