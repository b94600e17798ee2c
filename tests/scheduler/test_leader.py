"""Leader election: one replica delivers; after a crash another takes over, and each message is sent once."""

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
import psutil
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

LEASE = lease_name(7_100_000_001)
ELSEWHERE = "another machine.1.1"


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


async def no_op() -> None:
    return None


class Replica:
    """A replica, run in this process."""

    def __init__(self, database: Database, got: list[tuple[str, int]], process: str | None = None) -> None:
        self.database, self.got = database, got
        self.arrived = asyncio.Event()
        self.clock = MovableClock(AFTER, running=False)
        self.leadership = Leader(database, self.clock, LEASE, KINDS, RestoreGuard(None), process=process)
        self.deliverer = Deliverer(
            database, self.clock, self.leadership.worker, as_it_is, self.send, leadership=self.leadership
        )

    async def send(self, claimed: Claimed, chat: int) -> Sent:
        await asyncio.sleep(0)
        self.got.append((claimed.kind, chat))
        self.arrived.set()
        return Sent(1)

    async def tick(self) -> None:
        if await self.leadership.acquire():
            await plan_due(self.database, KINDS, AFTER)
            while await self.deliverer.deliver():
                pass


async def make_waiting_reader(database: Database, heia: MadeSchool) -> MadePerson:
    """Creates a teacher for whom two messages are due."""
    async with database.writing() as db:
        reader = await make_person(db, heia, Role.STAFF)
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    return reader


@pytest.mark.parametrize("replicas", [2, 4])
async def test_concurrent_replicas_send_each_message_once(
    database: Database, heia: MadeSchool, replicas: int
) -> None:
    async with database.writing() as db:
        readers = [await make_person(db, heia, Role.STAFF) for _ in range(150)]
    await planned_from(database, BEFORE)
    got: list[tuple[str, int]] = []
    all_replicas = [Replica(database, got) for _ in range(replicas)]

    async def work(replica: Replica) -> None:
        for _ in range(5):
            await replica.tick()
            if replica.leadership.is_leader:
                await replica.leadership.release()  # failover in the middle of a broadcast
            await asyncio.sleep(0)

    await asyncio.gather(*(work(replica) for replica in all_replicas))
    assert Counter(got) == Counter(
        (kind, r.telegram_id) for kind in ("prompt", "focus_staff") for r in readers
    )


async def test_one_replica_is_leader_and_releasing_the_lease_hands_over_at_once(database: Database) -> None:
    first, second = Replica(database, []), Replica(database, [])
    assert [
        await first.leadership.acquire(),
        await second.leadership.acquire(),
        await first.leadership.acquire(),
    ] == [
        True,
        False,
        True,
    ]
    await first.leadership.release()
    assert [await second.leadership.acquire(), await first.leadership.acquire()] == [True, False]
    await second.leadership.release()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_failover_takes_less_than_ten_seconds_after_a_machine_crash(
    database: Database, heia: MadeSchool
) -> None:
    """With the real lease, just renewed, and the real ticks. A crash on another machine is not visible."""
    reader = await make_waiting_reader(database, heia)
    died = time.monotonic()
    async with database.writing() as db:
        assert await leases.take(db, LEASE, f"{ELSEWHERE}.dead", datetime.now(UTC), LEASE_LENGTH)
        in_flight, held = await claims.claim(db, f"{LEASE}.dead", AFTER, AFTER + timedelta(minutes=5), 10)
        await claims.mark_sending(db, f"{LEASE}.dead", [in_flight.id])
    replica = Replica(database, [])
    ticks = Ticks(plan=no_op, deliver=replica.tick, retention=no_op)
    ticks.start()
    async with asyncio.timeout(15):
        await replica.arrived.wait()
    assert LEASE_LENGTH < timedelta(seconds=time.monotonic() - died) < timedelta(seconds=10)
    await replica.deliverer.finish()
    ticks.stop()
    await replica.leadership.release()
    assert replica.got == [(held.kind, reader.telegram_id)]
    async with database.reading() as db:
        became = [d.status for d in await db.exec(select(Delivery).order_by("id"))]
    assert became == [DeliveryStatus.UNCERTAIN, DeliveryStatus.SENT]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_failover_is_not_blocked_by_the_locks_of_a_crashed_machine(
    database: Database, heia: MadeSchool
) -> None:
    """PostgreSQL keeps its connection open, and with it the row locks of its transaction."""
    reader = await make_waiting_reader(database, heia)
    async with database.writing() as db:
        await leases.take(db, LEASE, f"{ELSEWHERE}.dead", datetime.now(UTC) - LEASE_LENGTH, LEASE_LENGTH)
        held = await claims.claim(db, f"{LEASE}.dead", AFTER, AFTER + timedelta(minutes=5), 10)
    replica = Replica(database, [])
    with pytest.raises(DBAPIError):  # its connection was terminated
        async with database.writing() as dead:
            await claims.mark_sending(dead, f"{LEASE}.dead", [each.id for each in held])
            async with asyncio.timeout(10):
                await replica.tick()
    await replica.leadership.release()
    assert sorted(replica.got) == sorted((each.kind, reader.telegram_id) for each in held)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_failover_is_not_blocked_by_a_machine_that_crashed_while_receiving_rows(
    database: Database,
) -> None:
    """PostgreSQL is still sending rows to it: its transaction is not idle, and its row locks are held."""
    address = make_url(database.url)
    dead = await asyncpg.connect(host=address.query["host"], user=address.username, database=address.database)
    replica, successor = Replica(database, []), Replica(database, [])
    assert await replica.leadership.acquire()
    await replica.leadership.release()
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
        assert await successor.leadership.acquire()
    await successor.leadership.release()
    answer.cancel()
    dead.terminate()


