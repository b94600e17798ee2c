"""What was not understood (a picture, an old button, a text nobody asked for) gets a line, and the home card."""

from dataclasses import replace

from markupsafe import Markup

from bot.handlers.home.show import show_home
from bot.turn import Reply, Turn


async def _instead(turn: Turn, line: Markup) -> Reply:
    """One line, and what can be done, as one new message."""
    home = await show_home(turn)
    return replace(home, text=Markup("\n\n").join([line, Markup(home.text)]), fresh=True)  # noqa: S704 - both are ours


async def edited(turn: Turn) -> Reply:
    return await _instead(
        turn, turn.t("✏️ I only read new messages, so your change was not read. Please write it once more.")
    )


async def no_text(turn: Turn) -> Reply:
    return await _instead(
        turn,
        turn.t(
            "I cannot take pictures, voice messages, stickers or files, and kept nothing. Please use the buttons."
        ),
    )


async def old_button(turn: Turn) -> Reply:
    return await _instead(turn, turn.t("That button is from an earlier time. Here is what you can do now."))


async def unknown_command(turn: Turn) -> Reply:
    return await _instead(turn, turn.t("I do not know that command. Here is what you can do."))


async def not_awaited(turn: Turn) -> Reply:
    """A text that nobody asked for is neither stored nor looked at."""
    return await _instead(
        turn, turn.t("I was not waiting for a text, and kept nothing of it. Here is what you can do.")
    )
