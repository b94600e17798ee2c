"""An ordeal: a broadcast to a whole town, while processes are killed at random moments and the network fails.

A town, and a database with its readers; an announcement that is due; bots run, one is killed, and runs again; the
last ones are left alone until nothing waits; and then everybody is accounted for (`accounts`).

Killing is done in two steps. The kernel halts the process wherever it is; what stands as on its way is counted; then
it is killed, without having done anything more. So nothing moves between the moment of death and the look at it, and
nobody can have taken over yet.
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
from tests.support.chaos_accounts import Account, Message, account, on_the_way
from tests.support.chaos_town import FIRST
from tests.support.people import make_person, make_school

READERS = 2_000
RATE = 300
"""Messages a second, on both sides: as strict as Telegram's limits, and sooner over."""

ENOUGH = RATE
"""So many have to wait still when a process is about to be killed; else another text goes out as well."""

LONGEST_PAUSE_S = 0.25
LOOKS_ON = 5
"""Of several replicas, each so-many-th kill hits one that looks on, and all others the one that delivers."""

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
SETTLES_S = 0.02


@dataclass(frozen=True)
class Fault:
    """What a bad network does to `times` calls."""

    kind: str
    times: int
    how: dict[str, object]


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
    """How it stood when a process was killed: whether it was the one that delivers, what it had on its way, and how
    many deliveries were not over."""

    delivered: bool
    on_its_way: frozenset[Message]
    unsettled: int


@dataclass
class Ordeal:
    """The bot's processes on one database. Two or more of them get their updates by webhook."""

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
    """By announcement."""
    bots: list[Process] = field(default_factory=list)

    # --- beforehand

    async def prepare(self, readers: int = READERS) -> None:
        """A school where everybody in town is family. It has no quiet hours: a test may run at night."""
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
        """The leader writes to all families; it is due at once."""
        now = datetime.now(UTC)
        text = f"Skolen er stengt i morgen ({len(self.texts) + 1})."
        async with self.database.writing() as db:
            this = await announcements.create(db, self.school, self.leader, "families", text, now=now)
            await announcements.set_status(
                db, self.school, this, AnnouncementStatus.WRITTEN, AnnouncementStatus.SENDING, sent_at=now
            )
            await outbox.enqueue(db, self.school, ANNOUNCEMENT, str(this), FAMILIES, now=now)
        self.texts[this] = text

    # --- the ordeal

    async def endure(self, kills: int) -> None:
        """So many times a bot is killed in the middle of it; afterwards it is left to finish."""
        await self.announce()
        try:
            for _ in range(self.replicas):
                await self._start()
            async with Sim(self.url) as sim:
                await self._storm(sim, kills)
            await self._until_all_is_settled()
            await self._until_all_answer()
            for bot in self.bots:
                bot.terminate()
            assert [await bot.wait() for bot in self.bots] == [0] * self.replicas, "a clean stop"
        finally:
            for bot in self.bots:
                if bot.returncode is None:
                    bot.kill()
                    await bot.wait()

    async def _storm(self, sim: Sim, kills: int) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - no secret
        faults: list[Fault] = []
        while len(self.kills) < kills:
            await self._until_it_moves()
            faults = faults or chance.sample(FAULTS, len(FAULTS))
            fault = faults.pop()
            await sim.fault("sendMessage", fault.kind, fault.times, **fault.how)
            await asyncio.sleep(chance.uniform(0.0, LONGEST_PAUSE_S))
            if await self._kill():
                await self._start()

    async def account(self) -> Account:
        """What has become of it all."""
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
        """The one that delivers, or now and then one that looks on. Not when nothing is left to send: False."""
        pid, _ = await self._on_duty()
        looks_on = self.replicas > 1 and len(self.kills) % LOOKS_ON == LOOKS_ON - 1
        bot = next(bot for bot in self.bots if (bot.pid == pid) is not looks_on)
        bot.send_signal(signal.SIGSTOP)
        stood = await self._as_it_stands(bot)
        if not stood.unsettled:
            bot.send_signal(signal.SIGCONT)
            return False
        self.kills.append(stood)
        self.bots.remove(bot)
        bot.kill()
        await bot.wait()
        return True

    async def _as_it_stands(self, halted: Process) -> Kill:
        """What a halted process has last told the database is in there a moment later."""
        before, now = None, await self._look_at(halted)
        while before != now:
            await asyncio.sleep(SETTLES_S)
            before, now = now, await self._look_at(halted)
        return now

    async def _look_at(self, halted: Process) -> Kill:
        pid, worker = await self._on_duty()
        its = await on_the_way(self.database, worker) if pid == halted.pid else frozenset[Message]()
        standing = await self.standing()
        return Kill(pid == halted.pid, its, sum(standing[status] for status in UNSETTLED))

    async def _on_duty(self) -> tuple[int, str]:
        """The process id of the lease holder, and the suffix of the worker name by which it claims."""
        async with self.database.reading() as db:
            holder = (await db.exec(select(Lease.holder))).one()
        _, pid, _, worker = holder.split(".")
        return int(pid), worker

    async def _until_it_moves(self) -> None:
        """Until more has been sent than before; when little is left to send, another text goes out."""
        before = await self.standing()
        if before[DeliveryStatus.WAITING] + before[DeliveryStatus.CLAIMED] < ENOUGH:
            await self.announce()
        await self._until(lambda now: now[DeliveryStatus.SENT] > before[DeliveryStatus.SENT])

    async def _until_all_is_settled(self) -> None:
        await self._until(lambda now: not any(now[status] for status in UNSETTLED))

    async def _until_all_answer(self) -> None:
        """Each says one line when it has started. Who is told to stop before that ends as any program does."""
        async with asyncio.timeout(PATIENCE_S):
            for bot in self.bots:
                assert bot.stdout is not None
                assert b"answers" in await bot.stdout.readline(), self.errors()
            await asyncio.sleep(SETTLES_S)

    async def _until(self, holds: Callable[[Counter[DeliveryStatus]], bool]) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not holds(standing := await self.standing()):
            assert time.monotonic() < give_up, f"nothing moves: {dict(standing)}, {self.errors()}"
            assert all(bot.returncode is None for bot in self.bots), f"a bot has ended: {self.errors()}"
            await asyncio.sleep(0.02)

    async def standing(self) -> Counter[DeliveryStatus]:
        """How many deliveries stand where."""
        async with self.database.reading() as db:
            found = await db.exec(select(Delivery.status, func.count()).group_by(col(Delivery.status)))
            return Counter({DeliveryStatus(status): count for status, count in found})

    def errors(self) -> str:
        """What the processes had to complain about."""
        return (self.home / "errors").read_text()[-2000:]
