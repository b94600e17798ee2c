"""Withdrawal of a delivered announcement, and retry of its uncertain deliveries."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import Gone
from bot.handlers.announcement.card import (
    AskWithdrawAnnouncement,
    CorrectAnnouncement,
    ReplaceText,
    StopAnnouncement,
    WithdrawAnnouncement,
)
from bot.handlers.shared_presses import ShowAnnouncement
from bot.services.announcements.correct import TooOldToDelete
from bot.services.announcements.write import text_fingerprint
from scheduler.delivery import deliverer
from scheduler.delivery.deliverer import Failed
from storage.tables import DeliveryStatus
from tests.support.announcing import (
    GONE_OUT,
    LATER,
    MINUTE,
    Chat,
    Heia,
    Road,
    corrected,
    gone_out,
    letter_to,
    shown,
    trail,
)
from tests.support.turns import labels

CHANGE, BACK = ["✏ Correct the text", "🗑 Withdraw"], ["📣 Write to many"]


# --- withdrawal ---------------------------------------------------------------------------------------------


async def test_a_withdrawal_deletes_each_message_once_and_cancels_the_rest(
    liv: Chat, people: Heia, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "BATCH", 2)
    card = await gone_out(liv, road)
    asked = await liv.tap(card, "Withdraw")
    assert (shown(asked), asked.fresh) == (
        (
            "🗑 <b>Withdraw it?</b>\nI delete it in the 2 chats that have it, and send it to nobody else. "
            "Whoever has read it has read it.",
            [["🗑 Withdraw"], ["◀ Back, keep it"]],
        ),
        True,
    )
    first, second = await asyncio.gather(liv.tap(asked, "Withdraw"), liv.tap(asked, "Withdraw"))
    assert (
        shown(first)
        == shown(second)
        == (
            "🗑 <b>Being withdrawn. I am deleting it in every chat that has it.</b>\nTo: All families\n\n░░░░░░░░░░\n"
            "Deleted in 0 of 2 chats\nWaiting: 2\n\n<blockquote expandable>Kl. 18</blockquote>",
            [["🔄 Refresh"], BACK],
        )
    )
    while await road.deliver(LATER):
        pass
    assert road.changed == [(family.telegram_id, 1001 + n, None) for n, family in enumerate(people.of_5b)]
    assert len(road.sent) == 2
    assert await trail(liv) == ["announcement_written", "announcement_sent", "announcement_withdrawn"]
    for forged in (CorrectAnnouncement(1), AskWithdrawAnnouncement(1), ReplaceText(1, text_fingerprint("x"))):
        with pytest.raises(Gone):
            await liv.press(forged)
    assert (await liv.press(StopAnnouncement(1))).toast == "It is withdrawn, and goes to nobody else"


async def test_a_withdrawal_cancels_a_correction(
    liv: Chat, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gone_out(liv, road)
    monkeypatch.setattr(deliverer, "BATCH", 1)
    await liv.tap(await corrected(liv, "Kl. 19"), "Replace")
    await road.deliver(LATER)
    await liv.press(WithdrawAnnouncement(1))
    while await road.deliver(LATER):
        pass
    assert [text is None for _, _, text in road.changed] == [False, True, True, True]


async def test_after_48_hours_there_is_no_button_and_a_forged_tap_is_refused(liv: Chat, road: Road) -> None:
    await gone_out(liv, road)
    liv.now = GONE_OUT + timedelta(hours=48)
    assert labels(await liv.press(ShowAnnouncement(1))) == [["✏ Correct the text"], BACK]
    for forged in (AskWithdrawAnnouncement(1), WithdrawAnnouncement(1)):
        with pytest.raises(TooOldToDelete):
            await liv.press(forged)
    assert await road.deliver(liv.now) == set()


async def test_failed_deletions_are_counted(liv: Chat, people: Heia, road: Road) -> None:
    await gone_out(liv, road)
    road.fate = {people.of_6a.telegram_id: Failed(DeliveryStatus.MISSED, "message can't be deleted")}
    await liv.press(WithdrawAnnouncement(1))
    await road.deliver(LATER)
    assert str((await liv.press(ShowAnnouncement(1))).text).splitlines()[3:6] == [
        "▓▓▓▓▓▓▓▓▓▓",
        "Deleted in 2 of 3 chats",
        "Could not be deleted: 1. They still have it.",
    ]


async def test_going_back_withdraws_nothing(liv: Chat, road: Road) -> None:
    card = await gone_out(liv, road)
    kept = await liv.tap(await liv.tap(card, "Withdraw"), "keep it")
    assert shown(kept) == shown(card)
    assert await road.deliver(LATER) == set()


# --- retry --------------------------------------------------------------------------------------------------


async def test_uncertain_deliveries_are_retried_once_and_only_on_request(
    liv: Chat, people: Heia, road: Road
) -> None:
    first, second = people.of_5b
    lost = Failed(DeliveryStatus.UNCERTAIN)
    road.fate = {first.telegram_id: lost, second.telegram_id: lost}
    card = await gone_out(liv, road)
    assert labels(card) == [CHANGE, ["Send again to the 2 uncertain"], BACK]
    asked = await liv.tap(card, "Send again")
    assert shown(asked) == (
        "🔁 <b>Send it again to the 2 who are uncertain?</b>\n"
        "The line broke while it was on its way, so it may have arrived. Then they get it twice.",
        [["🔁 Send again"], ["◀ Back, send nothing"]],
    )
    road.fate = {}
    assert await road.deliver(LATER) == set()
    again = [await liv.tap(asked, "🔁"), await liv.tap(asked, "🔁")]
    assert [reply.toast for reply in again] == ["It goes out in a moment", "Nobody is uncertain any more"]
    await road.deliver(LATER)
    assert await road.deliver(LATER + MINUTE) == set()
    assert sorted(road.sent) == sorted(
        letter_to(family, "Kl. 18") for family in (*people.of_5b, people.of_6a)
    )
    assert "Delivered: 3 of 3" in (await liv.press(ShowAnnouncement(1))).text
    assert (await trail(liv))[-1] == "sent_again"
    assert (await liv.tap(card, "Send again")).toast == "Nobody is uncertain any more"
