"""Per-chat order: one message at a time into a chat, without blocking others (no head-of-telegram blocking)."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import outbox
from bot.services.announcements.write import ANNOUNCEMENT
from bot.services.joining import JOIN_REQUESTED
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery import pipeline
from scheduler.delivery.deliverer import Deliverer, Sent
from storage.database import Database
from storage.delivery.audiences import FAMILIES, Audience
from storage.delivery.claims import Claimed
from tests.support.people import MadePerson, MadeSchool, make_person

NOON = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)
MESSAGES, FAMILY_COUNT = 8, 20
TIMEOUT_S = 1.0
STAFF_ALONE = Audience(frozenset({Role.STAFF}))


class SlowTelegram:
    """A fake Telegram with a capacity of four; a message into the slow chat takes until all others have arrived."""

    backoff_left = 0.0

    def __init__(self, slow_chat: int) -> None:
        self._slow_chat = slow_chat
        self._others_done = asyncio.Event()
        self._in_flight = Counter[int]()
        self.peak_in_flight = Counter[int]()
        self.arrived: list[tuple[int, str]] = []

    @property
    def capacity(self) -> int:
        return 4 - self._in_flight.total()

    async def send(self, claimed: Claimed, chat: int) -> Sent:
        self._in_flight[chat] += 1
        self.peak_in_flight[chat] = max(self.peak_in_flight[chat], self._in_flight[chat])
        if chat == self._slow_chat:
            with suppress(TimeoutError):
                async with asyncio.timeout(TIMEOUT_S):
                    await self._others_done.wait()
        else:
            await asyncio.sleep(0)
        self._in_flight[chat] -= 1
        self.arrived.append((chat, claimed.ref))
        if len({other for other, _ in self.arrived if other != self._slow_chat}) == FAMILY_COUNT:
            self._others_done.set()
        return Sent(len(self.arrived))


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


async def test_messages_of_one_chat_are_sent_in_order_and_do_not_block_other_chats(
    database: Database, heia: MadeSchool, lise: MadePerson
) -> None:
    """Of two edits of one message the later must arrive last; and the rate limit is per chat."""
    async with database.writing() as db:
        families = [await make_person(db, heia, Role.FAMILY) for _ in range(FAMILY_COUNT)]
        for number in range(MESSAGES):
            only_her = Audience(person_id=lise.id)
            await outbox.enqueue(db, heia.id, JOIN_REQUESTED, str(number), only_her, now=NOON)
        await outbox.enqueue(db, heia.id, ANNOUNCEMENT, "all", FAMILIES, now=NOON)
    telegram = SlowTelegram(lise.telegram_id)
    clock = MovableClock(NOON, running=False)
    await Deliverer(database, clock, "one", as_it_is, telegram.send, pace=telegram).deliver()
    assert telegram.peak_in_flight == Counter(
        {lise.telegram_id, *(family.telegram_id for family in families)}
    )
    assert [ref for chat, ref in telegram.arrived if chat == lise.telegram_id] == [
        str(n) for n in range(MESSAGES)
    ]
    assert {chat for chat, _ in telegram.arrived[:FAMILY_COUNT]} == {
        family.telegram_id for family in families
    }


async def test_one_slow_response_does_not_delay_what_becomes_due_meanwhile(
    database: Database, heia: MadeSchool, lise: MadePerson, tor: MadePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "RECHECK_S", 0.05)
    clock = MovableClock(NOON, running=False)
    in_flight, tor_has_his = asyncio.Event(), asyncio.Event()
    arrived: list[tuple[int, str]] = []

    async def put(reader: Audience, ref: str, due: datetime) -> None:
        async with database.writing() as db:
            await outbox.enqueue(db, heia.id, ANNOUNCEMENT, ref, reader, now=NOON, due=due)

    async def send(claimed: Claimed, chat: int) -> Sent:
        if chat == lise.telegram_id:
            in_flight.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(5 * TIMEOUT_S):
                    await tor_has_his.wait()
        arrived.append((chat, claimed.ref))
        if len(arrived) == 2:
            tor_has_his.set()
        return Sent(1)

    await put(Audience(person_id=lise.id), "slow", NOON)
    delivering = asyncio.create_task(Deliverer(database, clock, "one", as_it_is, send).deliver())
    await in_flight.wait()
    await put(Audience(person_id=tor.id), "at once", NOON)
    await put(STAFF_ALONE, "a minute later", NOON + timedelta(minutes=1))
    clock.set(NOON + timedelta(minutes=1))
    await delivering
    tor_s = [(tor.telegram_id, "at once"), (tor.telegram_id, "a minute later")]
    assert arrived == [*tor_s, (lise.telegram_id, "slow")]
