"""A message to 1 000 000 readers on PostgreSQL: time to expand it, delivery rate, and memory that stays bounded.

| figure | what |
|---|---|
| `plan_1m_s` | seconds from a due occurrence to a delivery for each reader, committed |
| `plan_deliver_per_s` | messages a second with a backlog of a million; compare `bulk_postgres_per_s` |
| `rss_mb_planned` | memory of this process after expansion, before anything is sent |
| `rss_mb_begun` | the same when the first 2 000 are sent, with caches warm |
| `rss_mb_delivering` | peak memory until the first 20 000 are sent |

Inserting the readers is not timed. PostgreSQL commits durably; its own memory is not counted.
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
SAMPLE_S: Final = 0.1


async def measure() -> Figures:
    """Inserts readers, expands an occurrence for them, and delivers to the first."""
    log.set_up(StringIO())
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-")))
        try:
            server = stack.enter_context(databases.postgresql_server(databases.DURABLE))
        except (AssertionError, OSError, RuntimeError):
            return {}  # PostgreSQL is not available on every machine
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
        counts = await broadcast.count_deliveries(database, school, occurrence)
        assert set(counts) == {DeliveryStatus.SENT, DeliveryStatus.WAITING}
        assert sum(counts.values()) == READERS
    return {
        "plan_1m_s": round(seconds, 2),
        "plan_deliver_per_s": round(counts[DeliveryStatus.SENT] / delivered),
        "rss_mb_planned": round(before, 1),
        "rss_mb_begun": round(max(used for sent, used in memory if sent <= BEGUN), 1),
        "rss_mb_delivering": round(max(used for _, used in memory), 1),
    }


def _megabytes() -> float:
    rss: int = psutil.Process().memory_info().rss
    return rss / 2**20


class Counting:
    """Wraps `send` and counts its calls."""

    def __init__(self, send: Callable[[Reply, int], Awaitable[Sent | Failed]]) -> None:
        self._send = send
        self.sent = 0

    async def send(self, reply: Reply, chat: int) -> Sent | Failed:
        self.sent += 1
        return await self._send(reply, chat)


async def _deliver_first(deliverer: Deliverer[Reply], report: ReportProgress) -> list[tuple[int, float]]:
    """Samples (messages sent, memory of this process) until the first `SENT` are sent."""
    counting = Counting(deliverer.send)
    counted = replace(deliverer, send=counting.send)
    delivering = asyncio.create_task(counted.deliver_all(report))
    memory = []
    while counting.sent < SENT and not delivering.done():
        memory.append((counting.sent, _megabytes()))
        await asyncio.sleep(SAMPLE_S)
    await counted.finish()
    await delivering
    return memory
