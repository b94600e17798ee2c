"""Digests: what quiet hours delayed for a reader is sent as one message, with one outcome."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import outbox, problems
from bot.services.announcements.write import ANNOUNCEMENT
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Failed, Sent
from scheduler.delivery.pipeline import IN_FLIGHT
from scheduler.delivery.policy import RETRY_BACKOFF
from scheduler.delivery.ready_queue import PROBES
from scheduler.delivery.types import Bundle
from storage.database import Database
from storage.delivery import deliveries
from storage.delivery.audiences import Audience
from storage.delivery.claims import Claimed
from storage.tables import Delivery, DeliveryStatus
from tests.support.people import MadePerson, MadeSchool, join, make_person

NIGHT = datetime(2026, 11, 2, 22, 0, tzinfo=UTC)  # 23:00 in Oslo; the school is quiet until 06:30
MORNING = datetime(2026, 11, 3, 5, 30, tzinfo=UTC)
NINE = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
EVERYBODY = Audience(frozenset(Role))
REFUSED = Failed(DeliveryStatus.REFUSED, "Bad Request: can't parse entities")


class Post:
    """A worker with a fake Telegram that returns what `answer` returns: a message is the refs of its deliveries.

    `meanwhile` runs between claim and send.
    """

    def __init__(self, database: Database, school: MadeSchool) -> None:
        self.database, self.school = database, school
        self.clock = MovableClock(NIGHT, running=False)
        self.answer: Callable[[list[str]], Sent | Failed] = lambda _: Sent(len(self.tried))
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.tried: list[tuple[int, list[str]]] = []
        self.deliverer = Deliverer(
            database,
            self.clock,
            "one",
            self.compose,
            self.send,
            notify_refused=problems.notify_refused,
            merge=self.merge,
        )

    async def compose(self, _db: AsyncSession, claimed: Claimed, _now: datetime) -> list[str]:
        if self.meanwhile is not None:
            await self.meanwhile()
        return [claimed.ref]

    @staticmethod
    def merge(composed: Sequence[tuple[Claimed, list[str]]]) -> list[tuple[Bundle, list[str]]]:
        together = tuple(claimed for claimed, _ in composed)
        return [(together, [ref for _, refs in composed for ref in refs])]

    async def send(self, refs: list[str], chat: int) -> Sent | Failed:
        self.tried.append((chat, refs))
        return self.answer(refs)

    async def readers(self, count: int, *, quiet: tuple[time, time] | None = None) -> list[MadePerson]:
        async with self.database.writing() as db:
            return [await make_person(db, self.school, Role.FAMILY, quiet=quiet) for _ in range(count)]

    async def put(self, *refs: str, to: Audience = EVERYBODY, due: datetime | None = None) -> list[int]:
        async with self.database.writing() as db:
            made = [
                await outbox.enqueue(db, self.school.id, ANNOUNCEMENT, ref, to, now=self.clock.now(), due=due)
                for ref in refs
            ]
        return [occurrence for occurrence, _ in made]

    async def deliver(self, now: datetime) -> None:
        self.clock.set(now)
        while await self.deliverer.deliver():
            pass

    async def results(self, occurrence: int) -> Counter[tuple[DeliveryStatus, int]]:
        """How many of its deliveries have which status, after how many attempts."""
        async with self.database.reading() as db:
            found = await db.exec(
                select(Delivery.status, Delivery.attempts).where(col(Delivery.occurrence_id) == occurrence)
            )
            return Counter((DeliveryStatus(status), attempts) for status, attempts in found)


@pytest.fixture
def post(database: Database, heia: MadeSchool) -> Post:
    return Post(database, heia)


async def test_deliveries_delayed_for_a_reader_arrive_as_one_digest(post: Post) -> None:
    """More readers than a batch. A reader with longer quiet hours gets theirs later, also as one digest."""
    many, (late,) = await post.readers(700), await post.readers(1, quiet=(time(22), time(9)))
    await post.put("a", "b")
    await post.deliver(NIGHT)
    await post.put("c")
    await post.put("due then", due=MORNING)
    await post.deliver(NIGHT + timedelta(minutes=1))
    assert post.tried == []
    await post.deliver(MORNING)
    whole, own = ["a", "b", "c"], ["due then"]
    expected = Counter((each.telegram_id, tuple(refs)) for each in many for refs in (whole, own))
    assert Counter((chat, tuple(refs)) for chat, refs in post.tried) == expected
    post.tried.clear()
    await post.deliver(NINE)
    assert post.tried == [(late.telegram_id, [*whole, *own])]


async def test_a_reader_with_two_roles_gets_a_digest_for_each(post: Post) -> None:
    (mother,) = await post.readers(1)
    async with post.database.writing() as db:
        await join(db, mother.id, post.school, Role.STAFF)
    families, staff = Audience(frozenset({Role.FAMILY})), Audience(frozenset({Role.STAFF}))
    await post.put("a", "b", to=families)
    await post.put("c", "d", to=staff)
    await post.deliver(NIGHT)
    await post.deliver(MORNING)
    assert sorted(post.tried) == [(mother.telegram_id, ["a", "b"]), (mother.telegram_id, ["c", "d"])]


@pytest.mark.parametrize(
    ("result", "status", "attempts"),
    [
        (Sent(7), DeliveryStatus.SENT, 1),
        (Failed(DeliveryStatus.UNCERTAIN, "no answer"), DeliveryStatus.UNCERTAIN, 1),
        (Failed(DeliveryStatus.BLOCKED, "Forbidden"), DeliveryStatus.BLOCKED, 1),
        (
            Failed(
                DeliveryStatus.WAITING, "too many requests", retry_in=timedelta(minutes=1), rate_limited=True
            ),
            DeliveryStatus.WAITING,
            0,
        ),
    ],
)
async def test_the_outcome_of_a_digest_is_recorded_for_each_delivery(
    post: Post, result: Sent | Failed, status: DeliveryStatus, attempts: int
) -> None:
    await post.readers(1)
    occurrences = await post.put("a", "b")
    await post.deliver(NIGHT)
    post.answer = lambda _: result
    await post.deliver(MORNING)
    assert [refs for _, refs in post.tried] == [["a", "b"]]
    assert [await post.results(each) for each in occurrences] == [{(status, attempts): 1}] * 2


async def test_an_unsent_digest_is_retried_as_one(post: Post) -> None:
    await post.readers(1)
    occurrences = await post.put("a", "b")
    await post.deliver(NIGHT)
    post.answer = lambda _: Failed(DeliveryStatus.WAITING, "no connection", retry_in=timedelta(0))
    await post.deliver(MORNING)
    post.answer = lambda _: Sent(7)
    await post.deliver(MORNING + RETRY_BACKOFF[0])
    assert [refs for _, refs in post.tried] == [["a", "b"]] * 2
    assert [await post.results(each) for each in occurrences] == [{(DeliveryStatus.SENT, 2): 1}] * 2


async def test_a_refused_digest_is_retried_one_by_one_and_only_the_wrong_text_is_stopped(
    post: Post, lise: MadePerson
) -> None:
    """Which text was refused is ambiguous, so they are retried one by one; then the wrong one is stopped."""
    readers = await post.readers(600)
    families = Audience(frozenset({Role.FAMILY}))
    good, bad = await post.put("good", "bad", to=families)
    await post.deliver(NIGHT)
    post.answer = lambda refs: REFUSED if "bad" in refs else Sent(7)
    await post.deliver(MORNING)
    await post.deliver(MORNING + RETRY_BACKOFF[0])
    arrived = Counter((chat, tuple(refs)) for chat, refs in post.tried if "bad" not in refs)
    assert arrived == {
        **{(each.telegram_id, ("good",)): 1 for each in readers},
        (lise.telegram_id, (str(bad),)): 1,
    }
    assert len(post.tried) - len(arrived) <= 2 * IN_FLIGHT, "few were sent in vain"
    assert sum(refs == ["bad"] for _, refs in post.tried) <= PROBES
    assert {status for status, _ in await post.results(good)} == {DeliveryStatus.SENT}
    assert {status for status, _ in await post.results(bad)} == {DeliveryStatus.REFUSED}


async def test_a_queued_digest_is_sent_without_a_text_that_is_stopped(post: Post) -> None:
    """Three readers wait for the bad one alone: as probes they stop it before any digest is tried."""
    await post.readers(PROBES)
    async with post.database.writing() as db:
        both = [await make_person(db, post.school, Role.FAMILY, ["5B"]) for _ in range(5)]
    (bad,) = await post.put("bad")
    (good,) = await post.put("good", to=Audience(frozenset({Role.FAMILY}), group_id=post.school.groups["5B"]))
    await post.deliver(NIGHT)
    post.answer = lambda refs: REFUSED if "bad" in refs else Sent(7)
    await post.deliver(MORNING)
    await post.deliver(MORNING + RETRY_BACKOFF[0])
    assert sorted(chat for chat, refs in post.tried if refs == ["good"]) == [
        each.telegram_id for each in both
    ]
    assert {status for status, _ in await post.results(good)} == {DeliveryStatus.SENT}
    assert {status for status, _ in await post.results(bad)} == {DeliveryStatus.REFUSED}


async def test_a_delivery_cancelled_while_its_digest_is_queued_is_left_out(post: Post) -> None:
    (reader,) = await post.readers(1)
    stays, goes = await post.put("stays", "goes")
    await post.deliver(NIGHT)

    async def stop() -> None:
        async with post.database.writing() as db:
            await deliveries.cancel(db, post.school.id, goes)

    post.meanwhile = stop
    await post.deliver(MORNING)
    assert post.tried == [(reader.telegram_id, ["stays"])]
    assert await post.results(stays) == {(DeliveryStatus.SENT, 1): 1}
    assert await post.results(goes) == {(DeliveryStatus.CANCELLED, 0): 1}
