"""Correction, withdrawal and read receipts over HTTP, with restarts half-way.

Two of the readers have blocked the bot since; their messages cannot be edited or deleted, and are counted.
"""

from collections import Counter
from datetime import timedelta

import pytest

from pals.roles import Role
from scheduler.delivery import deliverer
from storage.database import Database
from tests.journeys.conftest import Phone, Stage, rows
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY

FAMILIES = 6
SECOND = timedelta(seconds=1)


class Families:
    """A leader who has sent a message to six families, of whom two have blocked the bot since."""

    def __init__(self, stage: Stage, liv: Phone, phones: list[Phone]) -> None:
        self.stage, self.liv, self.phones = stage, liv, phones

    async def texts(self) -> list[list[str]]:
        """The announcement texts on each family's phone."""
        chats = [await phone.chat() for phone in self.phones]
        return [[text.split("\n")[-1] for text in chat.texts if "leadership" in text] for chat in chats]

    async def good(self, method: str) -> Counter[int]:
        """The successful calls of a method, by family chat."""
        numbers = {phone.who.id for phone in self.phones}
        calls = await self.stage.sim.calls(method)
        return Counter(
            int(call["params"]["chat_id"])
            for call in calls
            if call["ok"] and int(call["params"]["chat_id"]) in numbers
        )

    async def half(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Delivers two, and restarts the bot."""
        monkeypatch.setattr(deliverer, "BATCH", 2)
        await self.stage.bot.deliverer.deliver()
        monkeypatch.undo()
        await self.stage.restart()

    async def rest(self) -> None:
        """Delivers the rest, on an advancing clock."""
        for _ in range(4):
            self.stage.clock.set(self.stage.clock.now() + 40 * SECOND)
            await self.stage.bot.deliver()


@pytest.fixture
async def families(stage: Stage, database: Database, heia: MadeSchool) -> Families:
    async with database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Liv", language="en")
        made: list[MadePerson] = [
            await make_person(db, heia, Role.FAMILY, ["5B"], language="en") for _ in range(FAMILIES)
        ]
    liv = await stage.phone(leader, name="Liv")
    phones = [await stage.phone(each) for each in made]
    await liv.write("/kunngjoring")
    await liv.tap("All families: 6")
    await liv.write("Kl. 18")
    await liv.tap("📤 Send")
    stage.clock.set(MONDAY + timedelta(minutes=1))
    await stage.bot.deliver()
    await liv.sees("✅ Sent")
    for phone, person in zip(phones[:2], made[:2], strict=True):
        await stage.sim.block(phone.who)
        await stage.unreachable(person)
    return Families(stage, liv, phones)


async def test_a_correction_resumes_after_a_restart_and_edits_each_chat_once(
    stage: Stage, families: Families, monkeypatch: pytest.MonkeyPatch
) -> None:
    liv = families.liv
    await liv.tap("✏ Correct the text")
    await stage.restart()
    preview = await liv.write("Kl. 19")
    assert "It takes the old text's place in the 6 chats that have it." in preview["text"]
    await stage.restart()
    card = await liv.tap("✅ Replace the old text")
    assert card["text"].startswith("✏ The text is being corrected.")
    await families.half(monkeypatch)
    await families.half(monkeypatch)
    assert 0 < sum((await families.good("editMessageText")).values()) < FAMILIES - 2
    await stage.sim.fault("editMessageText", "status", times=2, status=502)
    await stage.sim.fault("editMessageText", "drop", times=1, after=True)
    await families.rest()
    texts = await families.texts()
    assert texts[2:] == [["Kl. 19"]] * 4
    assert texts[:2] == [["Kl. 18"]] * 2
    assert set((await families.good("editMessageText")).values()) <= {1}
    ended = await liv.sees("✅ Sent")
    assert ended["message_id"] == card["message_id"]
    assert ended["text"] == (
        "✅ Sent, Monday 2 November at 09:01\nTo: All families\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 6 of 6\n"
        "✏ Corrected in 4 of 6 chats\nCould not be corrected: 2. They have the old text.\n\nKl. 19"
    )
    assert rows(ended) == [["✏ Correct the text", "🗑 Withdraw"], ["📣 Write to many"]]


async def test_a_withdrawal_resumes_after_a_restart_and_deletes_in_each_chat(
    stage: Stage, families: Families, monkeypatch: pytest.MonkeyPatch
) -> None:
    liv = families.liv
    await liv.tap("🗑 Withdraw")
    await stage.restart()
    card = await liv.tap("🗑 Withdraw")
    assert card["text"].startswith("🗑 Being withdrawn.")
    await families.half(monkeypatch)
    await families.half(monkeypatch)
    assert 0 < sum((await families.good("deleteMessage")).values()) < FAMILIES - 2
    await stage.sim.fault("deleteMessage", "status", times=1, status=500)
    await stage.sim.fault("deleteMessage", "drop", times=1, after=True)
    await families.rest()
    assert (await families.texts())[2:] == [[]] * 4
    ended = await liv.sees("🗑 Withdrawn.")
    assert ended["text"] == (
        "🗑 Withdrawn.\nTo: All families\n\n▓▓▓▓▓▓▓▓▓▓\nDeleted in 4 of 6 chats\n"
        "Could not be deleted: 2. They still have it.\n\nKl. 18"
    )
    assert rows(ended) == [["📣 Write to many"]]


async def test_a_read_receipt_marks_the_button_in_place(
    stage: Stage, database: Database, heia: MadeSchool
) -> None:
    async with database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Liv", language="en")
        staff = [await make_person(db, heia, Role.STAFF, language="en") for _ in range(5)]
    liv = await stage.phone(leader, name="Liv")
    ada, *_ = [await stage.phone(each) for each in staff]
    await liv.write("/kunngjoring")
    await liv.tap("All staff: 6")
    await liv.write("Kl. 18")
    await liv.tap("👁 Ask whether they have seen it")
    await liv.tap("📤 Send")
    stage.clock.set(MONDAY + timedelta(minutes=1))
    await stage.bot.deliver()
    letter = await ada.sees("Kl. 18")
    assert rows(letter) == [["👁 Seen"]]
    await stage.restart()
    seen = await ada.tap("👁 Seen")
    assert (seen["message_id"], seen["text"], rows(seen)) == (
        letter["message_id"],
        letter["text"],
        [["✓ Seen"]],
    )
    assert await ada.forge(f"ae:{heia.id}:1") == "Thank you. It is counted, without your name."
    card = await liv.write("/kunngjoring")
    assert rows(card)[3] == ["✅ 2 November: Kl. 18"]
    assert "👁 Seen: 1 of 6" in (await liv.tap("✅ 2 November: Kl. 18"))["text"]
