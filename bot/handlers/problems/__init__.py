"""Stopped: what did not arrive as it should, told to the leaders, who may have it sent after all.

    Telegram refuses a text    -> letter_of_refused: which, and what Telegram said
    a backup was put in place  -> letter_of_restored: what may have gone out, and since when -> ask -> send
    something was too late     -> letter_of_missed: what, once a day                         -> ask -> send
    home -> show: all of the last two weeks                                                  -> ask -> send

An announcement leads to its own card, which asks and sends by itself.
"""

from bot.feature import Feature
from bot.handlers.problems import letters, listed
from bot.handlers.problems.presses import AskSendLate, SendLate
from bot.handlers.shared_presses import ShowProblems
from bot.services.problems import MISSED, REFUSED, RESTORED

FEATURE = Feature(
    presses={SendLate: listed.send_late},
    reads={ShowProblems: listed.show_problems, AskSendLate: listed.ask_send_late},
    messages={
        REFUSED: letters.compose_refused,
        RESTORED: letters.compose_restored,
        MISSED: letters.compose_missed,
    },
)
