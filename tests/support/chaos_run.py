"""Chaos run: a broadcast to many readers, while processes crash at random moments and network faults are injected.

Bots run on one database, one is killed, and is started again; the last ones run until the queue is empty; and then
every message is accounted for (`chaos_accounts`).

A crash is SIGSTOP, a snapshot of what is in flight, then SIGKILL. So nothing changes between the crash and the
snapshot, and no failover can have happened yet.
"""

import asyncio
import os
import random
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import col, func, select, update

from bot.services import outbox
from bot.services.announcements.report import UNSETTLED
from bot.services.announcements.write import ANNOUNCEMENT
from localchat.client import Sim
from pals.roles import Role
from storage import announcements
from storage.database import Database
from storage.delivery.audiences import FAMILIES
from storage.tables import (
    AnnouncementStatus,
    Delivery,
    DeliveryStatus,
    Lease,
    Membership,
    Person,
    School,
    Standing,
    table_of,
)
from tests.support.chaos_accounts import Account, Message, account, in_flight
from tests.support.chaos_town import FIRST
from tests.support.people import make_person, make_school

READERS = 2_000
RATE = 300
"""Rate limit in messages a second, on both sides: as strict as Telegram's, and faster."""

MIN_BACKLOG = RATE
"""With a smaller backlog before a crash, another announcement is sent."""

LONGEST_PAUSE_S = 0.25
FOLLOWER_EVERY = 5
"""Of several replicas, every so-many-th kill hits a follower, and all others the leader."""

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60.0
SETTLE_S = 0.02


@dataclass(frozen=True)
class Fault:
    """A network fault, injected into `times` calls."""

    kind: str
    times: int
    parameters: dict[str, object]


FAULTS = (
    Fault("status", 2, {"status": 500}),
    Fault("status", 1, {"status": 502}),
    Fault("drop", 2, {}),
    Fault("drop", 2, {"after": True}),
    Fault("delay", 5, {"seconds": 0.3}),
    Fault("status", 1, {"status": 429, "retry_after": 1}),
)


@dataclass(frozen=True)
class Kill:
    """Snapshot at a crash: whether it was the leader's, what was in flight, how many deliveries were unsettled."""

    of_leader: bool
    in_flight: frozenset[Message]
    unsettled: int


