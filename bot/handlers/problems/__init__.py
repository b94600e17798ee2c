"""Stopped: what did not arrive as it should, told to the leaders, who may have it sent after all.

    Telegram refuses a text    -> letter_of_refused: which, and what Telegram said
    a backup was put in place  -> letter_of_restored: what may have gone out, and since when -> ask -> send
    something was too late     -> letter_of_missed: what, once a day                         -> ask -> send
    home -> show: all of the last two weeks                                                  -> ask -> send

An announcement leads to its own card, which asks and sends by itself.
"""

from bot.handlers.problems import letters, listed
from bot.handlers.problems.presses import AskSendLate, SendLate, ShowProblems
from bot.services.outbox import Errand

PRESSES = {ShowProblems: listed.show_problems, AskSendLate: listed.ask_send_late, SendLate: listed.send_late}
LETTERS = {
    Errand.REFUSED: letters.compose_refused,
    Errand.RESTORED: letters.compose_restored,
    Errand.MISSED: letters.compose_missed,
}
