"""Sending an announcement: once, after the grace period; cancelled at any time; the delivery report."""

import asyncio

import pytest

from bot.errors import Gone
from bot.handlers.announcement.card import (
    AskWithdrawAnnouncement,
    CorrectAnnouncement,
    KeepText,
    ReplaceText,
    SendAgain,
    StopAnnouncement,
    WithdrawAnnouncement,
)
from bot.handlers.announcement.write import SendAnnouncement
from bot.handlers.shared_presses import AskSendAgain, ShowAnnouncement
from bot.turn import Reply
from scheduler.delivery import deliverer
from scheduler.delivery.deliverer import Failed
from scheduler.expand import expand_next
from storage import announcements, memberships
from storage.database import Database
from storage.tables import AnnouncementStatus, DeliveryStatus
from tests.support.announcing import MINUTE, UNREACHABLE, Chat, Heia, Road, letter_to, shown, trail
from tests.support.people import MadeSchool
from tests.support.turns import MONDAY, labels, press

LIVE, BACK = ["⏹ Stop", "🔄 Refresh"], ["📣 Write to many"]
CORRECT, CHANGE = ["✏ Correct the text"], ["✏ Correct the text", "🗑 Withdraw"]
TEXT = "<blockquote expandable>Hei</blockquote>"
QUEUED = (
    "⏳ <b>Goes out at 09:01.</b> Nobody has got it yet.\nTo: All families\n\n3 readers wait for it.\n"
    f"{UNREACHABLE}\n\n{TEXT}"
)


async def status(chat: Chat) -> AnnouncementStatus:
    async with chat.database.reading() as db:
        (row,) = await announcements.latest(db, chat.person.school_id)
        return row.status


async def test_it_is_sent_after_the_grace_period_once_to_the_audience(
    liv: Chat, people: Heia, road: Road
) -> None:
    card = await liv.tap(await liv.written("Hei", "All families"), "Send")
    assert (shown(card), card.toast) == ((QUEUED, [LIVE, CORRECT, BACK]), "It goes out in a moment")

    assert await road.deliver(MONDAY + 0.9 * MINUTE) == set()
    assert len(await road.deliver(MONDAY + MINUTE)) == 1
    assert await road.deliver(MONDAY + 2 * MINUTE) == set()
    assert road.sent == [letter_to(family, "Hei") for family in (*people.of_5b, people.of_6a)]
    assert shown(await liv.press(ShowAnnouncement(1))) == (
        "✅ <b>Sent, Monday 2 November at 09:01</b>\nTo: All families\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 3 of 3\n"
        f"{UNREACHABLE}\n\n{TEXT}",
        [CHANGE, BACK],
    )
    assert await trail(liv) == ["announcement_written", "announcement_sent"]


async def test_each_audience_reaches_its_readers_only(liv: Chat, people: Heia, road: Road) -> None:
    for text, *labels_of in (
        ("til 6A", "of a group", "6A"),
        ("til 5.", "of a grade", "Grade 5"),
        ("til teamet", "PALS team"),
        ("til alle", "All staff"),
    ):
        await liv.tap(await liv.written(text, *labels_of), "Send")
    await road.deliver(MONDAY + MINUTE)
    team = (people.liv, people.nils, people.cato)
    assert sorted(road.sent) == sorted(
        [letter_to(people.of_6a, "til 6A")]
        + [letter_to(family, "til 5.") for family in people.of_5b]
        + [letter_to(adult, "til teamet") for adult in team]
        + [letter_to(adult, "til alle") for adult in (*team, people.ada)]
    )


async def test_send_is_idempotent_under_concurrent_and_redelivered_taps(
    liv: Chat, people: Heia, road: Road
) -> None:
    preview = await liv.written("Hei", "All families")
    first, second = await asyncio.gather(liv.tap(preview, "Send"), liv.tap(preview, "Send"))
    assert shown(first) == shown(second) == (QUEUED, [LIVE, CORRECT, BACK])
    await road.deliver(MONDAY + MINUTE)
    liv.now = MONDAY + 2 * MINUTE
    assert str((await liv.tap(preview, "Send")).text).startswith("✅")
    assert await road.deliver(MONDAY + 10 * MINUTE) == set()
    assert len(road.sent) == 3
    assert await trail(liv) == ["announcement_written", "announcement_sent"]


