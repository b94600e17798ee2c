"""Home: what matters just now for this role, and what is done most, one tap each.

    /hjem -> show -> any other conversation, by its command (`Go`)
    somebody unknown -> introduce -> the same in another language

`card` draws it for each role, `show` also knows those without one, `instead` answers what was not understood.
"""

from bot.handlers.fallbacks import edited, no_text, not_awaited, old_button, unknown_command
from bot.handlers.home.card import card, keys
from bot.handlers.home.show import Introduce, introduce, introduction, show_home

__all__ = [
    "card",
    "edited",
    "introduction",
    "keys",
    "no_text",
    "not_awaited",
    "old_button",
    "show_home",
    "unknown_command",
]

COMMANDS = {"hjem": show_home}
PRESSES = {Introduce: introduce}
