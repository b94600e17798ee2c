"""Of all replicas one delivers; when it dies another takes over, and each message still goes out once."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Sent
from scheduler.leadership import leader, process_id
from scheduler.leadership.leader import LEASE_LENGTH, Leader, lease_name
from scheduler.leadership.restore_guard import RestoreGuard
from scheduler.plan import plan_due
from scheduler.ticks import Ticks
from storage.database import Database
from storage.delivery import claims, leases
from storage.delivery.claims import Claimed
from storage.tables import Delivery, DeliveryStatus
from tests.scheduler.test_deliverer import AFTER, BEFORE, planned_from
from tests.support.features import KINDS
from tests.support.people import MadePerson, MadeSchool, make_person

OFFICE = lease_name(7_100_000_001)
ELSEWHERE = "another machine.1.1"


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


async def nothing() -> None:
    return None


class Replica:
    """One process's share of the work, in this one."""

    def __init__(self, database: Database, got: list[tuple[str, int]], who: str | None = None) -> None:
        self.database, self.got = database, got
        self.arrived = asyncio.Event()
        self.clock = MovableClock(AFTER, running=False)
        self.duty = Leader(database, self.clock, OFFICE, KINDS, RestoreGuard(None), who=who)
        self.deliverer = Deliverer(
            database, self.clock, self.duty.worker, as_it_is, self.send, leadership=self.duty
        )

    async def send(self, claimed: Claimed, chat: int) -> Sent:
        await asyncio.sleep(0)
        self.got.append((claimed.kind, chat))
        self.arrived.set()
        return Sent(1)

    async def tick(self) -> None:
        if await self.duty.acquire():
            await plan_due(self.database, KINDS, AFTER)
            while await self.deliverer.deliver():
                pass


async def somebody_waits(database: Database, heia: MadeSchool) -> MadePerson:
    """A teacher for whom two messages are due."""
    async with database.writing() as db:
        reader = await make_person(db, heia, Role.STAFF)
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    return reader


@pytest.mark.parametrize("replicas", [2, 4])
async def test_replicas_that_plan_and_deliver_at_once_send_each_message_once(
    database: Database, heia: MadeSchool, replicas: int
) -> None:
    async with database.writing() as db:
        readers = [await make_person(db, heia, Role.STAFF) for _ in range(150)]
    await planned_from(database, BEFORE)
    got: list[tuple[str, int]] = []
    many = [Replica(database, got) for _ in range(replicas)]

    async def work(replica: Replica) -> None:
        for _ in range(5):
            await replica.tick()
            if replica.duty.is_leader:
                await replica.duty.release()  # hands over in the middle of it all
            await asyncio.sleep(0)

    await asyncio.gather(*(work(replica) for replica in many))
    assert Counter(got) == Counter(
        (kind, r.telegram_id) for kind in ("prompt", "focus_staff") for r in readers
    )


async def test_only_one_is_on_duty_and_a_clean_stop_hands_over_at_once(database: Database) -> None:
    first, second = Replica(database, []), Replica(database, [])
    assert [await first.duty.acquire(), await second.duty.acquire(), await first.duty.acquire()] == [
        True,
        False,
        True,
    ]
    await first.duty.release()
    assert [await second.duty.acquire(), await first.duty.acquire()] == [True, False]
    await second.duty.release()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_ten_seconds_after_a_machine_has_died_another_one_delivers(
    database: Database, heia: MadeSchool
) -> None:
    """With the real lease, renewed just before, and the real ticks. Nobody can see that its holder is dead."""
    reader = await somebody_waits(database, heia)
    died = time.monotonic()
    async with database.writing() as db:
        assert await leases.take(db, OFFICE, f"{ELSEWHERE}.dead", datetime.now(UTC), LEASE_LENGTH)
        on_its_way, held = await claims.claim(db, f"{OFFICE}.dead", AFTER, AFTER + timedelta(minutes=5), 10)
        await claims.mark_sending(db, f"{OFFICE}.dead", [on_its_way.id])
    replica = Replica(database, [])
    ticks = Ticks(plan=nothing, deliver=replica.tick, tidy=nothing)
    ticks.start()
    async with asyncio.timeout(15):
        await replica.arrived.wait()
    assert LEASE_LENGTH < timedelta(seconds=time.monotonic() - died) < timedelta(seconds=10)
    await replica.deliverer.finish()
    ticks.stop()
    await replica.duty.release()
    assert replica.got == [(held.kind, reader.telegram_id)]
    async with database.reading() as db:
        became = [d.status for d in await db.exec(select(Delivery).order_by("id"))]
    assert became == [DeliveryStatus.UNCERTAIN, DeliveryStatus.SENT]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_machine_that_dies_in_the_middle_of_a_transaction_holds_nobody_up(
    database: Database, heia: MadeSchool
) -> None:
    """Its connection is still believed in, and so are its locks on what it was just writing down."""
    reader = await somebody_waits(database, heia)
    async with database.writing() as db:
        await leases.take(db, OFFICE, f"{ELSEWHERE}.dead", datetime.now(UTC) - LEASE_LENGTH, LEASE_LENGTH)
        held = await claims.claim(db, f"{OFFICE}.dead", AFTER, AFTER + timedelta(minutes=5), 10)
    replica = Replica(database, [])
    with pytest.raises(DBAPIError):  # its connection is gone, when it wakes
        async with database.writing() as dead:
            await claims.mark_sending(dead, f"{OFFICE}.dead", [each.id for each in held])
            async with asyncio.timeout(10):
                await replica.tick()
    await replica.duty.release()
    assert sorted(replica.got) == sorted((each.kind, reader.telegram_id) for each in held)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_machine_that_dies_while_it_is_answered_holds_nobody_up(database: Database) -> None:
    """The database goes on writing to it: no transaction is idle, and every row it has changed is locked."""
    address = make_url(database.url)
    dead = await asyncpg.connect(host=address.query["host"], user=address.username, database=address.database)
    replica, following = Replica(database, []), Replica(database, [])
    assert await replica.duty.acquire()
    await replica.duty.release()
    died = asyncio.Event()

    async def unread(_: bytes) -> None:
        died.set()
        await asyncio.sleep(60)

    await dead.execute("BEGIN")
    await dead.execute("UPDATE heartbeat SET sequence = sequence")
    answer = asyncio.create_task(
        dead.copy_from_query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)", output=unread)
    )
    await died.wait()
    await asyncio.sleep(leader.STALLED_TRANSACTION.total_seconds())
    async with asyncio.timeout(3):
        assert await following.duty.acquire()
    await following.duty.release()
    answer.cancel()
    dead.terminate()


