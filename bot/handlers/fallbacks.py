"""Fallbacks: an update that no handler takes (a picture, an old button, a text not awaited) gets a line, and home."""

from dataclasses import replace

from markupsafe import Markup

from bot.handlers.home import show_home
from bot.turn import Reply, Turn


async def _with_home(turn: Turn, line: Markup) -> Reply:
    """The line and the home card as one new message."""
    home = await show_home(turn)
    return replace(home, text=Markup("\n\n").join([line, Markup(home.text)]), fresh=True)  # noqa: S704 - both are escaped


async def edited(turn: Turn) -> Reply:
    return await _with_home(
        turn, turn.t("✏️ I only read new messages, so your change was not read. Please write it once more.")
    )


async def no_text(turn: Turn) -> Reply:
    return await _with_home(
        turn,
        turn.t(
            "I cannot take pictures, voice messages, stickers or files, and kept nothing. Please use the buttons."
        ),
    )


async def old_button(turn: Turn) -> Reply:
    return await _with_home(turn, turn.t("That button is from an earlier time. Here is what you can do now."))


async def unknown_command(turn: Turn) -> Reply:
    return await _with_home(turn, turn.t("I do not know that command. Here is what you can do."))


async def not_awaited(turn: Turn) -> Reply:
    """A text while no draft is open. It is neither stored nor inspected."""
    return await _with_home(
        turn, turn.t("I was not waiting for a text, and kept nothing of it. Here is what you can do.")
    )
