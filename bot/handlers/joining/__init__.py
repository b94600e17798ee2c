"""Joining: a link -> what it means -> Join -> in, or waiting for a leader's yes.

    /start <token> -> offer -> join -> in: the keys, classes for an adult, home
                        |       |-> waiting -> (a leader: confirm | decline) -> told what they said
                        |-> ask_language -> offer
    /start -> home, or who the bot is

A link opened enrols nobody: the tap on Join does. Whoever is not known yet carries their language in the button.

`link` is what the newcomer meets, `deciding` what the leaders do.
"""

from bot.handlers.joining import deciding, link
from bot.services.outbox import Errand

COMMANDS = {"start": link.start, "venter": deciding.waiting}
PRESSES = {
    link.ShowInvitation: link.show_invitation,
    link.AskInvitationLanguage: link.ask_language,
    link.Join: link.join,
    deciding.Decide: deciding.decide,
}
LETTERS = {Errand.JOIN_ASKED: deciding.compose_request, Errand.JOIN_ANSWERED: deciding.compose_answer}
