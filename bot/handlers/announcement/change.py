"""Second thoughts about what was delivered already: another text, none at all, or once more for the uncertain.

Each is asked about in a message of its own, so that the card above goes on showing how far it has come.
"""

from bot.content import typed_text
from bot.content.templates import render
from bot.handlers.announcement import card, letter, numbers, readers
from bot.handlers.announcement.presses import (
    AskWithdrawAnnouncement,
    CorrectAnnouncement,
    KeepText,
    ReplaceText,
    SendAgain,
    WithdrawAnnouncement,
)
from bot.handlers.shared_presses import AskSendAgain, ShowAnnouncement
from bot.services.announcements import correct as corrections
from bot.services.announcements.write import AnnouncementAudience, UnfitText
from bot.turn import Button, Reply, Turn
from storage.announcements import AnnouncementRow
from storage.drafts import DraftRow


async def ask_text(turn: Turn, press: CorrectAnnouncement) -> Reply:
    """The corrected text is awaited; the old one stands there to copy from."""
    row = await corrections.begin_correction(turn.db, turn.actor, press.announcement_id, turn.now)
    return Reply(
        render(
            turn.language,
            "announcement_ask",
            audience=await readers.called(turn, AnnouncementAudience.of(row)),
            limit=turn.language.number(typed_text.LIMIT),
            old=row.text,
            corrects=True,
        ),
        [_keep(turn, row.id)],
        fresh=True,
    )


async def take_text(turn: Turn, draft: DraftRow) -> Reply:
    """What was typed, as it will stand there; or why it cannot, and it is awaited still."""
    try:
        row = await corrections.write_correction(turn.db, turn.actor, turn.text, turn.now)
    except UnfitText as unfit:
        return Reply(unfit.said(turn.language), [_keep(turn, int(draft.data["announcement"]))])
    return await preview(turn, row)


async def preview(turn: Turn, row: AnnouncementRow) -> Reply:
    """The corrected message, and in how many chats it takes the old one's place."""
    text = row.new_text or row.text
    seal = corrections.text_fingerprint(text)
    counted = await numbers.count_deliveries(turn.db, row)
    said = render(
        turn.language,
        "announcement_correction",
        audience=await readers.called(turn, AnnouncementAudience.of(row)),
        message=letter.compose(turn.language, turn.actor.school.name, text),
        sent=counted.sent.sent,
        waiting=counted.sent.waiting,
        contact=typed_text.contact_in(text),
    )
    return Reply(
        said,
        [
            [Button(turn.t("✅ Replace the old text"), ReplaceText(row.id, seal))],
            [Button(turn.t("Change the text"), CorrectAnnouncement(row.id))],
            _keep(turn, row.id, seal),
        ],
    )


async def replace(turn: Turn, press: ReplaceText) -> Reply:
    """Corrects it, once; from here on this message is the card."""
    row = await corrections.correct(
        turn.db, turn.actor, press.announcement_id, press.seen, turn.message_id, turn.now
    )
    return await card.announcement_card(turn, row, toast=turn.t("I am replacing the old text").unescape())


async def keep_text(turn: Turn, press: KeepText) -> Reply:
    row = await corrections.drop_correction(turn.db, turn.actor, press.announcement_id, press.seen)
    return await card.announcement_card(turn, row, toast=turn.t("The text stays as it is").unescape())


async def ask_withdraw(turn: Turn, press: AskWithdrawAnnouncement) -> Reply:
    row = await corrections.may_withdraw(turn.db, turn.actor, press.announcement_id, turn.now)
    counted = await numbers.count_deliveries(turn.db, row)
    return Reply(
        turn.n(
            "🗑 <b>Withdraw it?</b>\nI delete it in the {n} chat that has it, and send it to nobody else. "
            "Whoever has read it has read it.",
            "🗑 <b>Withdraw it?</b>\nI delete it in the {n} chats that have it, and send it to nobody else. "
            "Whoever has read it has read it.",
            counted.sent.sent,
        ),
        [
            [Button(turn.t("🗑 Withdraw"), WithdrawAnnouncement(row.id))],
            [Button(turn.t("◀ Back, keep it"), ShowAnnouncement(row.id))],
        ],
        fresh=True,
    )


async def withdraw(turn: Turn, press: WithdrawAnnouncement) -> Reply:
    row = await corrections.withdraw(turn.db, turn.actor, press.announcement_id, turn.message_id, turn.now)
    return await card.announcement_card(turn, row, toast=turn.t("I am deleting it").unescape())


async def ask_again(turn: Turn, press: AskSendAgain) -> Reply:
    row = await corrections.may_send_again(turn.db, turn.actor, press.announcement_id)
    count = (await numbers.count_deliveries(turn.db, row)).sent.uncertain
    if not count:
        return await card.announcement_card(
            turn, row, toast=turn.t("Nobody is uncertain any more").unescape()
        )
    return Reply(
        turn.n(
            "🔁 <b>Send it again to the {n} who is uncertain?</b>\n"
            "The line broke while it was on its way, so it may have arrived. Then they get it twice.",
            "🔁 <b>Send it again to the {n} who are uncertain?</b>\n"
            "The line broke while it was on its way, so it may have arrived. Then they get it twice.",
            count,
        ),
        [
            [Button(turn.t("🔁 Send again"), SendAgain(row.id))],
            [Button(turn.t("◀ Back, send nothing"), ShowAnnouncement(row.id))],
        ],
        fresh=True,
    )


async def send_again(turn: Turn, press: SendAgain) -> Reply:
    """Once: after the first tap nobody is uncertain, so a second one finds none."""
    count, row = await corrections.send_again(
        turn.db, turn.actor, press.announcement_id, turn.message_id, turn.now
    )
    toast = turn.t("It goes out in a moment") if count else turn.t("Nobody is uncertain any more")
    return await card.announcement_card(turn, row, toast=toast.unescape())


def _keep(turn: Turn, announcement_id: int, seen: str = "") -> list[Button]:
    return [Button(turn.t("✖ Cancel, keep the old text"), KeepText(announcement_id, seen))]
