"""Expansion: readers who belong to the audience when it is due, or join while it goes out, get it exactly once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import outbox
from bot.services.announcements.write import ANNOUNCEMENT
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Failed, Sent
from scheduler.expand import expand_due
from scheduler.message_kind import WEEK
from storage import memberships
from storage.database import Database
from storage.delivery import occurrences
from storage.delivery.audiences import FAMILIES, Audience
from storage.delivery.claims import Claimed
from storage.tables import Delivery, DeliveryStatus, OccurrenceStatus
from tests.support.people import MadePerson, MadeSchool, join, make_person

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DUE = NOW + timedelta(minutes=1)


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


class Post:
    """A worker with a fake Telegram; readers may join between its sends."""

    def __init__(self, database: Database, school: MadeSchool) -> None:
        self.database, self.school = database, school
        self.clock = MovableClock(NOW, running=False)
        self.got: list[int] = []
        self.joining = 0
        self.fails: list[Failed] = []

    async def send(self, _claimed: Claimed, chat: int) -> Sent | Failed:
        if self.fails:
            return self.fails.pop()
        self.got.append(chat)
        if self.joining:
            self.joining -= 1
            await self.family()
        return Sent(len(self.got))

    async def family(self) -> MadePerson:
        async with self.database.writing() as db:
            return await make_person(db, self.school, Role.FAMILY, ["5B"])

    async def put(self) -> tuple[int, int]:
        async with self.database.writing() as db:
            return await outbox.enqueue(
                db, self.school.id, ANNOUNCEMENT, "1", FAMILIES, now=self.clock.now(), due=DUE
            )

    async def deliver(self, now: datetime) -> None:
        self.clock.set(now)
        deliverer = Deliverer(self.database, self.clock, "one", as_it_is, self.send)
        while await deliverer.deliver():
            pass

    async def status(self, occurrence: int) -> OccurrenceStatus:
        async with self.database.reading() as db:
            row = await occurrences.by_id(db, self.school.id, occurrence)
            assert row is not None
            return row.status

    async def results(self) -> list[tuple[int | None, DeliveryStatus]]:
        async with self.database.reading() as db:
            return [(d.person_id, d.status) for d in await db.exec(select(Delivery).order_by("id"))]


@pytest_asyncio.fixture
async def post(database: Database, heia: MadeSchool, fjern: MadeSchool) -> Post:
    async with database.writing() as db:
        await make_person(db, fjern, Role.FAMILY, ["5B"])
    return Post(database, heia)


async def test_the_audience_is_resolved_when_the_occurrence_is_due(post: Post) -> None:
    leaves, stays = await post.family(), await post.family()
    occurrence, readers = await post.put()
    assert (readers, await post.results()) == (2, [])
    async with post.database.writing() as db:
        await memberships.remove(db, post.school.id, leaves.membership_id)
    joins = await post.family()
    await post.deliver(DUE - timedelta(seconds=1))
    assert post.got == []
    await post.deliver(DUE)
    assert post.got == [stays.telegram_id, joins.telegram_id]
    assert await post.status(occurrence) is OccurrenceStatus.CLOSED


async def test_readers_who_join_while_it_goes_out_get_it_once_and_it_terminates(post: Post) -> None:
    await post.family()
    occurrence, _ = await post.put()
    post.joining = 3
    await post.deliver(DUE)
    assert len(post.got) == len(set(post.got)) == 4
    assert await post.status(occurrence) is OccurrenceStatus.CLOSED
    await post.family()
    await post.deliver(DUE + timedelta(hours=1))
    assert len(post.got) == 4, "a reader who joins after it is closed does not get it"


async def test_readers_who_leave_or_mute_after_expansion_do_not_get_it(post: Post) -> None:
    leaves, mutes, stays = await post.family(), await post.family(), await post.family()
    await post.put()
    assert len(await expand_due(post.database, DUE)) == 1
    async with post.database.writing() as db:
        await memberships.remove(db, post.school.id, leaves.membership_id)
        await memberships.mute(db, post.school.id, mutes.membership_id, True)
    await post.deliver(DUE)
    assert post.got == [stays.telegram_id]
    assert await post.results() == [
        (None, DeliveryStatus.CANCELLED),
        (mutes.id, DeliveryStatus.CANCELLED),
        (stays.id, DeliveryStatus.SENT),
    ]


async def test_a_reader_who_leaves_and_rejoins_gets_it_once(post: Post) -> None:
    """By another link, or in the other of two roles: the audience counts while it goes out."""
    again, both, stays = await post.family(), await post.family(), await post.family()
    async with post.database.writing() as db:
        await join(db, both.id, post.school, Role.TEAM)
        everybody = Audience(frozenset({Role.FAMILY, Role.TEAM}))
        await outbox.enqueue(db, post.school.id, ANNOUNCEMENT, "1", everybody, now=NOW, due=DUE)
    assert len(await expand_due(post.database, DUE)) == 1
    async with post.database.writing() as db:
        for leaves in (again, both):
            await memberships.remove(db, post.school.id, leaves.membership_id)
        await join(db, again.id, post.school, Role.FAMILY)
    await post.deliver(DUE)
    assert Counter(post.got) == Counter(reader.telegram_id for reader in (again, both, stays))
    assert Counter(status for _, status in await post.results()) == {
        DeliveryStatus.CANCELLED: 2,
        DeliveryStatus.SENT: 3,
    }


async def test_an_occurrence_stays_open_for_new_readers_while_a_retry_is_pending(post: Post) -> None:
    await post.family()
    occurrence, _ = await post.put()
    post.fails = [Failed(DeliveryStatus.WAITING, "no connection", retry_in=timedelta(seconds=1))]
    await post.deliver(DUE)
    assert await post.status(occurrence) is OccurrenceStatus.GOING
    await post.family()
    await post.deliver(DUE + timedelta(minutes=1))
    assert (len(post.got), await post.status(occurrence)) == (2, OccurrenceStatus.CLOSED)


async def test_expanded_after_its_deadline_it_is_missed_for_all_readers(post: Post) -> None:
    family = await post.family()
    occurrence, _ = await post.put()
    await post.deliver(DUE + WEEK + timedelta(seconds=1))
    assert (post.got, await post.results()) == ([], [(family.id, DeliveryStatus.MISSED)])
    assert await post.status(occurrence) is OccurrenceStatus.MISSED
