"""Invitations: whom? -> the link, to copy, to scan and to print. And who has joined.

    /inviter -> ask_whom -> one person: role -> group -> link
                  |-> all staff -> link -> print | renew (asked first)
                  |-> families: group -> link -> print | renew (asked first)
                  |-> who has joined -> the adults -> remove one (asked first)

`links` makes them, `joined` shows who used them.
"""

from bot.feature import Command, Feature
from bot.handlers.invitations import joined, links
from bot.i18n import N_
from pals.roles import May

FEATURE = Feature(
    commands=[
        Command(
            "inviter",
            links.ask_whom,
            does=N_("Links and QR codes to join"),
            button=N_("🔗 Invite"),
            home=60,
            may=May.INVITE,
            reads=True,
        )
    ],
    presses={
        links.ForOne: links.for_one,
        links.ForStaff: links.for_staff,
        links.ForFamilies: links.for_families,
        links.Renew: links.renew,
        links.Print: links.print_out,
        joined.Remove: joined.remove,
    },
    reads={
        links.AskWhom: links.ask_whom,
        links.AskRole: links.ask_role,
        links.AskInvitationGroup: links.ask_group,
        links.AskFamilies: links.ask_families,
        links.AskRenew: links.ask_renew,
        joined.ShowJoined: joined.show_joined,
        joined.ShowAdults: joined.show_adults,
        joined.AskRemove: joined.ask_remove,
    },
)
