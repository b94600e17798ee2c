"""The ticks: APScheduler calls plan, deliver and the nightly tidying, and remembers nothing. The truth is rows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger("palsbot.tick")

Tick = Callable[[], Awaitable[object]]


class Ticks:
    """Runs the ticks while it is started, the first time at once. One that fails is logged, and comes again."""

    def __init__(self, *, plan: Tick, deliver: Tick, tidy: Tick) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=ZoneInfo("UTC"),
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self.last_at: float | None = None
        """When a tick last came to a good end, on `time.monotonic`; None before the first."""
        self._add(plan, "plan", seconds=20)
        self._add(deliver, "deliver", seconds=1)
        self._add(tidy, "tidy", hours=6)

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

        at_once = datetime.now(UTC)
        self._scheduler.add_job(run, "interval", id=name, next_run_time=at_once, **every)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
