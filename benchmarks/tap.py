"""Tap latency and CPU: *ros* from its raw update to the committed row and both calls, against a peer.

| figure | what |
|---|---|
| `tap_cpu_us` | CPU of this process for one tap through the real application: JSON, update, dispatcher, row, calls |
| `tap_peer_cpu_us` | the same work with aiogram and SQLAlchemy's ORM, see `peer_tap.py` |
| `tap_vs_peer` | the ratio |
| `tap_p50_ms`, `tap_p99_ms` | latency of a tap at 100 taps a second, from `TEACHERS` teachers |

Each has its own SQLite file (WAL) with the same demo school, and both talk to the same loopback server in a
process of its own. CPU is measured on sequential taps. Latency is measured at a constant rate (open loop), in
several rounds of which the median counts: two processes share what may be two cores with the rest of the machine.

Every tap is a new row; at the end the rows, and the log lines of successful taps, are counted. The rate limiter is
in place, with a limit too high to wait for.
"""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from io import StringIO
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final, TextIO

from telegram import Update
from telegram.ext import Application

from benchmarks import school
from benchmarks.figures import Figures, Run, drive, median_run
from benchmarks.peer_tap import peer
from benchmarks.school import DemoSchool
from benchmarks.stub_server import stub_server
from bot import log
from bot.app import join_links
from bot.channels.dispatcher import Dispatcher
from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.rate_limiter import RateLimiter
from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import Transport
from bot.channels.telegram.updates import parse_update
from bot.messages.compose import Composer
from bot.operations.gc_tuning import freeze_startup_objects
from scheduler.clock import SystemClock
from storage.database import Database
from tests.support.features import FEATURES

TURNS: Final = 12
A_TURN: Final = 200
WARM_UP: Final = 300
A_SECOND: Final = 100
ROUNDS: Final = 5
SECONDS: Final = 3
TOKEN: Final = "1000001:an-unused-token-00000000000000000000"
UNLIMITED: Final = 1e9
SUCCESS: Final = {"tap": '"action": "praise.save", "outcome": "ok"', "tap_peer": "is handled"}

Tap = Callable[[str], Awaitable[object]]


async def measure() -> Figures:
    """Interleaves runs of both, then measures our latency."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-")))
        logs = {"tap": StringIO(), "tap_peer": StringIO()}
        address = await stack.enter_async_context(stub_server())
        paths = {name: directory / f"{name}.db" for name in logs}
        schools = {name: await school.make(path) for name, path in paths.items()}
        taps = {
            "tap": await stack.enter_async_context(application(address, paths["tap"], logs["tap"])),
            "tap_peer": await stack.enter_async_context(_peer(address, paths["tap_peer"], logs["tap_peer"])),
        }
        numbers = {name: count() for name in taps}
        runs: dict[str, list[Run]] = {name: [] for name in taps}
        for turn in range(TURNS + 1):
            for name, tap in taps.items():
                times = A_TURN if turn else WARM_UP  # warm-up first
                run = await _sequentially(tap, schools[name], numbers[name], times)
                if turn:
                    runs[name].append(run)
        waits = [await _at_a_rate(taps["tap"], schools["tap"], numbers["tap"]) for _ in range(ROUNDS)]
        for name, path in paths.items():
            taps_made = next(numbers[name])
            assert await school.count_praises(path) == (taps_made, taps_made), name
            assert logs[name].getvalue().count(SUCCESS[name]) == taps_made, name
    return _summarise({name: median_run(each) for name, each in runs.items()}, waits)


def _summarise(runs: dict[str, Run], waits: list[list[float]]) -> Figures:
    percentiles = [quantiles(latencies, n=100) for latencies in waits]
    return {
        "tap_cpu_us": round(runs["tap"].cpu_us, 1),
        "tap_peer_cpu_us": round(runs["tap_peer"].cpu_us, 1),
        "tap_vs_peer": round(runs["tap"].cpu_us / runs["tap_peer"].cpu_us, 2),
        "tap_p50_ms": round(median(latencies[49] for latencies in percentiles) * 1000, 1),
        "tap_p99_ms": round(median(latencies[98] for latencies in percentiles) * 1000, 1),
    }


async def _sequentially(tap: Tap, demo_school: DemoSchool, numbers: "count[int]", times: int) -> Run:
    raw = [demo_school.tap(next(numbers)) for _ in range(times)]
    return await drive(lambda number: tap(raw[number]), times, 1)


async def _at_a_rate(tap: Tap, demo_school: DemoSchool, numbers: "count[int]") -> list[float]:
    """Latency of each tap in seconds, from when it was due."""
    raw = [demo_school.tap(next(numbers)) for _ in range(A_SECOND * SECONDS)]
    loop = asyncio.get_running_loop()
    waits: list[float] = []

    async def timed_tap(update: str, due: float) -> None:
        await tap(update)
        waits.append(loop.time() - due)

    gc.collect()
    freeze_startup_objects()  # as `palsbot run` does
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number, update in enumerate(raw):
            due = began + number / A_SECOND
            await asyncio.sleep(due - loop.time())
            group.create_task(timed_tap(update, due))
    return waits


@asynccontextmanager
async def application(address: str, path: Path, out: TextIO) -> AsyncIterator[Tap]:
    """The real application on a stub server; yields what takes a raw update."""
    log.set_up(out)
    database = Database.open(school.at(path))
    client = BotClient(
        TOKEN,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        transport=Transport(),
        limits=RateLimiter(UNLIMITED),
    )
    order = PerChatQueue()
    ptb = Application.builder().bot(client).updater(None).concurrent_updates(order).job_queue(None).build()
    dispatcher = Dispatcher(
        database,
        SystemClock(),
        FEATURES,
        Composer(FEATURES),
        ReplySender(client),
        join_links(address, "stub_bot"),
    )
    ptb.add_handler(dispatcher)

    async def tap(raw: str) -> None:
        update = parse_update(json.loads(raw), client)
        assert isinstance(update, Update)
        await order.process_update(update, ptb.process_update(update))

    async with ptb:
        yield tap
    await database.close()


@asynccontextmanager
async def _peer(address: str, path: Path, out: TextIO) -> AsyncIterator[Tap]:
    async with peer(TOKEN, address, path, out) as take:

        async def tap(raw: str) -> object:
            return await take(json.loads(raw))

        yield tap
