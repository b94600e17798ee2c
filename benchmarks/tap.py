"""A tap on *ros*, from its raw update to the committed row and both calls, by us and by a peer in turns.

| figure | what |
|---|---|
| `tap_cpu_us` | CPU of this process for one tap through the real application: JSON, update, desk, row, calls |
| `tap_peer_cpu_us` | the same work with aiogram and SQLAlchemy's ORM, see `peer_tap.py` |
| `tap_vs_peer` | ours by theirs |
| `tap_p50_ms`, `tap_p99_ms` | how long a tap takes at 100 of them a second, from `TEACHERS` teachers |

Each has its own SQLite file (WAL) with the same demo school, and both talk to the same loopback server in a
process of its own. For the CPU, taps are made one after the other. For the waiting, they are made at a constant
rate, however long those before take, in several spells. The median spell counts: two processes work here on
what may be two cores, and whatever else the machine does stands in their way.

Every tap is a new row; at the end the rows are counted, and the lines of the log that say it went well. The
limits are there, too wide to make anybody wait.
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
from benchmarks.figures import Figures, Run, drive, middle
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
SPELLS: Final = 5
SECONDS: Final = 3
TOKEN: Final = "1000001:a-token-that-nobody-uses-0000000000"
WIDE: Final = 1e9
WENT_WELL: Final = {"tap": '"action": "praise.save", "outcome": "ok"', "tap_peer": "is handled"}

Tap = Callable[[str], Awaitable[object]]


async def measure() -> Figures:
    """Let both take their turns, then make ours wait."""
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
                times = A_TURN if turn else WARM_UP  # connections are made and code is warm first
                run = await _in_a_row(tap, schools[name], numbers[name], times)
                if turn:
                    runs[name].append(run)
        waits = [await _at_a_rate(taps["tap"], schools["tap"], numbers["tap"]) for _ in range(SPELLS)]
        for name, path in paths.items():
            taps_made = next(numbers[name])
            assert await school.written(path) == (taps_made, taps_made), name
            assert logs[name].getvalue().count(WENT_WELL[name]) == taps_made, name
    return _summed_up({name: middle(several) for name, several in runs.items()}, waits)


def _summed_up(runs: dict[str, Run], waits: list[list[float]]) -> Figures:
    of_hundred = [quantiles(spell, n=100) for spell in waits]
    return {
        "tap_cpu_us": round(runs["tap"].cpu_us, 1),
        "tap_peer_cpu_us": round(runs["tap_peer"].cpu_us, 1),
        "tap_vs_peer": round(runs["tap"].cpu_us / runs["tap_peer"].cpu_us, 2),
        "tap_p50_ms": round(median(spell[49] for spell in of_hundred) * 1000, 1),
        "tap_p99_ms": round(median(spell[98] for spell in of_hundred) * 1000, 1),
    }


async def _in_a_row(tap: Tap, there: DemoSchool, numbers: "count[int]", times: int) -> Run:
    raw = [there.tap(next(numbers)) for _ in range(times)]
    return await drive(lambda number: tap(raw[number]), times, 1)


async def _at_a_rate(tap: Tap, there: DemoSchool, numbers: "count[int]") -> list[float]:
    """How many seconds each tap took, counted from the moment it was due."""
    raw = [there.tap(next(numbers)) for _ in range(A_SECOND * SECONDS)]
    loop = asyncio.get_running_loop()
    waits: list[float] = []

    async def one(update: str, due: float) -> None:
        await tap(update)
        waits.append(loop.time() - due)

    gc.collect()
    freeze_startup_objects()  # as `palsbot run` does
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number, update in enumerate(raw):
            due = began + number / A_SECOND
            await asyncio.sleep(due - loop.time())
            group.create_task(one(update, due))
    return waits


@asynccontextmanager
async def application(address: str, path: Path, out: TextIO) -> AsyncIterator[Tap]:
    """The real application on a stub server; yields what takes a raw update."""
    log.set_up(out)
    database = Database.open(school.at(path))
    line = BotClient(
        TOKEN,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        transport=Transport(),
        limits=RateLimiter(WIDE),
    )
    order = PerChatQueue()
    ptb = Application.builder().bot(line).updater(None).concurrent_updates(order).job_queue(None).build()
    dispatcher = Dispatcher(
        database,
        SystemClock(),
        FEATURES,
        Composer(FEATURES),
        ReplySender(line),
        join_links(address, "stub_bot"),
    )
    ptb.add_handler(dispatcher)

    async def tap(raw: str) -> None:
        update = parse_update(json.loads(raw), line)
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
