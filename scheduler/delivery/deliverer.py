"""Get it out: what is due is claimed, said in each reader's language, sent, and what became of it is written down.

    open what is due -> claim -> too late? quiet hours? -> compose -> sending -> send -> record -> anybody new?

Nothing is sent that is not marked as being sent first, and nothing that is marked is sent by anybody else: a worker
that dies leaves *uncertain* what was on its way, and only that. `run` is one round of it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog

from scheduler.delivery.pipeline import LEASE, Pipeline
from scheduler.delivery.types import DeliveryContext, Failed, M, ReportProgress, Sent
from scheduler.expand import Key

__all__ = ["BATCH", "LEASE", "Deliverer", "Failed", "M", "Sent"]

log = structlog.get_logger("palsbot.deliver")

BATCH = 300
"""How many a round of `deliver` is at most."""

TELL_S = 0.5
FINISH_S = 20.0


@dataclass(frozen=True)
class Deliverer(DeliveryContext[M]):
    """Delivers for one worker."""

    async def deliver(self) -> set[Key]:
        """One round. Returns the (school, occurrence) of what was handled; empty when nothing was due."""
        return await self._round(BATCH)

    async def deliver_all(self, tell: ReportProgress) -> None:
        """Until nothing is due any more. Meanwhile, and once at the end, `tell` is told what has been handled."""
        handled: set[Key] = set()
        over = asyncio.Event()
        telling = asyncio.create_task(self._keep_telling(tell, handled, over))
        try:
            while await self._round(None, handled):
                pass
        finally:
            over.set()
            await telling

    async def finish(self) -> None:
        """Ends well: sends nothing more, lets go of what lies ready, and waits a while for what is on its way."""
        self.state.stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S), self.state.running:
                pass

    async def _round(self, most: int | None, handled: set[Key] | None = None) -> set[Key]:
        async with self.state.running:
            if self.state.stopping or not self.leadership.is_leader or self.pace.halt_left > 0:
                return set()
            return await Pipeline(self, most, handled).run()

    async def _keep_telling(self, tell: ReportProgress, handled: set[Key], over: asyncio.Event) -> None:
        while True:
            last = over.is_set()
            told = set(handled)
            handled -= told
            try:
                await tell(told)
            except Exception:
                log.exception("not told", action="tell")
            if last:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(TELL_S):
                    await over.wait()