async def test_a_lease_that_has_run_out_is_taken_over(database: Database) -> None:
    now = datetime.now(UTC)
    async with database.writing() as db:
        assert await leases.take(
            db, OFFICE, ELSEWHERE, now - LEASE_LENGTH + timedelta(seconds=1), LEASE_LENGTH
        )
    replica = Replica(database, [])
    assert not await replica.duty.acquire()
    await asyncio.sleep(1.05)
    assert await replica.duty.acquire()
    await replica.duty.release()


async def test_a_lease_written_by_a_clock_that_was_wrong_is_not_waited_for(database: Database) -> None:
    async with database.writing() as db:
        await leases.take(db, OFFICE, ELSEWHERE, datetime.now(UTC) + timedelta(hours=1), LEASE_LENGTH)
    replica = Replica(database, [])
    assert await replica.duty.acquire()
    await replica.duty.release()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("ahead", [timedelta(seconds=10), timedelta(days=1), -timedelta(days=1)])
async def test_a_machine_whose_clock_is_wrong_takes_nobodys_lease(
    database: Database, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    """Two would deliver at once, at twice the pace, and each would take the other for dead every few seconds."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time() + ahead.total_seconds(), tz)

    right, wrong = Replica(database, [], ELSEWHERE), Replica(database, [], "here.1.1")
    assert await right.duty.acquire()
    for module in (leader, leases):
        monkeypatch.setattr(module, "datetime", Wrong)
    assert not await wrong.duty.acquire()
    await right.duty.release()
    assert await wrong.duty.acquire()
    monkeypatch.undo()
    assert not await right.duty.acquire()
    await wrong.duty.release()


async def test_whoever_takes_over_lets_go_of_what_a_killed_process_held(
    database: Database, heia: MadeSchool
) -> None:
    """At once, without waiting for any lease: it ran on this machine, and does not any more."""
    dead = _killed_process()
    async with database.writing() as db:
        await make_person(db, heia, Role.STAFF)
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    worker = f"{OFFICE}.dead"
    async with database.writing() as db:
        await leases.take(db, OFFICE, f"{dead}.dead", datetime.now(UTC), LEASE_LENGTH)
        on_its_way, _ = await claims.claim(db, worker, AFTER, AFTER + timedelta(minutes=5), 10)
        await claims.mark_sending(db, worker, [on_its_way.id])
    replica = Replica(database, [])
    await replica.tick()
    await replica.duty.release()
    async with database.reading() as db:
        became = [d.status for d in await db.exec(select(Delivery).order_by("id"))]
    assert became == [DeliveryStatus.UNCERTAIN, DeliveryStatus.SENT]
    assert len(replica.got) == 1


async def test_who_has_lost_the_lease_sends_nothing_more(
    database: Database, heia: MadeSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.writing() as db:
        for _ in range(60):
            await make_person(db, heia, Role.STAFF)
    await planned_from(database, BEFORE)
    got: list[tuple[str, int]] = []
    first, second = Replica(database, got), Replica(database, got)
    assert await first.duty.acquire()
    await plan_due(database, KINDS, AFTER)
    monkeypatch.setattr(first.duty, "_valid_until", 0.0)  # it was held up for longer than its lease
    await first.deliverer.deliver()
    assert got == []
    async with database.writing() as db:
        await leases.release(db, OFFICE, first.duty._process_id)
    await second.tick()
    assert (len(got), len(set(got))) == (120, 120)
    await second.duty.release()
    await first.duty.release()


def test_a_process_is_gone_when_it_ran_here_and_does_not_any_more() -> None:
    me = process_id.current()
    assert not process_id.is_dead(me)
    assert not process_id.is_dead(f"{me}.worker")
    assert process_id.is_dead(_killed_process())
    machine, pid, began = me.split(".")
    assert process_id.is_dead(f"{machine}.{pid}.{int(began) - 1}"), "another process has its number now"
    assert not process_id.is_dead(f"somewhere.{pid}.1")
    assert not process_id.is_dead("")


def _killed_process() -> str:
    root = Path(__file__).parents[2]
    said = subprocess.run(
        [sys.executable, "-c", "from scheduler.leadership import process_id; print(process_id.current())"],
        check=True,
        capture_output=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    return said.stdout.decode().strip()


async def test_the_lease_is_renewed_while_its_holder_lives(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "LEASE_LENGTH", timedelta(seconds=1.5))
    monkeypatch.setattr(leader, "RENEW_S", 0.1)
    first, second = Replica(database, []), Replica(database, [])
    assert await first.duty.acquire()
    await asyncio.sleep(1.7)
    assert [first.duty.is_leader, await second.duty.acquire()] == [True, False]
    await first.duty.release()
