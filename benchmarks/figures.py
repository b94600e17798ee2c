"""What a benchmark hands back, and how its runs are made and summed up."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: how many were done a second, and how much CPU of this process each took, in microseconds."""

    per_second: float
    cpu_us: float


async def drive(do: Callable[[int], Awaitable[object]], times: int, at_once: int) -> Run:
    """Do it `times` times, `at_once` at a time, and time it."""
    numbers = iter(range(times))

    async def worker() -> None:
        for number in numbers:
            await do(number)

    gc.collect()
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Run(times / seconds, cpu / times * 1e6)


def middle(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(median(run.per_second for run in runs), median(run.cpu_us for run in runs))
