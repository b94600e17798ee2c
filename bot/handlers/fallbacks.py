"""Fallbacks: an update that no handler takes (a picture, an old button, a text not awaited) gets a line, and home."""

from dataclasses import replace

from markupsafe import Markup

from bot.feature import CommandHandler
from bot.handlers.home import show_home
from bot.i18n import N_
from bot.turn import Reply, Turn


def _fallback(line: str) -> CommandHandler:
    """Answers with the line and the home card as one new message."""

    async def answer(turn: Turn) -> Reply:
        home = await show_home(turn)
        text = Markup("\n\n").join([turn.t(line), Markup(home.text)])  # noqa: S704 - both are escaped
        return replace(home, text=text, fresh=True)

    return answer


edited = _fallback(N_("✏️ I only read new messages, so your change was not read. Please write it once more."))
no_text = _fallback(
    N_("I cannot take pictures, voice messages, stickers or files, and kept nothing. Please use the buttons.")
)
old_button = _fallback(N_("That button is from an earlier time. Here is what you can do now."))
unknown_command = _fallback(N_("I do not know that command. Here is what you can do."))
not_awaited = _fallback(N_("I was not waiting for a text, and kept nothing of it. Here is what you can do."))
