"""Read receipts: readers confirm that they saw an announcement, and the leader sees the count."""

import pytest

from bot.errors import Gone, NotMember
from bot.handlers.announcement.card import ReplaceText, WithdrawAnnouncement
from bot.handlers.announcement.letter import MarkSeen
from bot.handlers.shared_presses import ShowAnnouncement
from bot.services.announcements import read_receipts as verbs
from bot.services.announcements.write import text_fingerprint
from bot.turn import Reply
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Sent
from storage import announcements, read_receipts, retention
from storage import people as persons
from storage.data_protection import DELIVERIES
from storage.database import Database
from storage.personal_data import count_rows as counted
from storage.tables import AnnouncementStatus as Status
from storage.tables import Delivery
from tests.support.announcing import MINUTE, Chat, Heia, Road, letter_to
from tests.support.people import MadePerson, MadeSchool, join, make_person
from tests.support.turns import MONDAY, labels

GONE_OUT = MONDAY + MINUTE
UNSEEN, WAS_SEEN = [["👁 Seen"]], [["✓ Seen"]]


class Letters(Road):
    """A transport that keeps the whole message of each reader."""

    def __init__(self, database: Database, clock: MovableClock) -> None:
        super().__init__(database, clock)
        self.of: dict[int, Reply] = {}
        self.send = self.keep

    async def keep(self, reply: Reply, chat: int) -> Sent:
        self.of[chat] = reply
        return Sent(chat % 1000)


@pytest.fixture
def road(database: Database) -> Letters:
    return Letters(database, MovableClock(MONDAY, running=False))


async def sent(liv: Chat, road: Letters, audience: str = "All staff") -> None:
    preview = await liv.tap(await liv.written("Kl. 18", audience), "Ask whether")
    await liv.tap(preview, "Send")
    await road.deliver(GONE_OUT)


async def staff(database: Database, heia: MadeSchool, count: int) -> list[MadePerson]:
    async with database.writing() as db:
        return [await make_person(db, heia, Role.STAFF, language="en") for _ in range(count)]


async def seen_line(liv: Chat) -> str:
    (line,) = [
        line for line in str((await liv.press(ShowAnnouncement(1))).text).splitlines() if line.startswith("👁")
    ]
    return line


async def test_a_receipt_is_requested_only_when_the_leader_asks_for_it(
    liv: Chat, people: Heia, road: Letters
) -> None:
    preview = await liv.written("Kl. 18", "All staff")
    asks = await liv.tap(preview, "Ask whether")
    assert (
        "👁 Under it stands a button to say that one has seen it. You will see how many did, and never who."
        in asks.text
    )
    does_not = await liv.tap(asks, "Do not ask")
    assert (str(does_not.text), labels(does_not)) == (str(preview.text), labels(preview))
    await liv.tap(await liv.tap(asks, "Do not ask"), "Send")
    await road.deliver(GONE_OUT)
    assert road.of[people.ada.telegram_id] == Reply(letter_to(people.ada, "Kl. 18")[1])


async def test_a_send_button_from_before_the_request_shows_the_current_preview(
    liv: Chat, road: Letters
) -> None:
    preview = await liv.written("Kl. 18", "All staff")
    await liv.tap(preview, "Ask whether")
    assert "👁 Under it stands a button" in (await liv.tap(preview, "Send")).text
    assert await road.deliver(GONE_OUT) == set()


async def test_a_receipt_is_counted_once_and_marks_the_button(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool, road: Letters
) -> None:
    await staff(database, heia, 2)
    await sent(liv, road)
    letter = road.of[people.ada.telegram_id]
    assert labels(letter) == UNSEEN
    assert await seen_line(liv) == "👁 Seen: 0 of 6"
    ada = Chat(database, people.ada)
    for _ in range(2):
        answer = await ada.tap(letter, "Seen")
        assert (answer.text, labels(answer), answer.toast) == (
            letter.text,
            WAS_SEEN,
            "Thank you. It is counted, without your name.",
        )
    await Chat(database, people.cato).tap(road.of[people.cato.telegram_id], "Seen")
    assert await seen_line(liv) == "👁 Seen: 2 of 6"


