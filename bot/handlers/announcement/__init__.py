"""Announcement: a leader writes to many, previews it, sends it, and follows its delivery.

    /kunngjoring -> begin -> (ask_grade | ask_group) -> address -> text is typed -> preview -> send -> card
                      |-> card of one of the latest       |-> cancel  |-> rewrite | ask_readers | receipts | discard
                      |-> show_month                                         card -> stop | refresh
                                                                              |-> ask_correction -> replace_text
                                                                              |-> ask_withdraw -> withdraw
                                                                              |-> ask_resend -> resend

Only leaders get this far; a reader gets the `letter`, with a button for a read receipt. `write` has all before it is
sent, `card` all after. It can be stopped for all readers in the grace period (`GRACE`), and for the rest later.
"""

from bot.feature import Command, Feature
from bot.handlers.announcement import card, letter, write
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
        write.AddressAnnouncement: write.address,
        write.RewriteAnnouncement: write.rewrite,
        write.AskSeen: write.request_receipts,
        write.DiscardAnnouncement: write.discard,
        write.SendAnnouncement: card.send,
        ShowAnnouncement: card.show_announcement,
        card.StopAnnouncement: card.stop,
        card.CorrectAnnouncement: card.ask_correction,
        card.ReplaceText: card.replace_text,
        card.KeepText: card.keep_text,
        card.WithdrawAnnouncement: card.withdraw,
        card.SendAgain: card.resend,
        letter.MarkSeen: letter.mark_seen,
    },
    reads={
        write.ShowAnnouncementMonth: write.show_month,
        write.AskReaders: write.ask_readers,
        write.AskAnnouncementGrade: write.ask_grade,
        write.AskAnnouncementGroup: write.ask_group,
        card.AskWithdrawAnnouncement: card.ask_withdraw,
        AskSendAgain: card.ask_resend,
    },
    drafts={DRAFT: write.take_text, CORRECTION: card.take_correction},
    messages={
        ANNOUNCEMENT: letter.compose_letter,
        CORRECTED: letter.compose_correction,
        WITHDRAWAL: letter.compose_withdrawal,
    },
)
