"""The progress card: edited while an announcement, a correction or a withdrawal is delivered."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from bot.handlers.announcement.card import CorrectAnnouncement, StopAnnouncement, WithdrawAnnouncement
from bot.handlers.shared_presses import ShowAnnouncement
from bot.messages.progress_card import MAX_FAILURES, SWEEP_INTERVAL, ProgressCards
from bot.services import outbox
from bot.services.handovers import HANDOVER
from bot.turn import Reply
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery import deliverer
from scheduler.delivery.deliverer import LEASE
from scheduler.expand import expand_next
from storage import announcements, memberships
from storage import people as persons
from storage.database import Database
from storage.delivery import claims, deliveries
from storage.delivery.audiences import Audience
from storage.tables import AnnouncementStatus, DeliveryStatus
from tests.support.announcing import MINUTE, Chat, Heia, Road
from tests.support.features import FEATURES
from tests.support.people import MadeSchool
from tests.support.turns import MONDAY, labels

START = MONDAY + MINUTE
SECOND = timedelta(seconds=1)
CHANGE = ["✏ Correct the text", "🗑 Withdraw"]
CARD = 77  # the id of the message with the tapped Send button


@pytest.fixture
def road(database: Database, monkeypatch: pytest.MonkeyPatch) -> Road:
    """Batches of one."""
    monkeypatch.setattr(deliverer, "BATCH", 1)
    return Road(database, MovableClock(MONDAY, running=False))


class Screen:
    """The edits of the cards: chat, message, and the lines with the counts."""

    def __init__(self, database: Database, road: Road) -> None:
        self.edits: list[tuple[int, int, str]] = []
        self.last = Reply()
        self.broken = False
        self.progress_cards = ProgressCards(database, road.clock, FEATURES, self.edit)
        self._road = road

    async def edit(self, reply: Reply, chat: int, message: int) -> None:
        self.edits.append((chat, message, str(reply.text).split("\n\n<blockquote")[0]))
        if self.broken:
            raise OSError("the line is down")
        self.last = reply

    async def batch(self, now: datetime) -> list[tuple[int, int, str]]:
        """The edits after one deliver tick."""
        handled = await self._road.deliver(now)
        return await self.after(handled, now)

    async def after(self, handled: Iterable[tuple[int, int]], now: datetime) -> list[tuple[int, int, str]]:
        self._road.clock.set(now)
        before = len(self.edits)
        await self.progress_cards.refresh(handled)
        return self.edits[before:]


@pytest.fixture
def screen(database: Database, road: Road) -> Screen:
    return Screen(database, road)


def going(bar: str, sent: int, waiting: int) -> str:
    return (
        f"📤 <b>Going out since 09:01</b>\nTo: All staff\n\n{bar}\nDelivered: {sent} of 4\nWaiting: {waiting}"
    )


ALL = "✅ <b>Sent, Monday 2 November at 09:01</b>\nTo: All staff\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 4 of 4"


async def send(liv: Chat) -> Reply:
    return await liv.tap(await liv.written("Hei", "All staff"), "Send", CARD)


async def status(liv: Chat) -> AnnouncementStatus:
    async with liv.database.reading() as db:
        (row,) = await announcements.latest(db, liv.person.school_id)
        return row.status


async def test_edits_are_throttled_except_the_final_one(liv: Chat, screen: Screen) -> None:
    await send(liv)
    chat = liv.person.telegram_id
    assert await screen.batch(START) == [(chat, CARD, going("▓▓░░░░░░░░", 1, 3))]
    assert labels(screen.last) == [["⏹ Stop", "🔄 Refresh"], CHANGE, ["📣 Write to many"]]
    assert await screen.batch(START + SECOND) == []
    assert await screen.batch(START + 2 * SECOND) == [(chat, CARD, going("▓▓▓▓▓▓▓░░░", 3, 1))]
    assert await status(liv) is AnnouncementStatus.SENDING
    assert await screen.batch(START + 2 * SECOND) == [(chat, CARD, ALL)]
    assert labels(screen.last) == [CHANGE, ["📣 Write to many"]]
    assert await status(liv) is AnnouncementStatus.SENT
    assert await screen.after((), START + MINUTE) == [], "what stands there is not said again"


async def test_a_throttled_edit_is_made_later(liv: Chat, screen: Screen) -> None:
    await send(liv)
    await screen.batch(START)
    assert await screen.batch(START + SECOND) == []
    assert await screen.after((), START + 2 * SECOND) == [
        (liv.person.telegram_id, CARD, going("▓▓▓▓▓░░░░░", 2, 2))
    ]
    assert await screen.after((), START + 4 * SECOND) == []


async def test_the_first_refresh_after_a_restart_shows_the_current_counts(
    liv: Chat, screen: Screen, road: Road, database: Database
) -> None:
    await send(liv)
    for _ in range(3):
        await road.deliver(START)
    started = Screen(database, road)
    assert await started.after((), START) == [(liv.person.telegram_id, CARD, going("▓▓▓▓▓▓▓░░░", 3, 1))]
    await road.deliver(START)
    started = Screen(database, road)
    assert await started.after((), START) == [(liv.person.telegram_id, CARD, ALL)]
    assert await status(liv) is AnnouncementStatus.SENT


async def test_a_card_is_not_edited_before_the_due_time(liv: Chat, screen: Screen) -> None:
    await send(liv)
    assert await screen.after((), MONDAY + SECOND) == []
    assert await status(liv) is AnnouncementStatus.SENDING


async def test_a_sweep_finishes_after_a_worker_crashed_on_the_last_delivery(
    liv: Chat, screen: Screen, road: Road
) -> None:
    """The delivery becomes uncertain when the lease expires, without a batch that reports it."""
    await send(liv)
    for _ in range(3):
        await screen.batch(START)
    async with liv.database.writing() as db:
        (claimed,) = await claims.claim(db, "dead", START, START + LEASE, 1)
        assert await claims.mark_sending(db, "dead", [claimed.id]) == {claimed.id}
    later = START + LEASE + SECOND
    assert await screen.batch(later) == [
        (
            liv.person.telegram_id,
            CARD,
            "✅ <b>Sent, Monday 2 November at 09:01</b>\nTo: All staff\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 3 of 4"
            "\n"
            "Uncertain: 1. The line broke on the way, so I do not know. I do not send it to them again by myself.",
        )
    ]
    assert await status(liv) is AnnouncementStatus.SENT


async def test_the_card_shows_a_stop_by_another_leader(
    liv: Chat, people: Heia, screen: Screen, database: Database
) -> None:
    await send(liv)
    await Chat(database, people.nils).press(StopAnnouncement(1))
    assert await screen.after((), MONDAY + SECOND) == [
        (
            liv.person.telegram_id,
            CARD,
            "⏹ <b>Stopped.</b>\nTo: All staff\n\n░░░░░░░░░░\nDelivered: 0 of 4\n"
            "Stopped before it was sent: 4",
        )
    ]
    assert await screen.after((), MONDAY + MINUTE) == []
    assert await status(liv) is AnnouncementStatus.STOPPED


async def test_a_stop_during_the_edit_is_shown_next(liv: Chat, screen: Screen) -> None:
    await send(liv)
    await screen.batch(START)
    await liv.press(StopAnnouncement(1), CARD)
    ((_, _, text),) = await screen.after((), START + 2 * SECOND)
    assert text.startswith("⏹ <b>Stopped.</b>")


async def test_the_card_moves_to_the_message_that_was_opened_last(
    liv: Chat, people: Heia, screen: Screen
) -> None:
    await send(liv)
    await liv.press(ShowAnnouncement(1), 99)
    await Chat(liv.database, people.nils).press(ShowAnnouncement(1), 5)
    assert [(chat, message) for chat, message, _ in await screen.batch(START)] == [
        (liv.person.telegram_id, 99)
    ]


async def test_a_failed_edit_is_retried_and_blocks_no_other_card(
    liv: Chat, screen: Screen, road: Road
) -> None:
    await send(liv)
    screen.broken = True
    for _ in range(4):
        await screen.batch(START)
    assert len(road.sent) == 4
    assert await status(liv) is AnnouncementStatus.SENT
    screen.broken = False
    assert await screen.after((), START + 2 * SECOND) == [(liv.person.telegram_id, CARD, ALL)]


async def test_retries_of_a_failing_edit_are_limited(liv: Chat, screen: Screen, road: Road) -> None:
    await send(liv)
    for _ in range(4):
        await road.deliver(START)
    screen.broken = True
    tries = [len(await screen.after((), START + n * SECOND)) for n in range(MAX_FAILURES + 3)]
    assert tries == [1] * MAX_FAILURES + [0] * 3


@pytest.mark.parametrize("goes", ["leads no more", "forgotten"])
async def test_delivery_finishes_without_a_card_when_the_author_has_left(
    liv: Chat, screen: Screen, heia: MadeSchool, road: Road, goes: str
) -> None:
    await liv.tap(await liv.written("Hei", "of a group", "6A"), "Send", CARD)
    async with liv.database.writing() as db:
        if goes == "forgotten":
            await persons.forget(db, liv.person.id)
        else:
            await memberships.remove(db, heia.id, liv.person.membership_id)
    assert await screen.batch(START) == []
    assert len(road.sent) == 1
    assert await status(liv) is AnnouncementStatus.SENT


async def test_other_messages_and_other_schools_have_no_card(
    liv: Chat, people: Heia, screen: Screen, heia: MadeSchool, fjern: MadeSchool, database: Database
) -> None:
    await send(liv)
    async with database.writing() as db:
        other, _ = await outbox.enqueue(
            db, heia.id, HANDOVER, "1", Audience(frozenset({Role.LEADER})), now=MONDAY
        )
    sent_as = 1
    assert await screen.after({(heia.id, other), (fjern.id, sent_as)}, MONDAY) == []
    assert await screen.after({(heia.id, sent_as)}, MONDAY) != []


async def sent_to_all(liv: Chat, screen: Screen) -> None:
    await send(liv)
    for _ in range(4):
        await screen.batch(START)
    await screen.after((), START + 4 * SECOND)


CORRECTED = "✅ <b>Sent, Monday 2 November at 09:01</b>\nTo: All staff\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 4 of 4\n✏ "
LATER = START + MINUTE


async def correct(liv: Chat, message: int = CARD) -> None:
    liv.now = LATER
    await liv.press(CorrectAnnouncement(1))
    preview = await liv.type("Hallo")
    assert preview is not None
    await liv.tap(preview, "Replace", message)


async def test_the_card_shows_the_progress_of_a_correction(liv: Chat, screen: Screen) -> None:
    await sent_to_all(liv, screen)
    await correct(liv, 88)
    assert await status(liv) is AnnouncementStatus.SENDING
    ((_, message, text),) = await screen.batch(LATER)
    assert (message, text) == (
        88,
        "✏ <b>The text is being corrected.</b>\nTo: All staff\n\n▓▓░░░░░░░░\n"
        "✏ Corrected in 1 of 4 chats\nDelivered: 4 of 4",
    )
    for _ in range(2):
        assert await screen.batch(LATER + SECOND) == []
    ((_, _, text),) = await screen.batch(LATER + SECOND)
    assert text == CORRECTED + "Corrected in 4 of 4 chats"
    assert await status(liv) is AnnouncementStatus.SENT


async def test_a_sweep_after_a_restart_finds_the_card_of_a_withdrawal(
    liv: Chat, screen: Screen, road: Road, database: Database
) -> None:
    await sent_to_all(liv, screen)
    liv.now = LATER
    await liv.press(WithdrawAnnouncement(1), CARD)
    await road.deliver(LATER)
    started = Screen(database, road)
    ((_, message, text),) = await started.after((), LATER)
    assert (message, text.splitlines()[0]) == (
        CARD,
        "🗑 <b>Being withdrawn. I am deleting it in every chat that has it.</b>",
    )
    for _ in range(3):
        await road.deliver(LATER)
    ((_, _, text),) = await Screen(database, road).after((), LATER)
    assert text == ("🗑 <b>Withdrawn.</b>\nTo: All staff\n\n▓▓▓▓▓▓▓▓▓▓\nDeleted in 4 of 4 chats")
    assert await status(liv) is AnnouncementStatus.WITHDRAWN


async def test_an_uncertain_edit_is_retried_and_an_uncertain_message_is_not(
    liv: Chat, screen: Screen, road: Road, database: Database
) -> None:
    """A worker crashed while both were in flight."""
    await sent_to_all(liv, screen)
    await correct(liv)
    await liv.tap(await liv.written("Ny", "of a group", "6A"), "Send")
    due = LATER + MINUTE
    async with database.writing() as db:
        await expand_next(db, due)
        held = await claims.claim(db, "dead", due, due + LEASE, 5)
        assert len(await claims.mark_sending(db, "dead", [each.id for each in held])) == 5
    gone = due + LEASE + SECOND
    for n in range(12):
        await screen.batch(gone + n * SWEEP_INTERVAL)
    assert (len(road.changed), len(road.sent)) == (4, 4)
    async with database.reading() as db:
        assert await deliveries.count_by_status(db, liv.person.school_id, 3) == {DeliveryStatus.UNCERTAIN: 1}
