"""Deliver: rounds of the delivery pipeline until the queue is empty, with progress reports and a graceful shutdown.

    expand what is due -> claim -> deadline? quiet hours? -> compose -> mark sending -> send -> record -> new readers?

At most once: a delivery is marked as sending before the network call, and what is marked no other worker sends. After
a crash exactly the messages that were in flight are *uncertain*.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog

from scheduler.delivery.pipeline import LEASE, Pipeline
from scheduler.delivery.types import DeliveryContext, Failed, M, ReportProgress, Sent
from scheduler.expand import OccurrenceKey

__all__ = ["BATCH", "LEASE", "Deliverer", "Failed", "M", "Sent"]

log = structlog.get_logger("palsbot.delivery")

BATCH = 300
"""How many deliveries a round of `deliver` handles at most."""

REPORT_S = 0.5
SHUTDOWN_S = 20.0


@dataclass(frozen=True)
class Deliverer(DeliveryContext[M]):
    """Delivers for one worker."""

    async def deliver(self) -> set[OccurrenceKey]:
        """Runs one round of at most `BATCH`. Returns what it handled; empty when nothing was due."""
        return await self._round(BATCH)

    async def deliver_all(self, report: ReportProgress) -> None:
        """Runs rounds until nothing is due. Passes what was handled to `report`, at intervals and once at the end."""
        handled: set[OccurrenceKey] = set()
        done = asyncio.Event()
        reporting = asyncio.create_task(self._report_progress(report, handled, done))
        try:
            while await self._round(None, handled):
                pass
        finally:
            done.set()
            await reporting

    async def finish(self) -> None:
        """Graceful shutdown: sends nothing more, releases the ready queue, and waits for what is in flight."""
        self.state.stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_S), self.state.running:
                pass

    async def _round(
        self, limit: int | None, handled: set[OccurrenceKey] | None = None
    ) -> set[OccurrenceKey]:
        async with self.state.running:
            if self.state.stopping or not self.leadership.is_leader or self.pace.backoff_left > 0:
                return set()
            return await Pipeline(self, limit, handled).run()

    async def _report_progress(
        self, report: ReportProgress, handled: set[OccurrenceKey], done: asyncio.Event
    ) -> None:
        while True:
            last = done.is_set()
            batch = set(handled)
            handled -= batch
            try:
                await report(batch)
            except Exception:
                log.exception("progress report failed", action="report_progress")
            if last:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(REPORT_S):
                    await done.wait()