@pytest.mark.parametrize(("audience", "reached"), [("All staff", 4), ("All families", 3)])
async def test_the_count_is_withheld_for_few_readers(
    liv: Chat, road: Letters, audience: str, reached: int
) -> None:
    await sent(liv, road, audience)
    assert len(road.of) == reached
    assert await seen_line(liv) == "👁 Seen: not shown, because so few have got it."


async def test_a_receipt_of_a_person_without_a_delivery_is_refused(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool, fjern: MadeSchool, road: Letters
) -> None:
    await sent(liv, road)
    for who, pressed in (
        (people.of_6a, MarkSeen(heia.id, 1)),
        (people.far, MarkSeen(heia.id, 1)),
        (people.far, MarkSeen(fjern.id, 1)),
        (people.ada, MarkSeen(fjern.id, 1)),
        (people.ada, MarkSeen(heia.id, 2)),
    ):
        with pytest.raises(Gone):
            await Chat(database, who).press(pressed)
    with pytest.raises(NotMember):
        async with database.writing() as db:
            await verbs.record_receipt(db, None, heia.id, 1, MONDAY)
    async with database.reading() as db:
        assert await read_receipts.count(db, heia.id, 1) == 0


async def test_a_receipt_that_was_not_requested_is_refused(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool, road: Letters
) -> None:
    await liv.tap(await liv.written("Kl. 18", "All staff"), "Send")
    await road.deliver(GONE_OUT)
    with pytest.raises(Gone):
        await Chat(database, people.ada).press(MarkSeen(heia.id, 1))


async def test_a_reader_whose_current_school_is_another_can_confirm(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool, fjern: MadeSchool, road: Letters
) -> None:
    await sent(liv, road)
    async with database.writing() as db:
        elsewhere, _ = await join(db, people.ada.id, fjern, Role.FAMILY, ["5B"])
        await persons.choose_membership(db, people.ada.id, elsewhere)
    letter = road.of[people.ada.telegram_id]
    answer = await Chat(database, people.ada).tap(letter, "Seen")
    assert (answer.text, labels(answer)) == (letter.text, WAS_SEEN)


async def test_a_correction_keeps_the_receipts_and_a_withdrawal_ends_them(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool, road: Letters
) -> None:
    await sent(liv, road)
    ada = Chat(database, people.ada)
    await ada.press(MarkSeen(heia.id, 1))
    async with database.writing() as db:
        await announcements.write_correction(db, heia.id, 1, "Kl. 19", [Status.SENDING])
    await liv.press(ReplaceText(1, text_fingerprint("Kl. 19")))
    await road.deliver(GONE_OUT + MINUTE)
    assert labels(road.of[people.ada.telegram_id]) == WAS_SEEN
    assert labels(road.of[people.cato.telegram_id]) == UNSEEN
    assert "Kl. 19" in (await ada.press(MarkSeen(heia.id, 1))).text
    await liv.press(WithdrawAnnouncement(1))
    with pytest.raises(Gone):
        await ada.press(MarkSeen(heia.id, 1))


async def test_a_receipt_is_deleted_with_its_delivery(
    liv: Chat, people: Heia, database: Database, heia: MadeSchool, road: Letters
) -> None:
    await sent(liv, road)
    await Chat(database, people.ada).press(MarkSeen(heia.id, 1))
    async with database.writing() as db:
        assert [each.rows for each in await counted(db, people.ada.id) if each.table == "read_receipt"] == [1]
        assert [each.rows for each in await counted(db, people.cato.id) if each.table == "read_receipt"] == []
        await persons.forget(db, people.ada.id)
        assert await read_receipts.count(db, heia.id, 1) == 1
        await retention.expire(db, Delivery, GONE_OUT + MINUTE + DELIVERIES)
        assert await read_receipts.count(db, heia.id, 1) == 0
