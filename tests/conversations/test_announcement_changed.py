"""Correction: delivered messages are edited, waiting ones are sent with the new text."""

from datetime import timedelta

import pytest

from bot.handlers.announcement.card import CorrectAnnouncement
from bot.handlers.shared_presses import ShowAnnouncement
from bot.services.announcements.correct import SupersededCorrection
from bot.turn import Reply
from scheduler.delivery import deliverer
from scheduler.delivery.deliverer import Failed, Sent
from storage import memberships
from storage import people as persons
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.support.announcing import (
    GONE_OUT,
    LATER,
    MINUTE,
    UNREACHABLE,
    Chat,
    Heia,
    Road,
    corrected,
    gone_out,
    letter_to,
    shown,
    trail,
)
from tests.support.people import MadePerson, MadeSchool
from tests.support.turns import MONDAY, labels

CHANGE, BACK = ["✏ Correct the text", "🗑 Withdraw"], ["📣 Write to many"]
LIVE = ["⏹ Stop", "🔄 Refresh"]


def text_of(reader: MadePerson, text: str) -> str:
    return letter_to(reader, text)[1]


async def test_a_correction_edits_every_delivered_message_once(liv: Chat, people: Heia, road: Road) -> None:
    card = await gone_out(liv, road)
    assert labels(card) == [CHANGE, BACK]
    asked = await liv.tap(card, "Correct")
    assert shown(asked) == (
        "✏ <b>Write the corrected message now, and send it here.</b>\nTo: All families\n\n"
        "At most 3,000 characters, as plain text. It goes out as you write it, in one language.\n"
        "Name no pupil, and tell nothing by which a pupil can be recognised.\n\n"
        "This is what you have now:\n<blockquote expandable>Kl. 18</blockquote>",
        [["✖ Cancel, keep the old text"]],
    )
    preview = await liv.type("Kl. 19")
    assert preview is not None
    assert shown(preview) == (
        "👀 <b>This is what they will see instead</b>\nTo: All families\n\n"
        f"<blockquote>{text_of(people.liv, 'Kl. 19')}</blockquote>\n\n"
        "It takes the old text's place in the 3 chats that have it. Nobody is notified of that.",
        [["✅ Replace the old text"], ["Change the text"], ["✖ Cancel, keep the old text"]],
    )
    assert await road.deliver(LATER) == set(), "nothing is changed before it is confirmed"
    going = await liv.tap(preview, "Replace")
    assert (shown(going), going.toast) == (
        (
            "✏ <b>The text is being corrected.</b>\nTo: All families\n\n░░░░░░░░░░\n"
            "✏ Corrected in 0 of 3 chats\nDelivered: 3 of 3\n"
            f"{UNREACHABLE}\n\n<blockquote expandable>Kl. 19</blockquote>",
            [LIVE, CHANGE, BACK],
        ),
        "I am replacing the old text",
    )
    again = await liv.tap(preview, "Replace")
    assert shown(again) == shown(going)
    await road.deliver(LATER)
    assert await road.deliver(LATER + MINUTE) == set()
    families = (*people.of_5b, people.of_6a)
    assert road.changed == [
        (family.telegram_id, 1001 + n, text_of(family, "Kl. 19")) for n, family in enumerate(families)
    ]
    assert len(road.sent) == 3
    assert shown(await liv.press(ShowAnnouncement(1))) == (
        "✅ <b>Sent, Monday 2 November at 09:01</b>\nTo: All families\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 3 of 3\n"
        f"✏ Corrected in 3 of 3 chats\n{UNREACHABLE}\n\n<blockquote expandable>Kl. 19</blockquote>",
        [CHANGE, BACK],
    )
    assert await trail(liv) == [
        "announcement_written",
        "announcement_sent",
        "correction_written",
        "announcement_corrected",
    ]


async def test_waiting_deliveries_are_sent_with_the_new_text(
    liv: Chat, people: Heia, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "BATCH", 2)
    await gone_out(liv, road)
    preview = await corrected(liv, "Kl. 19")
    assert "1 who still waits for it gets only the new text." in preview.text
    await liv.tap(preview, "Replace")
    while await road.deliver(LATER):
        pass
    first, second = people.of_5b
    assert sorted(road.sent) == sorted(
        [letter_to(first, "Kl. 18"), letter_to(second, "Kl. 18"), letter_to(people.of_6a, "Kl. 19")]
    )
    assert road.changed == [
        (first.telegram_id, 1001, text_of(first, "Kl. 19")),
        (second.telegram_id, 1002, text_of(second, "Kl. 19")),
    ]


async def test_a_delivery_in_flight_is_edited_after_it_has_arrived(
    liv: Chat, people: Heia, road: Road
) -> None:
    """Race: the correction is confirmed between compose and outcome; the edit waits for the message id."""
    await liv.tap(await liv.written("Kl. 18", "of a group", "6A"), "Send")

    async def slow(reply: Reply, chat: int) -> Sent | Failed:
        road.send = road.arrive
        await liv.tap(await corrected(liv, "Kl. 19"), "Replace")
        assert await road.deliver(GONE_OUT) != set(), "another replica finds no message id yet"
        assert road.changed == []
        return await road.arrive(reply, chat)

    road.send = slow
    await road.deliver(GONE_OUT)
    await road.deliver(GONE_OUT + 5 * MINUTE)
    assert road.sent == [letter_to(people.of_6a, "Kl. 18")]
    assert road.changed == [(people.of_6a.telegram_id, 1001, text_of(people.of_6a, "Kl. 19"))]


