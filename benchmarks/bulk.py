"""Broadcast throughput: a month's focus to 5 000 families without a rate limit, against two plain loops.

| figure | what |
|---|---|
| `bulk_per_s` | deliveries claimed, composed in each reader's language, sent and recorded, on a SQLite file |
| `bulk_postgres_per_s` | the same on PostgreSQL with durable commits |
| `bulk_loop_per_s` | PTB's `send_message` on its own transport, sequentially; nothing is recorded |
| `bulk_raw_per_s` | bare aiohttp with the same concurrency and the same bodies |
| `bulk_vs_loop`, `bulk_vs_raw` | ratios of `bulk_per_s` to these |

A run of ours lasts from the due occurrence until it is closed: expanding, claiming, marking, sending and recording,
under the lease and with the restore guard. All talk to the same loopback server in a process of its own; figures
are medians. Afterwards each reader has one sent delivery with its own message id.
"""

import gc
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from io import StringIO
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from telegram import Bot
from telegram.request import RequestData

from benchmarks import broadcast
from benchmarks.broadcast import FIRST_READER, TOKEN
from benchmarks.figures import Figures, drive
from benchmarks.stub_server import stub_server
from bot import log
from bot.channels.telegram.transport import Transport
from bot.operations.gc_tuning import freeze_startup_objects
from scheduler.delivery.pipeline import IN_FLIGHT
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.support import databases

TURNS: Final = 5
READERS: Final = 5000
LOOPED: Final = 500

Turn = Callable[[], Awaitable[float]]
"""Makes one run and returns messages a second."""


async def measure() -> Figures:
    """Interleaves the runs, so that the machine's load affects all alike."""
    log.set_up(StringIO())
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-")))
        address = await stack.enter_async_context(stub_server())
        recorder = Recorder()
        turns = {"bulk": await _ours(stack, address, f"sqlite:///{directory / 'palsbot.db'}", recorder)}
        if server := _postgresql(stack):
            name = "palsbot_bulk"
            postgres_url = await stack.enter_async_context(databases.postgresql_database(server, name))
            turns["bulk_postgres"] = await _ours(stack, address, postgres_url, Transport())
        await turns["bulk"]()
        bodies = recorder.stop()
        turns["bulk_loop"] = await _loop(stack, address, json.loads(bodies[0])["text"])
        turns["bulk_raw"] = await _raw(stack, address, bodies)
        for name, turn in turns.items():
            if name != "bulk":
                await turn()  # warm-up: connections and caches
        gc.collect()
        freeze_startup_objects()  # as `palsbot run` does
        rates: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(TURNS):
            for name, turn in turns.items():
                gc.collect()
                rates[name].append(await turn())
    return _summarise({name: median(each) for name, each in rates.items()})


def _summarise(rates: dict[str, float]) -> Figures:
    figures: Figures = {f"{name}_per_s": round(rate) for name, rate in rates.items()}
    figures["bulk_vs_loop"] = round(rates["bulk"] / rates["bulk_loop"], 2)
    figures["bulk_vs_raw"] = round(rates["bulk"] / rates["bulk_raw"], 2)
    return figures


class Recorder(Transport):
    """A transport that records the bodies of sendMessage calls until `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self._bodies: list[bytes] | None = []

    def stop(self) -> list[bytes]:
        bodies, self._bodies = self._bodies, None
        assert bodies
        return bodies

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | bytes | None = None,
        *more: object,
        **named: object,
    ) -> tuple[int, bytes]:
        if self._bodies is not None and isinstance(request_data, bytes) and url.endswith("/sendMessage"):
            self._bodies.append(request_data)
        return await super().do_request(url, method, request_data, *more, **named)


def _postgresql(stack: AsyncExitStack) -> str | None:
    """The URL of a server with durable commits; None where none can be started."""
    try:
        return stack.enter_context(databases.postgresql_server(databases.DURABLE))
    except (AssertionError, OSError, RuntimeError):
        return None


async def _ours(stack: AsyncExitStack, address: str, url: str, transport: Transport) -> Turn:
    database = Database.open(url)
    stack.push_async_callback(database.close)
    school = await broadcast.with_families(database, READERS)
    guard = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-"))) / "palsbot.alive"
    deliverer, cards = await stack.enter_async_context(
        broadcast.delivering(database, address, guard, transport)
    )
    slots = count()

    async def turn() -> float:
        occurrence = await broadcast.planned(database, school, f"turn {next(slots)}")
        began = time.perf_counter()
        await deliverer.deliver_all(cards.refresh)
        seconds = time.perf_counter() - began
        assert await broadcast.count_deliveries(database, school, occurrence) == {
            DeliveryStatus.SENT: READERS
        }
        return READERS / seconds

    return turn


async def _loop(stack: AsyncExitStack, address: str, text: str) -> Turn:
    bot = await stack.enter_async_context(Bot(TOKEN, base_url=f"{address}/bot"))

    async def turn() -> float:
        began = time.perf_counter()
        for number in range(LOOPED):
            await bot.send_message(FIRST_READER + number, text, parse_mode="HTML")
        return LOOPED / (time.perf_counter() - began)

    return turn


async def _raw(stack: AsyncExitStack, address: str, bodies: list[bytes]) -> Turn:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    url, headers = f"{address}/bot{TOKEN}/sendMessage", {"Content-Type": "application/json"}

    async def send(number: int) -> None:
        async with session.post(url, data=bodies[number % len(bodies)], headers=headers) as answer:
            sent: dict[str, Any] = json.loads(await answer.read())
            assert sent["ok"]

    async def turn() -> float:
        return (await drive(send, READERS, IN_FLIGHT)).per_second

    return turn
