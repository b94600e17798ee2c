"""An ordeal: a broadcast to a whole town, while processes are killed at random moments and the network fails.

A town, and a database with its readers; an announcement that is due; bots run, one is killed, and runs again; the
last ones are left alone until nothing waits; and then everybody is accounted for.
"""

import asyncio
import json
import os
import random
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import col, func, select, update

from bot.services import outbox
from bot.services.outbox import Errand
from localchat.client import Sim
from pals.roles import Role
from scheduler.plan import FAMILIES
from storage import announcements
from storage.database import Database
from storage.tables import (
    AnnouncementStatus,
    Delivery,
    DeliveryStatus,
    Membership,
    Person,
    School,
    Standing,
    table_of,
)
from tests.chaos.town import FIRST
from tests.people import make_person, make_school

READERS = 2_000
RATE = 300
"""Messages a second, on both sides: as strict as Telegram's limits, and sooner over."""

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
UNSETTLED = (DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)


@dataclass(frozen=True)
class Mishap:
    """What a bad network does to `times` calls; `leaves` of them nobody knows whether they arrived."""

    kind: str
    times: int
    how: dict[str, object]
    leaves: int = 0


MISHAPS = (
    Mishap("status", 2, {"status": 500}, leaves=2),
    Mishap("status", 1, {"status": 502}, leaves=1),
    Mishap("drop", 2, {}, leaves=2),
    Mishap("drop", 2, {"after": True}, leaves=2),
    Mishap("delay", 5, {"seconds": 0.3}),
    Mishap("status", 1, {"status": 429, "retry_after": 1}),
)


@asynccontextmanager
async def town(readers: int = READERS, rate: int = RATE) -> AsyncIterator[tuple[str, str]]:
    """The address of a chat server in its own process, and the bot's token."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.town", str(readers), str(rate), stdout=PIPE, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        said = json.loads(await process.stdout.readline())
        yield said["url"], said["token"]
    finally:
        process.terminate()
        await process.wait()


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
    kills: int = 0
    on_their_way: list[int] = field(default_factory=list)
    """How many messages were marked as being sent when a process was killed, for each kill."""
    unknown: int = 0
    """How many calls the network has been asked to leave unknown."""
    texts: list[str] = field(default_factory=list)
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
        self.texts.append(f"Skolen er stengt i morgen ({len(self.texts) + 1}).")
        async with self.database.writing() as db:
            this = await announcements.create(
                db, self.school, self.leader, "families", self.texts[-1], now=now
            )
            await announcements.set_status(
                db, self.school, this, AnnouncementStatus.WRITTEN, AnnouncementStatus.SENDING, sent_at=now
            )
            await outbox.put(db, self.school, Errand.ANNOUNCEMENT, str(this), FAMILIES, now=now)

    # --- the ordeal

    async def endure(self, kills: int) -> None:
        """So many times a bot is killed in the middle of it; afterwards it is left to finish."""
        chance = random.Random(self.seed)  # noqa: S311 - no secret
        await self.announce()
        async with Sim(self.url) as sim:
            for _ in range(self.replicas):
                await self._start()
            while self.kills < kills:
                await self._mishap(sim, chance)
                await self._until_it_moves()
                await asyncio.sleep(chance.uniform(0.0, 0.25))
                await self._kill(chance.randrange(len(self.bots)))
                await self._start()
            await sim.end_faults()
            await self._until_all_is_settled()
            for bot in self.bots:
                bot.terminate()
            assert [await bot.wait() for bot in self.bots] == [0] * self.replicas, "a clean stop"

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
                    stdout=DEVNULL,
                    stderr=errors,
                )
            )

    async def _kill(self, which: int) -> None:
        bot = self.bots.pop(which)
        bot.kill()
        await bot.wait()
        self.kills += 1
        self.on_their_way.append((await self.standing())[DeliveryStatus.SENDING])

    async def _mishap(self, sim: Sim, chance: random.Random) -> None:
        mishap = chance.choice(MISHAPS)
        await sim.fault("sendMessage", mishap.kind, mishap.times, **mishap.how)
        self.unknown += mishap.leaves

    async def _until_it_moves(self) -> None:
        """Until more has been sent than before; when there is nothing left to send, another text goes out."""
        before = await self.standing()
        if not any(before[status] for status in UNSETTLED):
            await self.announce()
        await self._until(lambda now: now[DeliveryStatus.SENT] > before[DeliveryStatus.SENT])

    async def _until_all_is_settled(self) -> None:
        await self._until(lambda now: not any(now[status] for status in UNSETTLED))

    async def _until(self, holds: Callable[[Counter[DeliveryStatus]], bool]) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not holds(standing := await self.standing()):
            assert time.monotonic() < give_up, f"nothing moves: {dict(standing)}, {self.errors()}"
            assert all(bot.returncode is None for bot in self.bots), f"a bot has ended: {self.errors()}"
            await asyncio.sleep(0.02)

    # --- afterwards

    async def standing(self) -> Counter[DeliveryStatus]:
        """How many deliveries stand where."""
        async with self.database.reading() as db:
            found = await db.exec(select(Delivery.status, func.count()).group_by(col(Delivery.status)))
            return Counter({DeliveryStatus(status): count for status, count in found})

    async def account(self) -> "Account":
        """Who got what, by the town's own count, beside what the database says of it."""
        got: Counter[tuple[int, int]] = Counter()
        async with Sim(self.url) as sim:

            async def look_at(person: int) -> None:
                shown = (await sim.chat(person)).texts
                for number, text in enumerate(self.texts, start=1):
                    got[person, number] = sum(text in each for each in shown)

            await asyncio.gather(*(look_at(person["id"]) for person in await sim.people()))
        async with self.database.reading() as db:
            found = await db.exec(
                select(Person.telegram_id, Delivery.occurrence_id, Delivery.status).join(
                    Person, col(Person.id) == col(Delivery.person_id)
                )
            )
            return Account(
                {
                    (chat, number): (DeliveryStatus(status), got[chat, number])
                    for chat, number, status in found
                }
            )

    def errors(self) -> str:
        """What the processes had to complain about."""
        return (self.home / "errors").read_text()[-2000:]


@dataclass(frozen=True)
class Account:
    """For each reader and text: what the database says became of it, and how often it arrived."""

    became: dict[tuple[int, int], tuple[DeliveryStatus, int]]

    @property
    def kinds(self) -> set[tuple[DeliveryStatus, int]]:
        return set(self.became.values())

    @property
    def uncertain(self) -> int:
        return sum(status is DeliveryStatus.UNCERTAIN for status, _ in self.became.values())
