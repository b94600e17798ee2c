"""Ticks: periodic jobs that APScheduler runs in memory (plan, deliver, retention). All state is in the database."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger("palsbot.ticks")

Tick = Callable[[], Awaitable[object]]


class Ticks:
    """Runs each job at its interval, first at once, one run at a time. A failed run is logged and runs again."""

    def __init__(self, *, plan: Tick, deliver: Tick, retention: Tick) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=ZoneInfo("UTC"),
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self.last_at: float | None = None
        """When a tick last succeeded, on `time.monotonic`; None before the first."""
        self._add(plan, "plan", seconds=20)
        self._add(deliver, "deliver", seconds=1)
        self._add(retention, "retention", hours=6)

    def _add(self, tick: Tick, name: str, **every: int) -> None:
        async def run() -> None:
            try:
                await tick()
            except asyncio.CancelledError:  # `stop`: no failure, which is what APScheduler would log
                log.debug("tick stopped", action=name)
            except Exception:
                log.exception("tick failed", action=name)
            else:
                self.last_at = time.monotonic()

        self._scheduler.add_job(run, "interval", id=name, next_run_time=datetime.now(UTC), **every)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
