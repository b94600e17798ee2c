"""The delivery pipeline, one round of it: while a batch is in flight, the next is claimed and composed.

    fill:  claim a batch -> policy -> compose -> merge digests -> ready queue
    flush: ready queue -> marked as sending, and earlier outcomes recorded, in one transaction
    send:  each marked message is in flight -> its outcome waits for the next flush

Only what is sent at once is marked, so that a crash leaves few messages uncertain. Marks and outcomes are flushed in
bulk, so that no message costs a transaction of its own.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler.delivery.policy import outcomes_for, reason_not_to_send, returned_unsent, storable
from scheduler.delivery.ready_queue import ReadyQueue
from scheduler.delivery.types import Bundle, DeliveryContext, Failed, M
from scheduler.expand import OccurrenceKey, expand_due, expand_new_readers
from storage import people
from storage.database import is_unavailable
from storage.delivery import claims, deliveries, occurrences
from storage.delivery.claims import Claimed
from storage.delivery.outcomes import Outcome, record
from storage.tables import DeliveryStatus, OccurrenceStatus

log = structlog.get_logger("palsbot.delivery")

LEASE = timedelta(minutes=5)
EXPIRY_INTERVAL = timedelta(minutes=1)
IN_FLIGHT = 48
"""How many messages are in flight at once, at most."""

CHUNK, LARGEST_CHUNK = 100, 500
"""Batch size of a claim; as many again may be queued. The larger one applies where the rate limit is no bottleneck: a
text that is the same for many readers is composed once a batch."""

YIELD_EVERY = 10
"""Yields to the event loop after composing so many, so that taps are answered meanwhile."""

FLUSH_SIZE = 24
"""So many marks are flushed at once, without waiting for `FLUSH_S`."""

FLUSH_S = 0.02
RECHECK_S = 2.0


class Pipeline(Generic[M]):
    """One round of at most `limit` deliveries, if given. Adds what it handles to `handled` as it goes."""

    def __init__(
        self, context: DeliveryContext[M], limit: int | None, handled: set[OccurrenceKey] | None
    ) -> None:
        self._context = context
        self._left = limit
        self._handled: set[OccurrenceKey] = set()
        self._reported = handled if handled is not None else set()
        self._queue = ReadyQueue(context.merge)
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._outcome_counts: Counter[str] = Counter()
        self._recheck_all = False
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._flushed_at = self._rechecked_at = time.monotonic()
        self._expanded_at = float("-inf")

    @property
    def _unrecorded(self) -> list[tuple[Claimed, Outcome]]:
        return self._context.state.unrecorded

    async def run(self) -> set[OccurrenceKey]:
        """Returns the (school, occurrence) handled."""
        filling = self._start_filling()
        try:
            while self._queue or self._in_flight or self._unrecorded or not filling.done():
                if not self._may_send():
                    await self._release_ready(filling)
                selected = self._select()
                if self._should_flush(selected, filling.done()):
                    await self._flush(selected)
                else:
                    await self._wait_for_change()
                if time.monotonic() - self._rechecked_at > RECHECK_S:
                    await self._expand_new_readers()
                    # No head-of-line blocking: a slow response must not delay what has become due meanwhile.
                    if self._is_filled(filling) and self._may_send():
                        filling = self._start_filling()
            if not filling.cancelled():
                filling.result()
            await self._expand_new_readers()
        except BaseException:
            self._context.state.needs_recovery = True
            raise
        finally:
            await self._end(filling)
        if self._outcome_counts:
            log.info("delivered", action="deliver", **self._outcome_counts)
        return self._handled

    # --- fill

    def _start_filling(self) -> "asyncio.Task[None]":
        filling = asyncio.create_task(self._fill())
        filling.add_done_callback(lambda _: self._changed.set())
        return filling

    def _is_filled(self, filling: "asyncio.Task[None]") -> bool:
        """Whether the last claim found nothing more that is due."""
        return filling.done() and not filling.cancelled() and filling.exception() is None

    async def _fill(self) -> None:
        context, state = self._context, self._context.state
        while self._left is None or self._left > 0:
            if time.monotonic() - self._expanded_at > RECHECK_S:
                self._expanded_at = time.monotonic()
                self._mark_handled(await expand_due(context.database, context.clock.now()))
            self._has_room.clear()
            chunk = max(CHUNK, min(context.pace.capacity, LARGEST_CHUNK))
            if len(self._queue) >= chunk:
                await self._has_room.wait()
                continue
            now = context.clock.now()
            limit = chunk if self._left is None else min(chunk, self._left)
            async with context.database.writing() as db:
                if state.needs_recovery:
                    await self._recover(db)
                await self._expire_leases(db, now)
                batch = await claims.claim(db, context.worker, now, now + LEASE, limit)
                if stale := self._queue.ids & {claimed.id for claimed in batch}:
                    # Unclaimed by a correction, while the queue still holds the old text: not before that is gone.
                    await claims.unclaim(db, context.worker, stale)
                    batch = [claimed for claimed in batch if claimed.id not in stale]
            if state.needs_recovery:
                state.needs_recovery = False
                self._unrecorded.clear()
            if not batch:
                if not stale:
                    return
                await self._has_room.wait()
                continue
            if self._left is not None:
                self._left -= len(batch)
            await self._compose_batch(batch, now)

    async def _expire_leases(self, db: AsyncSession, now: datetime) -> None:
        """Throttled: this scan is expensive on a large backlog."""
        last = self._context.state.expiry_checked_at
        if last is not None and timedelta(0) <= now - last < EXPIRY_INTERVAL:
            return
        if await claims.expire_leases(db, self._context.worker, now):
            self._recheck_all = True  # their occurrences are not in `_handled`
        self._context.state.expiry_checked_at = now

    async def _recover(self, db: AsyncSession) -> None:
        """Crash recovery after a failed round: records known outcomes; nothing else of this worker is in flight."""
        await record(db, self._context.worker, [outcome for _, outcome in self._unrecorded])
        await claims.release_own(db, self._context.worker)

    async def _compose_batch(self, batch: list[Claimed], now: datetime) -> None:
        self._mark_handled({(claimed.school_id, claimed.occurrence_id) for claimed in batch})
        composed: list[tuple[Claimed, M]] = []
        async with self._context.database.reading() as db:
            for number, claimed in enumerate(batch):
                if number % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
                if not self._queue.tracks(claimed.occurrence_id):
                    self._queue.track(claimed.occurrence_id, await claims.any_sent(db, claimed.occurrence_id))
                result = reason_not_to_send(claimed, now) or await self._compose(db, claimed, now)
                if isinstance(result, Outcome):
                    self._unrecorded.append((claimed, result))
                else:
                    composed.append((claimed, result))
        self._unrecorded.extend(self._queue.add(composed))
        self._changed.set()

    async def _compose(self, db: AsyncSession, claimed: Claimed, now: datetime) -> M | Outcome:
        try:
            message = await self._context.compose(db, claimed, now)
        except Exception as error:
            log.exception("compose failed", action="compose", kind=claimed.kind, delivery=claimed.id)
            if is_unavailable(error):
                raise  # the database is unavailable: the message is not at fault
            await db.rollback()  # PostgreSQL runs no further query in a failed transaction
            return Outcome(claimed.id, DeliveryStatus.REFUSED, error=f"not composed: {type(error).__name__}")
        return message if message is not None else Outcome(claimed.id, DeliveryStatus.CANCELLED)

    # --- flush

    def _may_send(self) -> bool:
        context = self._context
        return context.leadership.is_leader and not context.state.stopping and context.pace.backoff_left <= 0

    def _select(self) -> list[tuple[Bundle, M]]:
        """The queued messages to send now."""
        if not self._queue:
            return []
        return self._queue.select(min(IN_FLIGHT - len(self._in_flight), self._context.pace.capacity))

    def _should_flush(self, selected: list[tuple[Bundle, M]], filled: bool) -> bool:
        if not selected and not self._unrecorded:
            return False
        nothing_to_wait_for = not self._in_flight and (filled or bool(selected))
        since_flush = time.monotonic() - self._flushed_at
        return nothing_to_wait_for or len(selected) >= FLUSH_SIZE or since_flush >= FLUSH_S

    async def _flush(self, selected: list[tuple[Bundle, M]]) -> None:
        context, now = self._context, self._context.clock.now()
        outcomes, marked = list(self._unrecorded), set[int]()
        async with context.database.writing() as db:
            await record(db, context.worker, [outcome for _, outcome in outcomes])
            for claimed, outcome in outcomes:
                if claimed.reachable and outcome.status in (DeliveryStatus.BLOCKED, DeliveryStatus.GONE):
                    await people.set_reachable(db, claimed.telegram_id, False)
            stopped = await self._stop_refused(db, outcomes, now)
            if selected:
                ids = [claimed.id for bundle, _ in selected for claimed in bundle]
                marked = await claims.mark_sending(db, context.worker, ids)
            heartbeat = await context.leadership.advance(db, now) if marked else None
        if heartbeat is not None:
            context.leadership.committed(heartbeat)
        del self._unrecorded[: len(outcomes)]
        self._outcome_counts.update(str(outcome.status) for _, outcome in outcomes)
        self._unrecorded.extend(self._queue.remove(selected, stopped))
        for bundle, message in selected:
            ours = [claimed for claimed in bundle if claimed.id in marked]  # the others have been cancelled
            if len(ours) == len(bundle):
                self._queue.mark_in_flight(bundle)
                self._in_flight[bundle[0].id] = asyncio.create_task(self._send(bundle, message))
            else:
                self._unrecorded.extend(
                    (claimed, returned_unsent(claimed, was_marked=True)) for claimed in ours
                )
        self._has_room.set()
        self._flushed_at = time.monotonic()
        await asyncio.sleep(0)  # the sends start and take their capacity before it is read again

    async def _stop_refused(
        self, db: AsyncSession, outcomes: list[tuple[Claimed, Outcome]], now: datetime
    ) -> set[int]:
        """Stops the occurrences whose probes all failed. Returns them."""
        stopped: set[int] = set()
        for claimed, _ in outcomes:
            school_id, occurrence_id = claimed.school_id, claimed.occurrence_id
            reason = self._queue.stop_reason(occurrence_id) if occurrence_id not in stopped else None
            if reason is None:
                continue
            await deliveries.mark_refused(db, school_id, occurrence_id, reason)
            await occurrences.set_status(
                db, school_id, occurrence_id, OccurrenceStatus.REFUSED, refusal=reason
            )
            await self._context.notify_refused(db, school_id, occurrence_id, reason, now)
            log.warning(
                "occurrence stopped",
                action="stop",
                kind=claimed.kind,
                occurrence=occurrence_id,
                reason=reason,
            )
            stopped.add(occurrence_id)
        return stopped

    # --- send

    async def _send(self, bundle: Bundle, message: M) -> None:
        try:
            result = storable(await self._context.send(message, bundle[0].telegram_id))
        except Exception as error:
            log.exception("send failed", action="send", delivery=bundle[0].id)
            result = Failed(DeliveryStatus.UNCERTAIN, type(error).__name__)
        self._queue.settle(bundle, result)
        outcomes = outcomes_for(bundle, result, self._context.clock.now())
        self._unrecorded.extend(zip(bundle, outcomes, strict=True))
        del self._in_flight[bundle[0].id]
        self._changed.set()

    # --- the round

    def _mark_handled(self, keys: set[OccurrenceKey]) -> None:
        self._handled |= keys
        self._reported |= keys

    async def _wait_for_change(self) -> None:
        """Waits for a sent message or a filled queue, or until the next flush is due."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S if self._queue or self._unrecorded else 1.0):
                await self._changed.wait()

    async def _expand_new_readers(self) -> None:
        """Expands to readers who joined meanwhile; an occurrence without new ones is closed."""
        self._rechecked_at = time.monotonic()
        handled = None if self._recheck_all else {occurrence_id for _, occurrence_id in self._handled}
        self._reported |= await expand_new_readers(self._context.database, self._context.clock.now(), handled)

    async def _release_ready(self, filling: "asyncio.Task[None]") -> None:
        """Unclaims the ready queue, for another worker, or for this one after a backoff."""
        self._context.state.needs_recovery |= filling.cancel()
        if self._context.state.needs_recovery:
            await asyncio.wait([filling])
        if ids := self._queue.clear():
            async with self._context.database.writing() as db:
                await claims.unclaim(db, self._context.worker, ids)

    async def _end(self, filling: "asyncio.Task[None]") -> None:
        """Waits for everything in flight, so that no outcome is lost."""
        filling.cancel()
        await asyncio.gather(filling, *self._in_flight.values(), return_exceptions=True)
