"""Stopped: what did not arrive as it should, told to the leaders, who may have it sent after all.

    Telegram refuses a text    -> letter_of_refused: which, and what Telegram said
    a backup was put in place  -> letter_of_restored: what may have gone out, and since when -> ask -> send
    something was too late     -> letter_of_missed: what, once a day                         -> ask -> send
    home -> show: all of the last two weeks                                                  -> ask -> send

An announcement leads to its own card, which asks and sends by itself.
"""

from bot.handlers.troubles import letters, listed
from bot.handlers.troubles.presses import Ask, Send, Show
from bot.services.outbox import Errand

PRESSES = {Show: listed.show, Ask: listed.ask, Send: listed.send}
LETTERS = {
    Errand.REFUSED: letters.letter_of_refused,
    Errand.RESTORED: letters.letter_of_restored,
    Errand.MISSED: letters.letter_of_missed,
}
