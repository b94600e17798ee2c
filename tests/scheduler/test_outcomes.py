"""Failures by kind: retried with backoff, waited out, stopped for all readers, or left uncertain."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.messages.compose import Composer
from bot.services import outbox
from bot.services import problems as problem_notices
from bot.services.announcements.write import ANNOUNCEMENT
from bot.services.joining import JOIN_ANSWERED
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Failed, Sent
from scheduler.delivery.policy import RETRY_BACKOFF
from scheduler.delivery.ready_queue import PROBES
from scheduler.message_kind import WEEK
from storage.database import Database
from storage.delivery import occurrences
from storage.delivery.audiences import FAMILIES, STAFF
from storage.delivery.claims import Claimed
from storage.tables import Delivery, DeliveryStatus, OccurrenceStatus, School
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import turn

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
REFUSED = "Bad Request: can't parse entities"
Answer = Callable[[Claimed], Sent | Failed]


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


class Worker:
    """A worker with a fake Telegram: returns what `answer` returns, and records every attempt."""

    def __init__(self, database: Database, school: MadeSchool) -> None:
        self.database, self.school = database, school
        self.clock = MovableClock(NOW, running=False)
        self.answer: Answer = lambda claimed: Sent(claimed.id)
        self.tried: list[tuple[str, int, datetime]] = []
        self.deliverer = Deliverer(
            database, self.clock, "one", as_it_is, self.send, notify_refused=problem_notices.notify_refused
        )

    async def send(self, claimed: Claimed, chat: int) -> Sent | Failed:
        self.tried.append((claimed.kind, chat, self.clock.now()))
        return self.answer(claimed)

    async def readers(self, count: int) -> list[MadePerson]:
        async with self.database.writing() as db:
            return [await make_person(db, self.school, Role.FAMILY) for _ in range(count)]

    async def put(self, *, valid_for: timedelta = WEEK) -> int:
        async with self.database.writing() as db:
            occurrence, _ = await outbox.enqueue(
                db, self.school.id, ANNOUNCEMENT, "1", FAMILIES, now=self.clock.now(), valid_for=valid_for
            )
            return occurrence

    async def deliver(self) -> None:
        while await self.deliverer.deliver():
            pass

    async def rows(self, occurrence: int) -> list[Delivery]:
        async with self.database.reading() as db:
            found = await db.exec(
                select(Delivery).where(col(Delivery.occurrence_id) == occurrence).order_by("id")
            )
            return list(found)


@pytest_asyncio.fixture
async def worker(database: Database, heia: MadeSchool) -> Worker:
    async with database.writing() as db:  # no quiet hours in these tests
        await db.exec(update(School).values(quiet_hours={}))
    return Worker(database, heia)


async def test_unsent_messages_are_retried_with_backoff_until_the_deadline(worker: Worker) -> None:
    await worker.readers(1)
    occurrence = await worker.put(valid_for=timedelta(minutes=30))
    worker.answer = lambda _: Failed(DeliveryStatus.WAITING, "no connection", retry_in=timedelta(seconds=1))
    for _ in range(10):
        await worker.deliver()
        (row,) = await worker.rows(occurrence)
        worker.clock.set(max(row.due_at, worker.clock.now()))
    waits = [
        later - earlier for (*_, earlier), (*_, later) in zip(worker.tried, worker.tried[1:], strict=False)
    ]
    assert waits == [*RETRY_BACKOFF, RETRY_BACKOFF[-1]]
    assert (row.status, row.attempts) == (DeliveryStatus.MISSED, len(worker.tried))


async def test_a_rate_limit_is_waited_out_and_does_not_count_as_an_attempt(worker: Worker) -> None:
    await worker.readers(1)
    occurrence = await worker.put()
    worker.answer = lambda _: Failed(
        DeliveryStatus.WAITING, "too many requests", retry_in=timedelta(minutes=7), rate_limited=True
    )
    await worker.deliver()
    (row,) = await worker.rows(occurrence)
    assert (row.status, row.attempts, row.due_at) == (
        DeliveryStatus.WAITING,
        0,
        NOW + timedelta(minutes=7),
    )


async def test_an_absurd_retry_after_is_capped_at_a_day(worker: Worker) -> None:
    """Datetime overflow: an outcome that cannot be recorded would be retried for ever."""
    await worker.readers(1)
    occurrence = await worker.put()
    worker.answer = lambda _: Failed(
        DeliveryStatus.WAITING, "too many requests", retry_in=timedelta(days=4_000_000), rate_limited=True
    )
    async with asyncio.timeout(5):
        await worker.deliver()
    (row,) = await worker.rows(occurrence)
    assert (row.status, row.due_at) == (DeliveryStatus.WAITING, NOW + timedelta(days=1))


async def test_a_text_refused_for_all_probes_is_stopped_and_the_leader_is_notified(
    worker: Worker, lise: MadePerson
) -> None:
    await worker.readers(500)
    occurrence = await worker.put()
    worker.answer = lambda claimed: (
        Failed(DeliveryStatus.REFUSED, REFUSED) if claimed.kind == "announcement" else Sent(claimed.id)
    )
    await worker.deliver()
    tried = Counter(kind for kind, _, _ in worker.tried)
    assert tried == {"announcement": PROBES, "refused": 1}
    assert worker.tried[-1][:2] == ("refused", lise.telegram_id)
    rows = await worker.rows(occurrence)
    assert Counter((row.status, row.error) for row in rows) == {(DeliveryStatus.REFUSED, REFUSED): 500}
    async with worker.database.reading() as db:
        row = await occurrences.by_id(db, worker.school.id, occurrence)
        assert row is not None
        assert (row.status, row.refusal) == (OccurrenceStatus.REFUSED, REFUSED)


async def test_the_leaders_letter_names_the_message_and_telegrams_error(worker: Worker) -> None:
    async with worker.database.writing() as db:
        await make_person(db, worker.school, Role.LEADER, language="en")
    await worker.readers(4)
    await worker.put()
    letters: list[str] = []
    composer = Composer(FEATURES)

    async def compose(db: AsyncSession, claimed: Claimed, now: datetime) -> str | None:
        if claimed.kind != "refused":
            return "text"
        reply = await composer.compose(db, claimed, now)
        return str(reply.text) if reply else None

    async def send(text: str, _chat: int) -> Sent | Failed:
        if text == "text":
            return Failed(DeliveryStatus.REFUSED, REFUSED)
        letters.append(text)
        return Sent(1)

    deliverer = Deliverer(
        worker.database, worker.clock, "one", compose, send, notify_refused=problem_notices.notify_refused
    )
    while await deliverer.deliver():
        pass
    assert letters == [
        "⚠ <b>Telegram does not accept the text of a message, so I have stopped it for everyone.</b>\n\n"
        "It is an announcement, due Monday 2 November at 10:00.\n4 readers have not got it.\n\n"
        "Telegram said: Bad Request: can&#39;t parse entities\n\nWrite it anew in other words, and send that."
    ]


async def test_a_proven_text_is_not_stopped_by_later_refusals(worker: Worker) -> None:
    readers = await worker.readers(40)
    occurrence = await worker.put()
    refused = {reader.id for reader in readers[1:11]}
    worker.answer = lambda claimed: (
        Failed(DeliveryStatus.REFUSED, REFUSED) if claimed.person_id in refused else Sent(claimed.id)
    )
    await worker.deliver()
    counts = Counter(row.status for row in await worker.rows(occurrence))
    assert counts == {DeliveryStatus.SENT: 30, DeliveryStatus.REFUSED: 10}


async def test_uncertain_deliveries_are_only_resent_by_a_leader(
    worker: Worker, lise: MadePerson, greet: MadePerson
) -> None:
    sure, unsure = await worker.readers(2)
    occurrence = await worker.put()
    worker.answer = lambda claimed: (
        Failed(DeliveryStatus.UNCERTAIN, "no answer") if claimed.person_id == unsure.id else Sent(claimed.id)
    )
    await worker.deliver()
    worker.clock.set(NOW + timedelta(days=10))
    await worker.deliver()
    assert len(worker.tried) == 2
    worker.answer = lambda claimed: Sent(claimed.id)
    async with worker.database.writing() as db:
        leader = (await turn(db, lise.telegram_id)).actor
        assert await problem_notices.resend_uncertain(db, leader, occurrence, worker.clock.now()) == 1
        assert await problem_notices.resend_uncertain(db, leader, occurrence, worker.clock.now()) == 0
    await worker.deliver()
    assert [chat for _, chat, _ in worker.tried] == [sure.telegram_id, unsure.telegram_id, unsure.telegram_id]
    assert {row.status for row in await worker.rows(occurrence)} == {DeliveryStatus.SENT}


class Slow:
    """A rate limit at which the ready queue is long."""

    backoff_left = 0.0
    capacity = 5


async def test_race_a_delivery_requeued_after_its_text_was_stopped_is_settled(
    worker: Worker, lise: MadePerson
) -> None:
    """In a round that goes on with another text: no claim of the stopped one is leaked."""
    await worker.readers(PROBES + 1)
    occurrence = await worker.put()
    async with worker.database.writing() as db:
        for _ in range(300):
            await make_person(db, worker.school, Role.STAFF)
        await outbox.enqueue(db, worker.school.id, JOIN_ANSWERED, "1", STAFF, now=NOW)
    resent = first = 0

    async def send(claimed: Claimed, _chat: int) -> Sent | Failed:
        nonlocal resent, first
        if claimed.kind == "announcement":
            if not first:
                first = claimed.id
                return Failed(DeliveryStatus.UNCERTAIN, "no answer")
            return Failed(DeliveryStatus.REFUSED, REFUSED)
        async with worker.database.writing() as db:
            stopped = await occurrences.by_id(db, worker.school.id, occurrence)
            if stopped is not None and stopped.status is OccurrenceStatus.REFUSED:
                leader = (await turn(db, lise.telegram_id)).actor
                count = await problem_notices.resend_uncertain(db, leader, occurrence, NOW)
                resent += count
        return Sent(claimed.id)

    deliverer = Deliverer(worker.database, worker.clock, "one", as_it_is, send, pace=Slow())
    while await deliverer.deliver():
        pass
    assert resent == 1
    assert {(row.status, row.error) for row in await worker.rows(occurrence)} == {
        (DeliveryStatus.REFUSED, REFUSED)
    }


@pytest.mark.parametrize("status", [DeliveryStatus.REFUSED, DeliveryStatus.UNCERTAIN])
async def test_an_error_with_unstorable_characters_is_recorded(
    worker: Worker, status: DeliveryStatus
) -> None:
    """NUL or a lone surrogate: without this the flush would fail for ever."""
    await worker.readers(PROBES)
    occurrence = await worker.put()
    worker.answer = lambda _: Failed(status, "Bad Request: \0 near \ud83d")
    await worker.deliver()
    assert {(row.status, row.error) for row in await worker.rows(occurrence)} == {
        (status, "Bad Request:  near ?")
    }