@dataclass
class ChaosRun:
    """The bot's processes on one database. Two or more get their updates by webhook."""

    database: Database
    url: str
    token: str
    home: Path
    replicas: int = 1
    seed: int = 0
    school: int = 0
    leader: int = 0
    kills: list[Kill] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    """By announcement id."""
    bots: list[Process] = field(default_factory=list)

    # --- setup

    async def prepare(self, readers: int = READERS) -> None:
        """Creates a school where all readers are families, without quiet hours: a test may run at night."""
        now = datetime.now(UTC)
        async with self.database.writing() as db:
            made = await make_school(db, "storm")
            await db.exec(
                update(School).where(col(School.id) == made.id).values(quiet_hours={}, planned_until=now)
            )
            leader = await make_person(db, made, Role.LEADER)
            self.school, self.leader = made.id, leader.id
            numbers = range(leader.id + 1, leader.id + 1 + readers)
            connection = await db.connection()
            await connection.execute(
                insert(table_of(Person)),
                [
                    {
                        "id": number,
                        "telegram_id": FIRST + index,
                        "language": "nb",
                        "language_chosen": True,
                        "reachable": True,
                        "created_at": now,
                    }
                    for index, number in enumerate(numbers)
                ],
            )
            await connection.execute(
                insert(table_of(Membership)),
                [
                    {
                        "person_id": number,
                        "school_id": made.id,
                        "role": Role.FAMILY,
                        "standing": Standing.ACTIVE,
                        "muted": False,
                        "created_at": now,
                    }
                    for number in numbers
                ],
            )

    async def announce(self) -> None:
        """Sends an announcement to all families, due at once."""
        now = datetime.now(UTC)
        text = f"Skolen er stengt i morgen ({len(self.texts) + 1})."
        async with self.database.writing() as db:
            announcement_id = await announcements.create(
                db, self.school, self.leader, "families", text, now=now
            )
            await announcements.set_status(
                db,
                self.school,
                announcement_id,
                AnnouncementStatus.WRITTEN,
                AnnouncementStatus.SENDING,
                sent_at=now,
            )
            await outbox.enqueue(db, self.school, ANNOUNCEMENT, str(announcement_id), FAMILIES, now=now)
        self.texts[announcement_id] = text

    # --- the run

    async def run(self, kills: int) -> None:
        """Crashes a bot so many times during broadcasts; afterwards lets them finish."""
        await self.announce()
        try:
            for _ in range(self.replicas):
                await self._start()
            async with Sim(self.url) as sim:
                await self._inject(sim, kills)
            await self._until_settled()
            await self._until_started()
            for bot in self.bots:
                bot.terminate()
            assert [await bot.wait() for bot in self.bots] == [0] * self.replicas, "a clean stop"
        finally:
            for bot in self.bots:
                if bot.returncode is None:
                    bot.kill()
                    await bot.wait()

    async def _inject(self, sim: Sim, kills: int) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - no secret
        faults: list[Fault] = []
        while len(self.kills) < kills:
            await self._until_progress()
            faults = faults or chance.sample(FAULTS, len(FAULTS))
            fault = faults.pop()
            await sim.fault("sendMessage", fault.kind, fault.times, **fault.parameters)
            await asyncio.sleep(chance.uniform(0.0, LONGEST_PAUSE_S))
            if await self._kill():
                await self._start()

    async def account(self) -> Account:
        """Accounts for every message."""
        async with Sim(self.url) as sim:
            return await account(self.database, sim, self.texts)

    async def _start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {
            "TOKEN": self.token,
            "API": self.url,
            "DATABASE_URL": self.database.url,
            "RATE": str(RATE),
            "LISTEN": f"127.0.0.1:{port}",
        }
        if self.replicas > 1:
            settings["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        environment = {f"PALSBOT_{name}": value for name, value in settings.items()}
        command = [sys.executable, "-m", "bot", "run"]
        with (self.home / "errors").open("ab") as errors:
            self.bots.append(
                await asyncio.create_subprocess_exec(
                    *command,
                    cwd=self.home,
                    env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                    stdout=PIPE,
                    stderr=errors,
                )
            )

    async def _kill(self) -> bool:
        """Crashes the leader, or sometimes a follower. False when nothing is left to send."""
        pid, _ = await self._leader()
        follower = self.replicas > 1 and len(self.kills) % FOLLOWER_EVERY == FOLLOWER_EVERY - 1
        bot = next(bot for bot in self.bots if (bot.pid == pid) is not follower)
        bot.send_signal(signal.SIGSTOP)
        snapshot = await self._stable_snapshot(bot)
        if not snapshot.unsettled:
            bot.send_signal(signal.SIGCONT)
            return False
        self.kills.append(snapshot)
        self.bots.remove(bot)
        bot.kill()
        await bot.wait()
        return True

    async def _stable_snapshot(self, halted: Process) -> Kill:
        """Waits until the last statement of a stopped process has been executed."""
        before, now = None, await self._snapshot(halted)
        while before != now:
            await asyncio.sleep(SETTLE_S)
            before, now = now, await self._snapshot(halted)
        return now

    async def _snapshot(self, halted: Process) -> Kill:
        pid, worker = await self._leader()
        sending = await in_flight(self.database, worker) if pid == halted.pid else frozenset[Message]()
        counts = await self.counts()
        return Kill(pid == halted.pid, sending, sum(counts[status] for status in UNSETTLED))

    async def _leader(self) -> tuple[int, str]:
        """The pid of the leader, and the suffix of the worker name by which it claims."""
        async with self.database.reading() as db:
            holder = (await db.exec(select(Lease.holder))).one()
        _, pid, _, worker = holder.split(".")
        return int(pid), worker

    async def _until_progress(self) -> None:
        """Waits until more has been sent; with a small backlog, sends another announcement first."""
        before = await self.counts()
        if before[DeliveryStatus.WAITING] + before[DeliveryStatus.CLAIMED] < MIN_BACKLOG:
            await self.announce()
        await self._until(lambda now: now[DeliveryStatus.SENT] > before[DeliveryStatus.SENT])

    async def _until_settled(self) -> None:
        await self._until(lambda now: not any(now[status] for status in UNSETTLED))

    async def _until_started(self) -> None:
        """Waits for each process's line: before that, SIGTERM is not handled gracefully."""
        async with asyncio.timeout(TIMEOUT_S):
            for bot in self.bots:
                assert bot.stdout is not None
                assert b"answers" in await bot.stdout.readline(), self.errors()
            await asyncio.sleep(SETTLE_S)

    async def _until(self, condition: Callable[[Counter[DeliveryStatus]], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while not condition(counts := await self.counts()):
            assert time.monotonic() < deadline, f"no progress: {dict(counts)}, {self.errors()}"
            assert all(bot.returncode is None for bot in self.bots), f"a bot has exited: {self.errors()}"
            await asyncio.sleep(0.02)

    async def counts(self) -> Counter[DeliveryStatus]:
        """Deliveries by status."""
        async with self.database.reading() as db:
            found = await db.exec(select(Delivery.status, func.count()).group_by(col(Delivery.status)))
            return Counter({DeliveryStatus(status): count for status, count in found})

    def errors(self) -> str:
        """The processes' stderr."""
        return (self.home / "errors").read_text()[-2000:]
