"""Timing of benchmark runs: throughput, CPU time and medians."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: operations a second, and this process's CPU time for each, in microseconds."""

    per_second: float
    cpu_us: float


async def drive(do: Callable[[int], Awaitable[object]], times: int, concurrency: int) -> Run:
    """Times `times` calls of `do`, `concurrency` at a time."""
    numbers = iter(range(times))

    async def worker() -> None:
        for number in numbers:
            await do(number)

    gc.collect()
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Run(times / seconds, cpu / times * 1e6)


def median_run(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(median(run.per_second for run in runs), median(run.cpu_us for run in runs))
