"""Second thoughts about what was delivered already: another text, none at all, or once more for the uncertain.

Each is asked about in a message of its own, so that the card above goes on showing how far it has come.
"""

from bot.content import written
from bot.content.templates import render
from bot.handlers.announcement import card, letter, numbers, readers
from bot.handlers.announcement.presses import (
    AskAgain,
    AskWithdraw,
    Correct,
    KeepText,
    Replace,
    SendAgain,
    Show,
    Withdraw,
)
from bot.services import corrections
from bot.services.announcements import Addressed, Unfit
from bot.turn import Button, Reply, Turn
from storage.announcements import AnnouncementRow
from storage.drafts import DraftRow


async def ask_text(turn: Turn, press: Correct) -> Reply:
    """The corrected text is awaited; the old one stands there to copy from."""
    row = await corrections.begin(turn.db, turn.actor, press.announcement_id, turn.now)
    return Reply(
        render(
            turn.language,
            "announcement_ask",
            audience=await readers.called(turn, Addressed.of(row)),
            limit=turn.language.number(written.LIMIT),
            old=row.text,
            corrects=True,
        ),
        [_keep(turn, row.id)],
        fresh=True,
    )


async def take_text(turn: Turn, draft: DraftRow) -> Reply:
    """What was typed, as it will stand there; or why it cannot, and it is awaited still."""
    try:
        row = await corrections.write(turn.db, turn.actor, turn.text, turn.now)
    except Unfit as unfit:
        return Reply(unfit.said(turn.language), [_keep(turn, int(draft.data["announcement"]))])
    return await preview(turn, row)


async def preview(turn: Turn, row: AnnouncementRow) -> Reply:
    """The corrected message, and in how many chats it takes the old one's place."""
    text = row.new_text or row.text
    seal = corrections.seal(text)
    counted = await numbers.of(turn.db, row)
    said = render(
        turn.language,
        "announcement_correction",
        audience=await readers.called(turn, Addressed.of(row)),
        message=letter.compose(turn.language, turn.actor.school.name, text),
        sent=counted.sent.sent,
        waiting=counted.sent.waiting,
        contact=written.contact_in(text),
    )
    return Reply(
        said,
        [
            [Button(turn.t("✅ Replace the old text"), Replace(row.id, seal))],
            [Button(turn.t("Change the text"), Correct(row.id))],
            _keep(turn, row.id, seal),
        ],
    )


async def replace(turn: Turn, press: Replace) -> Reply:
    """Corrects it, once; from here on this message is the card."""
    row = await corrections.correct(
        turn.db, turn.actor, press.announcement_id, press.seen, turn.origin.message, turn.now
    )
    return await card.of(turn, row, toast=turn.t("I am replacing the old text").unescape())


async def keep_text(turn: Turn, press: KeepText) -> Reply:
    row = await corrections.drop(turn.db, turn.actor, press.announcement_id, press.seen)
    return await card.of(turn, row, toast=turn.t("The text stays as it is").unescape())


async def ask_withdraw(turn: Turn, press: AskWithdraw) -> Reply:
    row = await corrections.may_withdraw(turn.db, turn.actor, press.announcement_id, turn.now)
    counted = await numbers.of(turn.db, row)
    return Reply(
        turn.n(
            "🗑 <b>Withdraw it?</b>\nI delete it in the {n} chat that has it, and send it to nobody else. "
            "Whoever has read it has read it.",
            "🗑 <b>Withdraw it?</b>\nI delete it in the {n} chats that have it, and send it to nobody else. "
            "Whoever has read it has read it.",
            counted.sent.sent,
        ),
        [
            [Button(turn.t("🗑 Withdraw"), Withdraw(row.id))],
            [Button(turn.t("◀ Back, keep it"), Show(row.id))],
        ],
        fresh=True,
    )


async def withdraw(turn: Turn, press: Withdraw) -> Reply:
    row = await corrections.withdraw(
        turn.db, turn.actor, press.announcement_id, turn.origin.message, turn.now
    )
    return await card.of(turn, row, toast=turn.t("I am deleting it").unescape())


async def ask_again(turn: Turn, press: AskAgain) -> Reply:
    row = await corrections.may_send_again(turn.db, turn.actor, press.announcement_id)
    count = (await numbers.of(turn.db, row)).sent.uncertain
    if not count:
        return await card.of(turn, row, toast=turn.t("Nobody is uncertain any more").unescape())
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
            [Button(turn.t("◀ Back, send nothing"), Show(row.id))],
        ],
        fresh=True,
    )


async def send_again(turn: Turn, press: SendAgain) -> Reply:
    """Once: after the first tap nobody is uncertain, so a second one finds none."""
    count, row = await corrections.send_again(
        turn.db, turn.actor, press.announcement_id, turn.origin.message, turn.now
    )
    toast = turn.t("It goes out in a moment") if count else turn.t("Nobody is uncertain any more")
    return await card.of(turn, row, toast=toast.unescape())


def _keep(turn: Turn, announcement_id: int, seen: str = "") -> list[Button]:
    return [Button(turn.t("✖ Cancel, keep the old text"), KeepText(announcement_id, seen))]
