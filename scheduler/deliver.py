"""Get it out: claim a batch under a lease, say each in its reader's language, write down what became of it.

    claim -> too late? quiet hours? -> compose -> send -> record

What is claimed is committed before anything is sent, and nothing is sent twice: a worker that dies in between leaves
its batch *uncertain*, and those are not sent again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.quiet import QuietHours, when_to_send
from scheduler.clock import Clock
from storage import deliveries, people, wheels
from storage.database import Database
from storage.deliveries import Claimed, Outcome
from storage.tables import DeliveryStatus

log = structlog.get_logger("palsbot.deliver")

M = TypeVar("M")

BATCH = 30
LEASE = timedelta(minutes=5)
RETRIES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a message did not arrive, or may not have. `again_in` asks for another try."""

    status: DeliveryStatus
    words: str = ""
    again_in: timedelta | None = None


@dataclass(frozen=True)
class Deliverer(Generic[M]):
    """Delivers for one worker. `compose` gives the message, or None when there is nothing to say any more."""

    database: Database
    clock: Clock
    worker: str
    compose: Callable[[AsyncSession, Claimed, datetime], Awaitable[M | None]]
    send: Callable[[M, int], Awaitable[Sent | Failed]]

    async def deliver(self) -> set[tuple[int, int]]:
        """One batch. Returns the (school, occurrence) of what was handled; empty when nothing was due."""
        now = self.clock.now()
        async with self.database.writing() as db:
            await deliveries.expire_leases(db, now)
            batch = await deliveries.claim(db, self.worker, now, now + LEASE, BATCH)
        if not batch:
            return set()
        held = [self._held(c, now) for c in batch]
        async with self.database.reading() as db:
            said = [
                None if h is not None else await self._composed(db, c, now)
                for c, h in zip(batch, held, strict=True)
            ]
        outcomes = await asyncio.gather(
            *(self._outcome(c, h, s) for c, h, s in zip(batch, held, said, strict=True))
        )
        async with self.database.writing() as db:
            await deliveries.record(db, outcomes)
            for claimed, outcome in zip(batch, outcomes, strict=True):
                if outcome.status in (DeliveryStatus.BLOCKED, DeliveryStatus.GONE):
                    await people.set_reachable(db, claimed.telegram_id, False)
        self._log(batch, outcomes)
        return {(c.school_id, c.occurrence_id) for c in batch}

    def _held(self, claimed: Claimed, now: datetime) -> Outcome | None:
        """Why this is not to be sent now, if so."""
        if now > claimed.too_late_at:
            return Outcome(claimed.id, DeliveryStatus.MISSED)
        if claimed.asked:
            return None
        own = None
        if claimed.quiet_from is not None and claimed.quiet_to is not None:
            own = QuietHours(claimed.quiet_from, claimed.quiet_to)
        zone = ZoneInfo(claimed.timezone)
        at = when_to_send(now, zone, wheels.quiet(claimed.school_quiet), own)
        return Outcome(claimed.id, DeliveryStatus.WAITING, due_at=at) if at > now else None

    async def _composed(self, db: AsyncSession, claimed: Claimed, now: datetime) -> M | Outcome:
        try:
            message = await self.compose(db, claimed, now)
        except Exception as error:
            log.exception("compose failed", action="compose", kind=claimed.kind, delivery=claimed.id)
            return Outcome(claimed.id, DeliveryStatus.REFUSED, error=f"not composed: {type(error).__name__}")
        return message if message is not None else Outcome(claimed.id, DeliveryStatus.CANCELLED)

    async def _outcome(self, claimed: Claimed, held: Outcome | None, said: M | Outcome | None) -> Outcome:
        if held is not None:
            return held
        if isinstance(said, Outcome):
            return said
        assert said is not None  # noqa: S101 - what is not held has been composed
        became = await self.send(said, claimed.telegram_id)
        now = self.clock.now()
        if isinstance(became, Sent):
            return Outcome(claimed.id, DeliveryStatus.SENT, message_id=became.message_id, sent_at=now)
        if became.again_in is not None:
            wait = max(became.again_in, RETRIES[min(claimed.attempts, len(RETRIES)) - 1])
            return Outcome(claimed.id, DeliveryStatus.WAITING, error=became.words[:200], due_at=now + wait)
        return Outcome(claimed.id, became.status, error=became.words[:200] or None)

    def _log(self, batch: list[Claimed], outcomes: list[Outcome]) -> None:
        counts: dict[str, int] = {}
        for outcome in outcomes:
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
        log.info("delivered", action="deliver", batch=len(batch), **counts)
