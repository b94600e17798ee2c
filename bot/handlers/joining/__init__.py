"""Joining: a link -> what it means -> Join -> in, or waiting for a leader's yes.

    /start <token> -> offer -> join -> in: the keys, classes for an adult, home
                        |       |-> waiting -> (a leader: confirm | decline) -> told what they said
                        |-> ask_language -> offer
    /start -> home, or who the bot is

A link opened enrols nobody: the tap on Join does. Whoever is not known yet carries their language in the button.

`link` is what the newcomer meets, `deciding` what the leaders do.
"""

from bot.feature import Command, Feature
from bot.handlers.joining import deciding, link
from bot.i18n import N_
from bot.services.joining import JOIN_ANSWERED, JOIN_REQUESTED

FEATURE = Feature(
    commands=[
        Command("start", link.start, reads=True),
        Command("venter", deciding.waiting, button=N_("🙋 Who is waiting"), reads=True),
    ],
    presses={link.Join: link.join, deciding.Decide: deciding.decide},
    reads={
        link.ShowInvitation: link.show_invitation,
        link.AskInvitationLanguage: link.ask_language,
    },
    messages={JOIN_REQUESTED: deciding.compose_request, JOIN_ANSWERED: deciding.compose_answer},
)
