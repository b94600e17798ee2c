"""Invitations: whom? -> the link, to copy, to scan and to print. And who has joined.

    /inviter -> ask_whom -> one person: role -> group -> link
                  |-> all staff -> link -> print | renew (asked first)
                  |-> families: group -> link -> print | renew (asked first)
                  |-> who has joined -> the adults -> remove one (asked first)

`links` makes them, `joined` shows who used them.
"""

from bot.handlers.invitations import joined, links

COMMANDS = {"inviter": links.ask_whom}
PRESSES = {
    links.AskWhom: links.ask_whom,
    links.AskRole: links.ask_role,
    links.AskInvitationGroup: links.ask_group,
    links.ForOne: links.for_one,
    links.ForStaff: links.for_staff,
    links.AskFamilies: links.ask_families,
    links.ForFamilies: links.for_families,
    links.AskRenew: links.ask_renew,
    links.Renew: links.renew,
    links.Print: links.print_out,
    joined.ShowJoined: joined.show_joined,
    joined.ShowAdults: joined.show_adults,
    joined.AskRemove: joined.ask_remove,
    joined.Remove: joined.remove,
}
