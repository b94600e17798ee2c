"""A message to 1 000 000 readers on PostgreSQL: how long it takes to plan, and that delivering it stays small.

| figure | what |
|---|---|
| `plan_1m_s` | seconds from a due occurrence to a delivery for each reader, committed |
| `plan_deliver_per_s` | how many a second then go out with a million waiting; compare `bulk_postgres_per_s` |
| `rss_mb_planned` | memory of this process when they are planned, and nothing is sent yet |
| `rss_mb_begun` | the same when the first 2 000 are sent, and everything has been used once |
| `rss_mb_delivering` | the most memory it has until the first 20 000 are sent |

The readers are made by the database itself, and that is not counted. PostgreSQL keeps every commit on its disk; its
own memory is not counted either.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from benchmarks import broadcast
from benchmarks.figures import Figures
from benchmarks.stub_server import stub_server
from bot import log
from bot.channels.telegram.transport import Transport
from bot.turn import Reply
from scheduler.delivery.deliverer import Deliverer
from scheduler.delivery.types import Failed, ReportProgress, Sent
from scheduler.expand import expand_due
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.support import databases

READERS: Final = 1_000_000
BEGUN: Final = 2000
SENT: Final = 20_000
LOOK_S: Final = 0.1


async def measure() -> Figures:
    """Make the readers, plan for them, and deliver to the first of them."""
    log.set_up(StringIO())
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-")))
        try:
            server = stack.enter_context(databases.postgresql_server(databases.DURABLE))
        except (AssertionError, OSError, RuntimeError):
            return {}  # PostgreSQL cannot be had on every machine
        url = await stack.enter_async_context(databases.postgresql_database(server, "palsbot_plan"))
        database = Database.open(url)
        stack.push_async_callback(database.close)
        school = await broadcast.with_families(database, READERS)
        async with databases.administering(url) as script:
            await script("ANALYZE")
        occurrence = await broadcast.planned(database, school, "plan")

        began = time.perf_counter()
        assert await expand_due(database, broadcast.NOON) == {(school, occurrence)}
        seconds = time.perf_counter() - began

        address = await stack.enter_async_context(stub_server())
        deliverer, cards = await stack.enter_async_context(
            broadcast.delivering(database, address, directory / "palsbot.alive", Transport())
        )
        gc.collect()
        before = _megabytes()
        began = time.perf_counter()
        memory = await _deliver_first(deliverer, cards.refresh)
        delivered = time.perf_counter() - began
        stand = await broadcast.became(database, school, occurrence)
        assert set(stand) == {DeliveryStatus.SENT, DeliveryStatus.WAITING}
        assert sum(stand.values()) == READERS
    return {
        "plan_1m_s": round(seconds, 2),
        "plan_deliver_per_s": round(stand[DeliveryStatus.SENT] / delivered),
        "rss_mb_planned": round(before, 1),
        "rss_mb_begun": round(max(of for sent, of in memory if sent <= BEGUN), 1),
        "rss_mb_delivering": round(max(of for _, of in memory), 1),
    }


def _megabytes() -> float:
    rss: int = psutil.Process().memory_info().rss
    return rss / 2**20


class Counting:
    """Sends as before, and knows how many that were."""

    def __init__(self, send: Callable[[Reply, int], Awaitable[Sent | Failed]]) -> None:
        self._send = send
        self.sent = 0

    async def send(self, reply: Reply, chat: int) -> Sent | Failed:
        self.sent += 1
        return await self._send(reply, chat)


async def _deliver_first(deliverer: Deliverer[Reply], tell: ReportProgress) -> list[tuple[int, float]]:
    """How many were sent and the memory of this process then, again and again until the first have been sent."""
    counting = Counting(deliverer.send)
    counted = replace(deliverer, send=counting.send)
    delivering = asyncio.create_task(counted.deliver_all(tell))
    memory = []
    while counting.sent < SENT and not delivering.done():
        memory.append((counting.sent, _megabytes()))
        await asyncio.sleep(LOOK_S)
    await counted.finish()
    await delivering
    return memory