async def test_another_leader_may_stop_it_but_not_resend_it(
    liv: Chat, people: Heia, database: Database, road: Road
) -> None:
    sent = press(await liv.written("Hei", "All families"), "Send")
    nils = Chat(database, people.nils)
    with pytest.raises(Gone):
        await nils.press(sent)
    await liv.press(sent)
    assert shown(await nils.press(sent)) == (QUEUED, [LIVE, CORRECT, BACK])
    stopped = await nils.press(StopAnnouncement(1))
    assert stopped.toast == "Stopped"
    assert await trail(liv) == ["announcement_written", "announcement_sent", "announcement_stopped"]
    assert await road.deliver(MONDAY + MINUTE) == set()


async def test_a_leader_of_another_school_finds_nothing(liv: Chat, people: Heia, database: Database) -> None:
    await liv.tap(await liv.written("Hei", "All families"), "Send")
    far = Chat(database, people.far)
    for pressed in (
        ShowAnnouncement(1),
        StopAnnouncement(1),
        SendAnnouncement(1, "0"),
        CorrectAnnouncement(1),
        ReplaceText(1, "0"),
        KeepText(1, ""),
        AskWithdrawAnnouncement(1),
        WithdrawAnnouncement(1),
        AskSendAgain(1),
        SendAgain(1),
    ):
        with pytest.raises(Gone):
            await far.press(pressed)
    assert await status(liv) is AnnouncementStatus.SENDING


async def test_a_stop_in_the_grace_period_cancels_every_delivery(liv: Chat, road: Road) -> None:
    card = await liv.tap(await liv.written("Hei", "All families"), "Send")
    stopped = await liv.tap(card, "Stop")
    assert (shown(stopped), stopped.toast) == (
        (
            "⏹ <b>Stopped.</b>\nTo: All families\n\n░░░░░░░░░░\nDelivered: 0 of 3\n"
            f"Stopped before it was sent: 3\n{UNREACHABLE}\n\n{TEXT}",
            [BACK],
        ),
        "Stopped",
    )
    assert shown(await liv.tap(card, "Stop")) == shown(stopped)
    assert await road.deliver(MONDAY + MINUTE) == set()
    assert road.sent == []


async def test_a_stop_during_delivery_cancels_the_rest(
    liv: Chat, people: Heia, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "BATCH", 2)
    card = await liv.tap(await liv.written("Hei", "All families"), "Send")
    await road.deliver(MONDAY + MINUTE)
    liv.now = MONDAY + MINUTE
    assert shown(await liv.tap(card, "Refresh")) == (
        "📤 <b>Going out since 09:01</b>\nTo: All families\n\n▓▓▓▓▓▓░░░░\nDelivered: 2 of 3\nWaiting: 1\n"
        f"{UNREACHABLE}\n\n{TEXT}",
        [LIVE, CHANGE, BACK],
    )
    assert shown(await liv.tap(card, "Stop")) == (
        "⏹ <b>Stopped.</b>\nTo: All families\n\n▓▓▓▓▓▓░░░░\nDelivered: 2 of 3\n"
        f"Stopped before it was sent: 1\n{UNREACHABLE}\n\n{TEXT}",
        [CHANGE, BACK],
    )
    assert await road.deliver(MONDAY + 2 * MINUTE) == set()
    assert road.sent == [letter_to(family, "Hei") for family in people.of_5b]


async def test_a_retry_after_a_stop_is_cancelled(liv: Chat, people: Heia, road: Road) -> None:
    """Race: a worker may reschedule a delivery that was in flight at the stop; it is then composed to nothing."""
    card = await liv.tap(await liv.written("Hei", "of a group", "6A"), "Send")

    async def slow(reply: Reply, chat: int) -> Failed:
        assert str((await liv.tap(card, "Stop")).text).startswith(
            "⏹ <b>Stopped. What is on its way just now may still arrive.</b>"
        )
        return Failed(DeliveryStatus.WAITING, "too many requests", retry_in=MINUTE)

    road.send = slow
    await road.deliver(MONDAY + MINUTE)
    road.send = road.arrive
    assert len(await road.deliver(MONDAY + 3 * MINUTE)) == 1
    assert road.sent == []
    assert str((await liv.press(ShowAnnouncement(1))).text) == (
        "⏹ <b>Stopped.</b>\nTo: The families of 6A\n\n░░░░░░░░░░\nDelivered: 0 of 1\n"
        f"Stopped before it was sent: 1\n\n{TEXT}"
    )