async def test_an_expired_lease_is_taken_over(database: Database) -> None:
    now = datetime.now(UTC)
    async with database.writing() as db:
        assert await leases.take(
            db, LEASE, ELSEWHERE, now - LEASE_LENGTH + timedelta(seconds=1), LEASE_LENGTH
        )
    replica = Replica(database, [])
    assert not await replica.leadership.acquire()
    await asyncio.sleep(1.05)
    assert await replica.leadership.acquire()
    await replica.leadership.release()


async def test_a_lease_with_an_implausible_expiry_is_taken_over(database: Database) -> None:
    async with database.writing() as db:
        await leases.take(db, LEASE, ELSEWHERE, datetime.now(UTC) + timedelta(hours=1), LEASE_LENGTH)
    replica = Replica(database, [])
    assert await replica.leadership.acquire()
    await replica.leadership.release()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("ahead", [timedelta(seconds=10), timedelta(days=1), -timedelta(days=1)])
async def test_clock_skew_of_a_machine_does_not_steal_a_lease(
    database: Database, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    """Leases run on the database's clock. Otherwise two leaders would deliver at twice the rate limit."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time() + ahead.total_seconds(), tz)

    right, wrong = Replica(database, [], ELSEWHERE), Replica(database, [], "here.1.1")
    assert await right.leadership.acquire()
    for module in (leader, leases):
        monkeypatch.setattr(module, "datetime", Wrong)
    assert not await wrong.leadership.acquire()
    await right.leadership.release()
    assert await wrong.leadership.acquire()
    monkeypatch.undo()
    assert not await right.leadership.acquire()
    await wrong.leadership.release()


async def test_crash_recovery_releases_the_claims_of_a_killed_process_at_once(
    database: Database, heia: MadeSchool
) -> None:
    """Without waiting for the lease to expire: it ran on this machine and has ended."""
    dead = _killed_process()
    async with database.writing() as db:
        await make_person(db, heia, Role.STAFF)
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    worker = f"{LEASE}.dead"
    async with database.writing() as db:
        await leases.take(db, LEASE, f"{dead}.dead", datetime.now(UTC), LEASE_LENGTH)
        in_flight, _ = await claims.claim(db, worker, AFTER, AFTER + timedelta(minutes=5), 10)
        await claims.mark_sending(db, worker, [in_flight.id])
    replica = Replica(database, [])
    await replica.tick()
    await replica.leadership.release()
    async with database.reading() as db:
        became = [d.status for d in await db.exec(select(Delivery).order_by("id"))]
    assert became == [DeliveryStatus.UNCERTAIN, DeliveryStatus.SENT]
    assert len(replica.got) == 1


async def test_a_former_leader_without_the_lease_sends_no_op(
    database: Database, heia: MadeSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.writing() as db:
        for _ in range(60):
            await make_person(db, heia, Role.STAFF)
    await planned_from(database, BEFORE)
    got: list[tuple[str, int]] = []
    first, second = Replica(database, got), Replica(database, got)
    assert await first.leadership.acquire()
    await plan_due(database, KINDS, AFTER)
    monkeypatch.setattr(first.leadership, "_valid_until", 0.0)  # blocked for longer than its lease
    await first.deliverer.deliver()
    assert got == []
    async with database.writing() as db:
        await leases.release(db, LEASE, first.leadership._process_id)
    await second.tick()
    assert (len(got), len(set(got))) == (120, 120)
    await second.leadership.release()
    await first.leadership.release()


def test_a_process_is_dead_when_it_ran_on_this_machine_and_has_ended() -> None:
    me = process_id.current()
    assert not process_id.is_dead(me)
    assert not process_id.is_dead(f"{me}.worker")
    assert process_id.is_dead(_killed_process())
    machine, pid, began = me.split(".")
    assert process_id.is_dead(f"{machine}.{pid}.{int(began) - 1}"), "its pid was reused"
    assert not process_id.is_dead(f"another.{pid}.1")
    assert not process_id.is_dead("")


def test_a_zombie_is_dead_and_a_process_that_cannot_be_seen_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    machine, _, started = process_id.current().split(".")
    assert process_id.is_dead(f"{machine}.{zombie.pid}.{started}")
    zombie.wait()

    def denied(_: int) -> psutil.Process:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "Process", denied)
    assert not process_id.is_dead(f"{machine}.1.{started}")


def _killed_process() -> str:
    root = Path(__file__).parents[2]
    completed = subprocess.run(
        [sys.executable, "-c", "from scheduler.leadership import process_id; print(process_id.current())"],
        check=True,
        capture_output=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    return completed.stdout.decode().strip()


async def test_the_lease_is_renewed_while_its_holder_is_alive(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "LEASE_LENGTH", timedelta(seconds=1.5))
    monkeypatch.setattr(leader, "RENEW_S", 0.1)
    first, second = Replica(database, []), Replica(database, [])
    assert await first.leadership.acquire()
    await asyncio.sleep(1.7)
    assert [first.leadership.is_leader, await second.leadership.acquire()] == [True, False]
    await first.leadership.release()
