"""Announcement: a leader writes to many, sees it as they will, sends it, and sees how far it has come.

    /kunngjoring -> begin -> (ask_grade | ask_group) -> address -> text is typed -> preview -> send -> card
                      |-> card of one of the latest       |-> cancel  |-> rewrite | ask_readers | ask_seen | discard
                      |-> show_month                                         card -> stop | refresh
                                                                              |-> ask_text -> text is typed -> replace
                                                                              |-> ask_withdraw -> withdraw
                                                                              |-> ask_again -> send_again

Only a leader comes this far; a reader meets the letter and its one button, `seen`. Nothing leaves before
`bot.services.announcements.write.GRACE` has passed, and the card can stop it then or at any later time. `readers` holds the
audiences, `write` all before it is sent, `letter` what the readers get, `card` and `numbers` all after, `change` a
leader's second thoughts, `latest` the lists.
"""

from bot.feature import Command, Feature
from bot.handlers.announcement import card, change, latest, letter, presses, readers, write
from bot.handlers.shared_presses import AskSendAgain, BeginAnnouncement, ShowAnnouncement
from bot.i18n import N_
from bot.services.announcements.correct import CORRECTED, WITHDRAWAL
from bot.services.announcements.write import ANNOUNCEMENT, CORRECTION, DRAFT
from pals.roles import May

FEATURE = Feature(
    commands=[
        Command(
            "kunngjoring",
            write.begin,
            does=N_("Write to many"),
            button=N_("📣 Write to many"),
            home=70,
            may=May.ANNOUNCE,
        )
    ],
    presses={
        BeginAnnouncement: write.begin,
        presses.AddressAnnouncement: write.address,
        presses.AskSeen: write.ask_seen,
        presses.RewriteAnnouncement: write.rewrite,
        presses.DiscardAnnouncement: write.discard,
        presses.SendAnnouncement: card.send,
        presses.StopAnnouncement: card.stop,
        ShowAnnouncement: card.show_card,
        presses.CorrectAnnouncement: change.ask_text,
        presses.ReplaceText: change.replace,
        presses.KeepText: change.keep_text,
        presses.WithdrawAnnouncement: change.withdraw,
        presses.SendAgain: change.send_again,
        presses.MarkSeen: letter.seen,
    },
    reads={
        presses.ShowAnnouncementMonth: latest.show_month,
        presses.AskReaders: write.ask_readers,
        presses.AskAnnouncementGrade: readers.ask_grade,
        presses.AskAnnouncementGroup: readers.ask_group,
        presses.AskWithdrawAnnouncement: change.ask_withdraw,
        AskSendAgain: change.ask_again,
    },
    drafts={DRAFT: write.take_text, CORRECTION: change.take_text},
    messages={
        ANNOUNCEMENT: letter.letter,
        CORRECTED: letter.correction,
        WITHDRAWAL: letter.withdrawal,
    },
)
