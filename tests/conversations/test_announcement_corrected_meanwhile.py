"""Race of a correction with the delivery worker: every reader ends with the new text, whichever commits first.

    one begins its transaction -> the other blocks, or does not -> the first commits -> the other goes on

The single steps run on PostgreSQL, where transactions are concurrent; the whole worker runs on both databases.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.handlers.announcement.card import StopAnnouncement
from bot.messages.compose import Composer
from bot.turn import Reply
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Failed, Sent
from scheduler.delivery.pipeline import IN_FLIGHT
from scheduler.expand import expand_due
from storage import corrections
from storage.database import Database
from storage.delivery import claims, occurrences, outcomes
from storage.delivery.claims import Claimed
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus
from tests.support.announcing import LATER, MINUTE, Chat, corrected
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import press, turn

WORKER = "worker"
MOMENT_S, PATIENCE_S = 0.05, 10.0
ONLY_THE_NEW_TEXT = {"has": ["18", "✏19"], "gets": ["18", "✏19"], "ready": ["19"], "waits": ["19"]}
"""For all readers whose delivery was not in flight before the correction."""


@dataclass
class Hand:
    """A worker, step by step; `ready` has the claimed deliveries as they were composed."""

    database: Database
    ready: dict[int, tuple[Claimed, Reply]] = field(default_factory=dict)
    on_their_way: list[tuple[Claimed, Reply]] = field(default_factory=list)
    got: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By reader: the last word of each text, with a ✏ before an edit."""

    async def claim(self, db: AsyncSession, most: int = 100) -> list[Claimed]:
        return await claims.claim(db, WORKER, LATER, LATER + timedelta(minutes=5), most)

    async def compose(self, batch: list[Claimed]) -> None:
        async with self.database.reading() as db:
            for claimed in batch:
                reply = await Composer(FEATURES).compose(db, claimed, LATER)
                assert reply is not None
                self.ready[claimed.id] = (claimed, reply)

    async def mark(self, db: AsyncSession) -> list[int]:
        """Marks the ready deliveries as in flight; those with a lost claim are discarded."""
        marked = await claims.mark_sending(db, WORKER, list(self.ready))
        self.on_their_way += [self.ready[each] for each in sorted(marked)]
        self.ready.clear()
        return sorted(marked)

    async def arrive(self) -> None:
        async with self.database.writing() as db:
            await outcomes.record(
                db,
                WORKER,
                [
                    Outcome(claimed.id, DeliveryStatus.SENT, message_id=claimed.id, sent_at=LATER)
                    for claimed, _ in self.on_their_way
                ],
            )
        for claimed, reply in self.on_their_way:
            assert reply.onto is None or reply.onto.message is not None
            self.got[claimed.person_id].append("✏" * (reply.onto is not None) + str(reply.text)[-2:])
        self.on_their_way.clear()

    async def finish(self) -> None:
        """Delivers everything that is left."""
        await self.arrive()
        while True:
            async with self.database.writing() as db:
                batch = await self.claim(db)
            if not batch:
                return
            await self.compose(batch)
            async with self.database.writing() as db:
                await self.mark(db)
            await self.arrive()


@dataclass
class Meeting:
    """Four deliveries of a text: sent, in flight, claimed and composed, waiting."""

    hand: Hand
    leader: MadePerson
    has: MadePerson
    gets: MadePerson
    ready: MadePerson
    waits: MadePerson
    correct: Callable[[AsyncSession], Awaitable[object]]

    def result(self) -> dict[str, list[str]]:
        names = ("has", "gets", "ready", "waits")
        return {name: self.hand.got[getattr(self, name).id] for name in names}


@pytest_asyncio.fixture
async def meeting(database: Database, heia: MadeSchool) -> Meeting:
    async with database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Liv", language="en")
        has, gets, ready, waits = [await make_person(db, heia, Role.FAMILY, language="en") for _ in range(4)]
    liv, hand = Chat(database, leader), Hand(database)
    await liv.tap(await liv.written("Kl. 18", "All families"), "Send")
    liv.now = LATER
    await expand_due(database, LATER)
    for step in (hand.arrive, None):
        async with database.writing() as db:
            batch = await hand.claim(db, 1)
        await hand.compose(batch)
        async with database.writing() as db:
            await hand.mark(db)
        if step is not None:
            await step()
    async with database.writing() as db:
        batch = await hand.claim(db, 1)
    await hand.compose(batch)
    replace = press(await corrected(liv, "Kl. 19"), "Replace")

    async def correct(db: AsyncSession) -> None:
        here = await turn(db, leader.telegram_id, now=LATER, message=10)
        await FEATURES.presses[type(replace)](here, replace)

    return Meeting(hand, leader, has, gets, ready, waits, correct)


Step = Callable[[AsyncSession], Awaitable[object]]


async def one_then_the_other(database: Database, first: Step, second: Step, *, waits: bool) -> object:
    """Runs two concurrent transactions; the second blocks on the first, or does not. Returns the results."""

    async def other() -> object:
        async with database.writing() as db:
            return await second(db)

    async with database.writing() as db:
        await first(db)
        task = asyncio.create_task(other())
        done, _ = await asyncio.wait([task], timeout=MOMENT_S if waits else PATIENCE_S)
        assert bool(done) is not waits
    return await task


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
async def test_claim_skips_deliveries_locked_by_a_correction(database: Database, meeting: Meeting) -> None:
    hand = meeting.hand
    assert await one_then_the_other(database, meeting.correct, hand.claim, waits=False) == []
    async with database.writing() as db:
        assert await hand.mark(db) == [], "what lay ready with the old text is no longer its own"
    await hand.finish()
    assert meeting.result() == ONLY_THE_NEW_TEXT


