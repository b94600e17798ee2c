"""One chat and all others: its messages go one at a time and in their order, and nobody else waits for that."""

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
WISHES, FAMILIES_THERE = 8, 20
PATIENCE_S = 1.0
STAFF_ALONE = Audience(frozenset({Role.STAFF}))


class Line:
    """Takes four messages at a time. One into the slow chat takes until everybody else has theirs."""

    halt_left = 0.0

    def __init__(self, slow_chat: int) -> None:
        self._slow_chat = slow_chat
        self._others_done = asyncio.Event()
        self._on_its_way = Counter[int]()
        self.most_at_once = Counter[int]()
        self.arrived: list[tuple[int, str]] = []

    @property
    def room(self) -> int:
        return 4 - self._on_its_way.total()

    async def send(self, claimed: Claimed, chat: int) -> Sent:
        self._on_its_way[chat] += 1
        self.most_at_once[chat] = max(self.most_at_once[chat], self._on_its_way[chat])
        if chat == self._slow_chat:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._others_done.wait()
        else:
            await asyncio.sleep(0)
        self._on_its_way[chat] -= 1
        self.arrived.append((chat, claimed.ref))
        if len({other for other, _ in self.arrived if other != self._slow_chat}) == FAMILIES_THERE:
            self._others_done.set()
        return Sent(len(self.arrived))


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


async def test_one_who_gets_many_gets_them_in_order_and_holds_up_nobody(
    database: Database, heia: MadeSchool, lise: MadePerson
) -> None:
    """Of two changes to one message the later must be the last to arrive; and a limit counts for each chat."""
    async with database.writing() as db:
        families = [await make_person(db, heia, Role.FAMILY) for _ in range(FAMILIES_THERE)]
        for number in range(WISHES):
            only_her = Audience(person_id=lise.id)
            await outbox.enqueue(db, heia.id, JOIN_REQUESTED, str(number), only_her, now=NOON)
        await outbox.enqueue(db, heia.id, ANNOUNCEMENT, "all", FAMILIES, now=NOON)
    line = Line(lise.telegram_id)
    clock = MovableClock(NOON, running=False)
    await Deliverer(database, clock, "one", as_it_is, line.send, pace=line).deliver()
    assert line.most_at_once == Counter({lise.telegram_id, *(family.telegram_id for family in families)})
    assert [ref for chat, ref in line.arrived if chat == lise.telegram_id] == [str(n) for n in range(WISHES)]
    assert {chat for chat, _ in line.arrived[:FAMILIES_THERE]} == {family.telegram_id for family in families}


async def test_what_is_due_meanwhile_does_not_wait_for_one_slow_answer(
    database: Database, heia: MadeSchool, lise: MadePerson, tor: MadePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "RECHECK_S", 0.05)
    clock = MovableClock(NOON, running=False)
    on_its_way, tor_has_his = asyncio.Event(), asyncio.Event()
    arrived: list[tuple[int, str]] = []

    async def put(reader: Audience, ref: str, due: datetime) -> None:
        async with database.writing() as db:
            await outbox.enqueue(db, heia.id, ANNOUNCEMENT, ref, reader, now=NOON, due=due)

    async def send(claimed: Claimed, chat: int) -> Sent:
        if chat == lise.telegram_id:
            on_its_way.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(5 * PATIENCE_S):
                    await tor_has_his.wait()
        arrived.append((chat, claimed.ref))
        if len(arrived) == 2:
            tor_has_his.set()
        return Sent(1)

    await put(Audience(person_id=lise.id), "slow", NOON)
    delivering = asyncio.create_task(Deliverer(database, clock, "one", as_it_is, send).deliver())
    await on_its_way.wait()
    await put(Audience(person_id=tor.id), "at once", NOON)
    await put(STAFF_ALONE, "a minute later", NOON + timedelta(minutes=1))
    clock.set(NOON + timedelta(minutes=1))
    await delivering
    tor_s = [(tor.telegram_id, "at once"), (tor.telegram_id, "a minute later")]
    assert arrived == [*tor_s, (lise.telegram_id, "slow")]
