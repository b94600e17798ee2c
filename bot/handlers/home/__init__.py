"""Home: what matters at this moment for this role, and what is done most, one tap each.

    /hjem -> show_home -> any other conversation, by its command (`RunCommand`)
    a stranger -> introduce -> the same in another language

`card` draws it for each role, `show` also knows those without one.
"""

from bot.feature import Command, Feature
from bot.handlers.command_button import RunCommand, run_command
from bot.handlers.home.card import card, keys
from bot.handlers.home.show import Introduce, introduce, introduction, show_home
from bot.handlers.show_folded import ShowFolded, show_folded
from bot.i18n import N_

__all__ = ["FEATURE", "card", "introduction", "keys", "show_home"]

FEATURE = Feature(
    commands=[
        Command("hjem", show_home, does=N_("Home"), button=N_("🏠 Home"), key=True, reads=True),
    ],
    presses={RunCommand: run_command},
    reads={Introduce: introduce, ShowFolded: show_folded},
)
