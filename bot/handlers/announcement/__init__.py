"""Announcement: a leader writes to many, sees it as they will, sends it, and sees how far it has come.

    /kunngjoring -> begin -> (ask_grade | ask_group) -> address -> text is typed -> preview -> send -> card
                      |-> card of one of the latest       |-> cancel  |-> rewrite | ask_readers | discard
                      |-> show_month                                         card -> stop | refresh

Only a leader comes this far. Nothing leaves before `bot.services.announcements.GRACE` has passed, and the card can
stop it then or at any later time. `readers` holds the audiences, `write` all before it is sent, `letter` what the
readers get, `card` all after, `latest` the lists.
"""

from bot.handlers.announcement import card, latest, letter, presses, readers, write
from bot.services.announcements import DRAFT
from bot.services.outbox import Errand

COMMANDS = {"kunngjoring": write.begin}
PRESSES = {
    presses.Begin: write.begin,
    presses.Month: latest.show_month,
    presses.AskReaders: write.ask_readers,
    presses.AskGrade: readers.ask_grade,
    presses.AskGroup: readers.ask_group,
    presses.Address: write.address,
    presses.Rewrite: write.rewrite,
    presses.Discard: write.discard,
    presses.Send: card.send,
    presses.Stop: card.stop,
    presses.Show: card.show,
}
DRAFTS = {DRAFT: write.take_text}
LETTERS = {Errand.ANNOUNCEMENT: letter.letter}