async def test_a_stop_after_the_last_delivery_does_nothing(liv: Chat, road: Road) -> None:
    card = await liv.tap(await liv.written("Hei", "All staff"), "Send")
    await road.deliver(MONDAY + MINUTE)
    late = await liv.tap(card, "Stop")
    assert late.toast == "It had gone out to everyone already"
    assert str(late.text).startswith("✅ <b>Sent, Monday 2 November at 09:01</b>")
    assert await status(liv) is AnnouncementStatus.SENDING, "the deliver tick makes the transition to SENT"


async def test_the_report_counts_every_outcome(
    liv: Chat, people: Heia, road: Road, heia: MadeSchool, database: Database
) -> None:
    await liv.tap(await liv.written("Hei", "All staff"), "Send")
    async with database.writing() as db:  # it is due, and one leaves just before it is sent
        await expand_next(db, MONDAY + MINUTE)
        await memberships.remove(db, heia.id, people.cato.membership_id)
    road.fate = {
        people.liv.telegram_id: Failed(DeliveryStatus.UNCERTAIN),
        people.nils.telegram_id: Failed(DeliveryStatus.REFUSED),
        people.ada.telegram_id: Failed(DeliveryStatus.BLOCKED),
    }
    await road.deliver(MONDAY + MINUTE)
    assert shown(await liv.press(ShowAnnouncement(1))) == (
        "⚠ <b>It has reached nobody.</b>\nTo: All staff\n\nDelivered: 0 of 4\n"
        "Blocked: 1. They have closed their chat with me.\n"
        "Uncertain: 1. The line broke on the way, so I do not know. I do not send it to them again by myself.\n"
        f"Refused by Telegram: 1\nLeft the school before it was sent: 1\n\n{TEXT}",
        [["Send again to the 1 uncertain"], BACK],
    )


async def test_a_missed_deadline_is_reported(liv: Chat, road: Road) -> None:
    await liv.tap(await liv.written("Hei", "of a group", "6A"), "Send")
    await road.deliver(MONDAY + 3000 * MINUTE)
    assert road.sent == []
    assert str((await liv.press(ShowAnnouncement(1))).text) == (
        f"⚠ <b>It has reached nobody.</b>\nTo: The families of 6A\n\nDelivered: 0 of 1\nToo late: 1\n\n{TEXT}"
    )


async def test_the_latest_three_and_the_months_list_show_status_and_counts(
    liv: Chat, people: Heia, database: Database, road: Road
) -> None:
    liv.now = MONDAY - 60 * 24 * 2 * MINUTE  # in October
    await liv.tap(await liv.written("Høst", "All staff"), "Send")
    liv.now = MONDAY
    await liv.tap(await liv.written("Hei", "All families"), "Send")
    await road.deliver(MONDAY + MINUTE)
    stopped = await liv.tap(await liv.written("Nei", "All staff"), "Send")
    await liv.tap(stopped, "Stop")
    await liv.written("En lang tekst\nsom ikke er sendt ennå av noen", "of a grade", "Grade 6")

    listed = labels(await liv.command())[3:]
    assert listed == [
        ["📝 2 November: En lang tekst som ikke er sen…"],
        ["⏹ 2 November: Nei"],
        ["📤 2 November: Hei"],
        ["This month's announcements"],
    ]
    month = await liv.tap(await liv.command(), "This month")
    assert shown(month) == (
        "📣 <b>Announcements in November 2026</b>\n\n"
        "📝 Mon 2 Nov 09:00 · The families of grade 6\nEn lang tekst som ikke er sen…\n<i>Not sent yet</i>\n\n"
        "⏹ Mon 2 Nov 09:00 · All staff\nNei\n<i>Sent 0 of 4</i>\n\n"
        "📤 Mon 2 Nov 09:00 · All families\nHei\n<i>Sent 3 of 3</i>",
        [*listed[:3], ["◀ Back"]],
    )
    assert str((await liv.tap(month, "lang tekst")).text).startswith("👀 <b>This is what they get</b>")
    assert str((await liv.tap(month, "Nei")).text).startswith("⏹ <b>Stopped.</b>")

    others = Chat(database, people.nils)
    assert labels(await others.command())[3:] == [
        ["⏹ 2 November: Nei"],
        ["📤 2 November: Hei"],
        ["📤 31 October: Høst"],
        ["This month's announcements"],
    ]


async def test_a_new_announcement_begun_from_a_card_leaves_the_card(liv: Chat) -> None:
    card = await liv.tap(await liv.written("Hei", "All staff"), "Send")
    assert (await liv.tap(card, "Write to many")).fresh