async def test_in_the_grace_period_only_the_text_changes(liv: Chat, people: Heia, road: Road) -> None:
    await liv.tap(await liv.written("Kl. 18", "of a group", "6A"), "Send")
    card = await liv.tap(await corrected(liv, "Kl. 19"), "Replace")
    assert shown(card) == (
        "⏳ <b>Goes out at 09:01.</b> Nobody has got it yet.\nTo: The families of 6A\n\n1 reader waits for it.\n\n"
        "<blockquote expandable>Kl. 19</blockquote>",
        [LIVE, ["✏ Correct the text"], BACK],
    )
    await road.deliver(GONE_OUT)
    assert (road.sent, road.changed) == ([letter_to(people.of_6a, "Kl. 19")], [])


async def test_a_newer_correction_supersedes_one_in_progress(
    liv: Chat, people: Heia, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gone_out(liv, road)
    await liv.tap(await corrected(liv, "Kl. 19"), "Replace")
    monkeypatch.setattr(deliverer, "BATCH", 1)
    await road.deliver(LATER)
    assert [text for _, _, text in road.changed] == [text_of(people.of_6a, "Kl. 19")]
    await liv.tap(await corrected(liv, "Kl. 20"), "Replace")
    while await road.deliver(LATER):
        pass
    assert [text for _, _, text in road.changed[1:]] == [text_of(people.of_6a, "Kl. 20")] * 3
    assert "✏ Corrected in 3 of 3 chats" in (await liv.press(ShowAnnouncement(1))).text


async def test_dropping_a_correction_keeps_a_concurrent_one_of_another_leader(
    liv: Chat, people: Heia, database: Database, road: Road
) -> None:
    """One leader has written a correction; the other has begun one, and cancels."""
    await gone_out(liv, road)
    nils = Chat(database, people.nils, LATER)
    preview = await corrected(liv, "Kl. 19")
    begun = await nils.press(CorrectAnnouncement(1))
    kept = await nils.tap(begun, "Cancel")
    assert kept.toast == "The text stays as it is"
    assert (await liv.tap(preview, "Replace")).toast == "I am replacing the old text"
    while await road.deliver(LATER):
        pass
    assert {text for _, _, text in road.changed} == {text_of(people.of_6a, "Kl. 19")}


async def test_a_confirm_button_under_a_stale_correction_is_refused(
    liv: Chat, people: Heia, database: Database, road: Road
) -> None:
    await gone_out(liv, road)
    preview = await corrected(liv, "Kl. 19")
    await corrected(Chat(database, people.nils, LATER), "Kl. 20")
    with pytest.raises(SupersededCorrection):
        await liv.tap(preview, "Replace")
    assert await road.deliver(LATER) == set()


async def test_a_dropped_correction_is_not_made(liv: Chat, road: Road) -> None:
    await gone_out(liv, road)
    preview = await corrected(liv, "Kl. 19")
    kept = await liv.tap(preview, "keep the old text")
    assert kept.toast == "The text stays as it is"
    assert "<blockquote expandable>Kl. 18</blockquote>" in kept.text
    with pytest.raises(SupersededCorrection):
        await liv.tap(preview, "Replace")
    assert await liv.type("Kl. 19") is None
    assert await road.deliver(LATER) == set()


async def test_an_unfit_correction_keeps_the_draft(liv: Chat, road: Road) -> None:
    await gone_out(liv, road)
    await liv.press(CorrectAnnouncement(1))
    refused = await liv.type("  ")
    assert refused is not None
    assert labels(refused) == [["✖ Cancel, keep the old text"]]
    assert (await liv.type("Kl. 19")) is not None


async def test_failed_edits_are_counted_and_readers_who_left_are_skipped(
    liv: Chat, people: Heia, database: Database, road: Road
) -> None:
    await gone_out(liv, road)
    first, second = people.of_5b
    async with database.writing() as db:
        await persons.forget(db, people.of_6a.id)
    road.fate = {
        first.telegram_id: Failed(DeliveryStatus.MISSED, "message can't be edited"),
        second.telegram_id: Failed(DeliveryStatus.BLOCKED, "blocked"),
    }
    await liv.tap(await corrected(liv, "Kl. 19"), "Replace")
    await road.deliver(LATER)
    lines = str((await liv.press(ShowAnnouncement(1))).text).splitlines()
    assert lines[5:7] == [
        "✏ Corrected in 0 of 2 chats",
        "Could not be corrected: 2. They have the old text.",
    ]


async def test_a_correction_ignores_mute_and_quiet_hours(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool, road: Road
) -> None:
    """An edit makes no sound."""
    await gone_out(liv, road)
    async with database.writing() as db:
        await memberships.mute(db, heia.id, people.of_6a.membership_id, True)
    liv.now = MONDAY + timedelta(hours=14)
    await liv.tap(await corrected(liv, "Kl. 19"), "Replace")
    await road.deliver(liv.now)
    assert {chat for chat, _, _ in road.changed} == {
        reader.telegram_id for reader in (*people.of_5b, people.of_6a)
    }


async def test_stop_cancels_a_correction_too(liv: Chat, road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    await gone_out(liv, road)
    monkeypatch.setattr(deliverer, "BATCH", 1)
    going = await liv.tap(await corrected(liv, "Kl. 19"), "Replace")
    await road.deliver(LATER)
    stopped = await liv.tap(going, "Stop")
    assert shown(stopped) == (
        "⏹ <b>Stopped.</b>\nTo: All families\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 3 of 3\n"
        f"✏ Corrected in 1 of 3 chats\n{UNREACHABLE}\n\n<blockquote expandable>Kl. 19</blockquote>",
        [CHANGE, BACK],
    )
    assert await road.deliver(LATER + MINUTE) == set()
    await liv.tap(await corrected(liv, "Kl. 20"), "Replace")
    while await road.deliver(LATER):
        pass
    assert len(road.changed) == 4, "what was stopped can be corrected for all who have it"