@on_postgresql
async def test_mark_sending_blocks_on_a_correction_and_finds_the_claim_released(
    database: Database, meeting: Meeting
) -> None:
    hand = meeting.hand
    assert await one_then_the_other(database, meeting.correct, hand.mark, waits=True) == []
    await hand.finish()
    assert meeting.result() == ONLY_THE_NEW_TEXT


@on_postgresql
async def test_a_correction_releases_a_concurrent_claim(database: Database, meeting: Meeting) -> None:
    """The worker composes the old text while the correction waits for its claim, and then may not send it."""
    hand = meeting.hand

    async def claim_and_compose(db: AsyncSession) -> None:
        [claimed] = await hand.claim(db)
        assert claimed.person_id == meeting.waits.id
        await hand.compose([claimed])

    await one_then_the_other(database, claim_and_compose, meeting.correct, waits=True)
    async with database.writing() as db:
        assert await hand.mark(db) == []
    await hand.finish()
    assert meeting.result() == ONLY_THE_NEW_TEXT


@on_postgresql
async def test_a_delivery_in_flight_gets_a_correction(database: Database, meeting: Meeting) -> None:
    await one_then_the_other(database, meeting.hand.mark, meeting.correct, waits=True)
    await meeting.hand.finish()
    assert meeting.result() == ONLY_THE_NEW_TEXT | {"ready": ["18", "✏19"]}


@on_postgresql
async def test_a_correction_concurrent_with_a_stop_reaches_all_who_have_the_message(
    database: Database, meeting: Meeting
) -> None:
    """Both increment `correction_number`."""

    async def stop(db: AsyncSession) -> None:
        here = await turn(db, meeting.leader.telegram_id, now=LATER, message=10)
        await FEATURES.presses[StopAnnouncement](here, StopAnnouncement(1))

    await one_then_the_other(database, stop, meeting.correct, waits=True)
    async with database.writing() as db:
        assert await meeting.hand.mark(db) == []
    await meeting.hand.finish()
    assert meeting.result() == ONLY_THE_NEW_TEXT | {"ready": [], "waits": []}


@on_postgresql
async def test_expansion_blocks_on_a_correction(database: Database, heia: MadeSchool) -> None:
    """Otherwise a member who joins at that moment would be sent the old text, and no correction."""
    async with database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Liv", language="en")
        await make_person(db, heia, Role.FAMILY)
    liv = Chat(database, leader)
    await liv.tap(await liv.written("Kl. 18", "All families"), "Send")
    async with database.writing() as db:
        sent = await occurrences.find(db, heia.id, "announcement", "1", "")
        assert sent is not None
        await corrections.lock(db, heia.id, sent.id)
        assert await expand_due(database, LATER) == set()
    assert await expand_due(database, LATER) == {(heia.id, sent.id)}


# --- the whole worker ---------------------------------------------------------------------------------------


BEFORE = 20
"""The number of readers with the old text when the leader taps."""


class Pace:
    """Sends a few at a time, so that many composed deliveries are ready."""

    backoff_left = 0.0
    capacity = 5


async def test_a_correction_during_a_broadcast_reaches_every_reader(
    database: Database, heia: MadeSchool
) -> None:
    """Ready deliveries are released and due again at once: they must be composed anew."""
    async with database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Liv", language="en")
        readers = [await make_person(db, heia, Role.FAMILY, language="en") for _ in range(150)]
    liv, clock = Chat(database, leader), MovableClock(LATER, running=False)
    await liv.tap(await liv.written("Kl. 18", "All families"), "Send")
    liv.now = LATER
    got: dict[int, list[str]] = {reader.telegram_id: [] for reader in readers}
    correcting: list[asyncio.Task[Reply]] = []

    async def correct() -> Reply:
        return await liv.tap(await corrected(liv, "Kl. 19"), "Replace")

    async def send(reply: Reply, chat: int) -> Sent | Failed:
        await asyncio.sleep(0)
        if correcting:  # a slow network
            await asyncio.wait(correcting)
        if reply.onto is not None and reply.onto.message is None:
            return Failed(DeliveryStatus.WAITING, "still in flight", retry_in=MINUTE)
        got[chat].append("✏" * (reply.onto is not None) + str(reply.text)[-2:])
        if not correcting and sum(map(len, got.values())) == BEFORE:
            correcting.append(asyncio.create_task(correct()))
        return Sent(chat)

    deliverer = Deliverer(database, clock, WORKER, Composer(FEATURES).compose, send, pace=Pace())
    for now in (LATER, LATER + 2 * MINUTE):
        clock.set(now)
        while await deliverer.deliver():
            pass
    await asyncio.gather(*correcting)
    texts_by_reader = Counter(map(tuple, got.values()))
    assert set(texts_by_reader) == {("18", "✏19"), ("19",)}
    assert BEFORE <= texts_by_reader["18", "✏19"] <= BEFORE + IN_FLIGHT
