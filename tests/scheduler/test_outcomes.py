"""What went wrong is treated as what it is: tried again, waited for, stopped for everyone, or left alone."""

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


class Line:
    """Answers as `answer` says, and takes down what was tried."""

    def __init__(self, database: Database, school: MadeSchool) -> None:
        self.database, self.school = database, school
        self.clock = MovableClock(NOW, running=False)
        self.answer: Answer = lambda claimed: Sent(claimed.id)
        self.tried: list[tuple[str, int, datetime]] = []
        self.deliverer = Deliverer(
            database, self.clock, "one", as_it_is, self.send, refused=problem_notices.notify_refused
        )

    async def send(self, claimed: Claimed, chat: int) -> Sent | Failed:
        self.tried.append((claimed.kind, chat, self.clock.now()))
        return self.answer(claimed)

    async def readers(self, count: int) -> list[MadePerson]:
        async with self.database.writing() as db:
            return [await make_person(db, self.school, Role.FAMILY) for _ in range(count)]

    async def put(self, *, keeps: timedelta = WEEK) -> int:
        async with self.database.writing() as db:
            occurrence, _ = await outbox.enqueue(
                db, self.school.id, ANNOUNCEMENT, "1", FAMILIES, now=self.clock.now(), keeps=keeps
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
async def line(database: Database, heia: MadeSchool) -> Line:
    async with database.writing() as db:  # these tests are about other waits than a night's
        await db.exec(update(School).values(quiet_hours={}))
    return Line(database, heia)


async def test_what_did_not_arrive_is_tried_again_with_growing_waits_until_it_is_too_late(line: Line) -> None:
    await line.readers(1)
    occurrence = await line.put(keeps=timedelta(minutes=30))
    line.answer = lambda _: Failed(DeliveryStatus.WAITING, "no connection", retry_in=timedelta(seconds=1))
    for _ in range(10):
        await line.deliver()
        (row,) = await line.rows(occurrence)
        line.clock.set(max(row.due_at, line.clock.now()))
    waits = [later - earlier for (*_, earlier), (*_, later) in zip(line.tried, line.tried[1:], strict=False)]
    assert waits == [*RETRY_BACKOFF, RETRY_BACKOFF[-1]]
    assert (row.status, row.attempts) == (DeliveryStatus.MISSED, len(line.tried))


async def test_a_halt_is_waited_for_and_counts_as_no_try(line: Line) -> None:
    await line.readers(1)
    occurrence = await line.put()
    line.answer = lambda _: Failed(
        DeliveryStatus.WAITING, "too many requests", retry_in=timedelta(minutes=7), halt=True
    )
    await line.deliver()
    (row,) = await line.rows(occurrence)
    assert (row.status, row.attempts, row.due_at) == (
        DeliveryStatus.WAITING,
        0,
        NOW + timedelta(minutes=7),
    )


async def test_a_halt_beyond_all_time_is_looked_at_again_the_next_day(line: Line) -> None:
    """No date is so late, and a round that cannot write that down would never end."""
    await line.readers(1)
    occurrence = await line.put()
    line.answer = lambda _: Failed(
        DeliveryStatus.WAITING, "too many requests", retry_in=timedelta(days=4_000_000), halt=True
    )
    async with asyncio.timeout(5):
        await line.deliver()
    (row,) = await line.rows(occurrence)
    assert (row.status, row.due_at) == (DeliveryStatus.WAITING, NOW + timedelta(days=1))


async def test_a_text_that_is_refused_is_stopped_for_everyone_and_the_leader_is_told(
    line: Line, lise: MadePerson
) -> None:
    await line.readers(500)
    occurrence = await line.put()
    line.answer = lambda claimed: (
        Failed(DeliveryStatus.REFUSED, REFUSED) if claimed.kind == "announcement" else Sent(claimed.id)
    )
    await line.deliver()
    tried = Counter(kind for kind, _, _ in line.tried)
    assert tried == {"announcement": PROBES, "refused": 1}
    assert line.tried[-1][:2] == ("refused", lise.telegram_id)
    rows = await line.rows(occurrence)
    assert Counter((row.status, row.error) for row in rows) == {(DeliveryStatus.REFUSED, REFUSED): 500}
    async with line.database.reading() as db:
        row = await occurrences.by_id(db, line.school.id, occurrence)
        assert row is not None
        assert (row.status, row.refusal) == (OccurrenceStatus.REFUSED, REFUSED)


async def test_the_leaders_letter_says_which_and_what_telegram_said(line: Line) -> None:
    async with line.database.writing() as db:
        await make_person(db, line.school, Role.LEADER, language="en")
    await line.readers(4)
    await line.put()
    said: list[str] = []
    letters = Composer(FEATURES)

    async def compose(db: AsyncSession, claimed: Claimed, now: datetime) -> str | None:
        if claimed.kind != "refused":
            return "text"
        reply = await letters.compose(db, claimed, now)
        return str(reply.text) if reply else None

    async def send(text: str, _chat: int) -> Sent | Failed:
        if text == "text":
            return Failed(DeliveryStatus.REFUSED, REFUSED)
        said.append(text)
        return Sent(1)

    deliverer = Deliverer(
        line.database, line.clock, "one", compose, send, refused=problem_notices.notify_refused
    )
    while await deliverer.deliver():
        pass
    assert said == [
        "⚠ <b>Telegram does not accept the text of a message, so I have stopped it for everyone.</b>\n\n"
        "It is an announcement, due Monday 2 November at 10:00.\n4 readers have not got it.\n\n"
        "Telegram said: Bad Request: can&#39;t parse entities\n\nWrite it anew in other words, and send that."
    ]


async def test_a_text_that_somebody_has_got_is_not_stopped_by_those_it_is_refused_for(line: Line) -> None:
    readers = await line.readers(40)
    occurrence = await line.put()
    refused = {reader.id for reader in readers[1:11]}
    line.answer = lambda claimed: (
        Failed(DeliveryStatus.REFUSED, REFUSED) if claimed.person_id in refused else Sent(claimed.id)
    )
    await line.deliver()
    counts = Counter(row.status for row in await line.rows(occurrence))
    assert counts == {DeliveryStatus.SENT: 30, DeliveryStatus.REFUSED: 10}


async def test_uncertain_is_sent_again_only_when_a_leader_wants_it(
    line: Line, lise: MadePerson, greet: MadePerson
) -> None:
    sure, unsure = await line.readers(2)
    occurrence = await line.put()
    line.answer = lambda claimed: (
        Failed(DeliveryStatus.UNCERTAIN, "no answer") if claimed.person_id == unsure.id else Sent(claimed.id)
    )
    await line.deliver()
    line.clock.set(NOW + timedelta(days=10))
    await line.deliver()
    assert len(line.tried) == 2
    line.answer = lambda claimed: Sent(claimed.id)
    async with line.database.writing() as db:
        leader = (await turn(db, lise.telegram_id)).actor
        assert await problem_notices.resend_uncertain(db, leader, occurrence, line.clock.now()) == 1
        assert await problem_notices.resend_uncertain(db, leader, occurrence, line.clock.now()) == 0
    await line.deliver()
    assert [chat for _, chat, _ in line.tried] == [sure.telegram_id, unsure.telegram_id, unsure.telegram_id]
    assert {row.status for row in await line.rows(occurrence)} == {DeliveryStatus.SENT}


class Slow:
    """A pace at which much lies ready."""

    halt_left = 0.0
    room = 5


async def test_what_is_asked_for_after_its_text_was_stopped_comes_to_an_end(
    line: Line, lise: MadePerson
) -> None:
    """In a round that goes on with another text: nothing of the stopped one stays in the worker's hands."""
    await line.readers(PROBES + 1)
    occurrence = await line.put()
    async with line.database.writing() as db:
        for _ in range(300):
            await make_person(db, line.school, Role.STAFF)
        await outbox.enqueue(db, line.school.id, JOIN_ANSWERED, "1", STAFF, now=NOW)
    again = first = 0

    async def send(claimed: Claimed, _chat: int) -> Sent | Failed:
        nonlocal again, first
        if claimed.kind == "announcement":
            if not first:
                first = claimed.id
                return Failed(DeliveryStatus.UNCERTAIN, "no answer")
            return Failed(DeliveryStatus.REFUSED, REFUSED)
        async with line.database.writing() as db:
            stopped = await occurrences.by_id(db, line.school.id, occurrence)
            if stopped is not None and stopped.status is OccurrenceStatus.REFUSED:
                leader = (await turn(db, lise.telegram_id)).actor
                count = await problem_notices.resend_uncertain(db, leader, occurrence, NOW)
                again += count
        return Sent(claimed.id)

    deliverer = Deliverer(line.database, line.clock, "one", as_it_is, send, pace=Slow())
    while await deliverer.deliver():
        pass
    assert again == 1
    assert {(row.status, row.error) for row in await line.rows(occurrence)} == {
        (DeliveryStatus.REFUSED, REFUSED)
    }


@pytest.mark.parametrize("status", [DeliveryStatus.REFUSED, DeliveryStatus.UNCERTAIN])
async def test_words_that_no_database_holds_do_not_keep_an_outcome_from_being_written(
    line: Line, status: DeliveryStatus
) -> None:
    """A null character, or half of one that was cut: without this nothing would ever be written down again."""
    await line.readers(PROBES)
    occurrence = await line.put()
    line.answer = lambda _: Failed(status, "Bad Request: \0 near \ud83d")
    await line.deliver()
    assert {(row.status, row.error) for row in await line.rows(occurrence)} == {
        (status, "Bad Request:  near ?")
    }
