"""A Home tap while another transaction holds the writer, beside the same without it.

| figure | what |
|---|---|
| `read_tap_alone_p99_ms` | a Home tap at `A_SECOND` a second, through the real application, with an idle writer |
| `read_tap_busy_p99_ms` | the same while transaction after transaction holds the writer for `HELD_MS` each |
| `read_tap_busy_ratio` | busy by alone |

Home only reads, so the dispatcher runs it in a reading transaction, which no writer blocks. Spells with and without a
busy writer take turns, and the median spell of each counts.
"""

import asyncio
import gc
from contextlib import AsyncExitStack, suppress
from io import StringIO
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import school
from benchmarks.figures import Figures
from benchmarks.school import DemoSchool
from benchmarks.stub_server import stub_server
from benchmarks.tap import Tap, application
from bot.operations.gc_tuning import freeze_startup_objects
from storage.database import Database

A_SECOND: Final = 50
SPELLS: Final = 5
TAPS: Final = 150
WARM_UP: Final = 100
HELD_MS: Final = 200
PAUSE_MS: Final = 10


async def measure() -> Figures:
    """Let spells with an idle and with a busy writer take turns."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-")))
        path, log = directory / "read.db", StringIO()
        address = await stack.enter_async_context(stub_server())
        demo_school = await school.make(path)
        tap = await stack.enter_async_context(application(address, path, log))
        numbers = count()
        for _ in range(WARM_UP):
            await tap(demo_school.home(next(numbers)))
        gc.collect()
        freeze_startup_objects()  # as `palsbot run` does
        alone: list[float] = []
        busy: list[float] = []
        for _ in range(SPELLS):
            alone.append(_p99(await _spell(tap, demo_school, numbers)))
            holder = asyncio.create_task(_hold_writer(path))
            busy.append(_p99(await _spell(tap, demo_school, numbers)))
            holder.cancel()
            with suppress(asyncio.CancelledError):
                await holder
        taps = next(numbers)
        assert log.getvalue().count('"action": "home') == taps
        assert log.getvalue().count('"outcome": "ok"') == taps
    return {
        "read_tap_alone_p99_ms": round(median(alone) * 1000, 1),
        "read_tap_busy_p99_ms": round(median(busy) * 1000, 1),
        "read_tap_busy_ratio": round(median(busy) / median(alone), 2),
    }


async def _spell(tap: Tap, demo_school: DemoSchool, numbers: "count[int]") -> list[float]:
    """How many seconds each tap took, counted from the moment it was due."""
    loop = asyncio.get_running_loop()
    waits: list[float] = []

    async def timed(update: str, due: float) -> None:
        await tap(update)
        waits.append(loop.time() - due)

    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(TAPS):
            due = began + number / A_SECOND
            await asyncio.sleep(due - loop.time())
            group.create_task(timed(demo_school.home(next(numbers)), due))
    return waits


async def _hold_writer(path: Path) -> None:
    """Another process's transactions would hold the file's write lock just as these do."""
    database = Database.open(school.at(path))
    try:
        while True:
            async with database.writing():
                await asyncio.sleep(HELD_MS / 1000)
            await asyncio.sleep(PAUSE_MS / 1000)
    finally:
        await database.close()


def _p99(waits: list[float]) -> float:
    return quantiles(waits, n=100)[98]
