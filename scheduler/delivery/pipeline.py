"""One round of delivering, as a pipeline: while some are on their way, the next are claimed and composed.

    fill:  claim -> not now? compose -> put together what waited for one reader -> ready
    write: ready -> marked as sending, together with what became of those before, in one transaction
    fly:   each marked one is sent -> what became of it waits for the next write

Only what goes out at once is marked, so that a dead worker leaves little to be uncertain about. Marks and outcomes
are written for many at a time, so that no message costs a transaction of its own.
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
from scheduler.expand import Key, expand_due, expand_new_readers
from storage import people
from storage.database import is_gone
from storage.delivery import claims, deliveries, occurrences
from storage.delivery.claims import Claimed, Outcome
from storage.tables import DeliveryStatus, OccurrenceStatus

log = structlog.get_logger("palsbot.deliver")

LEASE = timedelta(minutes=5)
EXPIRY_INTERVAL = timedelta(minutes=1)
IN_FLIGHT = 48
"""How many are on their way at once, at most."""

CHUNK, LARGEST_CHUNK = 100, 500
"""How many are claimed at a time; as many again lie ready. It is the larger one where the pace holds nothing up: what
reads alike to many is written once for a chunk."""

YIELD_EVERY = 10
"""After so many are composed, whoever taps meanwhile has their turn."""

FLUSH_SIZE = 24
"""So many marks are worth a transaction of their own before `FLUSH_S` is over."""

FLUSH_S = 0.02
RECHECK_S = 2.0


class Pipeline(Generic[M]):
    """One round of at most `most` deliveries, if given. Adds to `handled` as it goes."""

    def __init__(self, by: DeliveryContext[M], most: int | None, handled: set[Key] | None) -> None:
        self._context = by
        self._left = most
        self._handled: set[Key] = set()
        self._reported = handled if handled is not None else set()
        self._queue = ReadyQueue(by.join)
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._outcome_counts: Counter[str] = Counter()
        self._recheck_all = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._flushed_at = self._rechecked_at = time.monotonic()
        self._expanded_at = float("-inf")

    @property
    def _unrecorded(self) -> list[tuple[Claimed, Outcome]]:
        return self._context.state.unrecorded

    async def run(self) -> set[Key]:
        """Returns the (school, occurrence) of what was handled."""
        filling = self._begin_filling()
        try:
            while self._queue or self._in_flight or self._unrecorded or not filling.done():
                if not self._may_send():
                    await self._release_ready(filling)
                chosen = self._select()
                if self._should_flush(chosen, filling.done()):
                    await self._flush(chosen)
                else:
                    await self._wait_for_change()
                if time.monotonic() - self._rechecked_at > RECHECK_S:
                    await self._expand_new_readers()
                    if self._is_filled(filling) and self._may_send():  # one slow answer keeps nobody waiting
                        filling = self._begin_filling()
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

    def _begin_filling(self) -> "asyncio.Task[None]":
        filling = asyncio.create_task(self._fill())
        filling.add_done_callback(lambda _: self._changed.set())
        return filling

    def _is_filled(self, filling: "asyncio.Task[None]") -> bool:
        """Whether there was nothing more to claim, when it last was looked."""
        return filling.done() and not filling.cancelled() and filling.exception() is None

    async def _fill(self) -> None:
        by = self._context
        while self._left is None or self._left > 0:
            if time.monotonic() - self._expanded_at > RECHECK_S:
                self._expanded_at = time.monotonic()
                self._mark_handled(await expand_due(by.database, by.clock.now()))
            self._room.clear()
            chunk = max(CHUNK, min(by.pace.room, LARGEST_CHUNK))
            if len(self._queue) >= chunk:
                await self._room.wait()
                continue
            now = by.clock.now()
            most = chunk if self._left is None else min(chunk, self._left)
            async with by.database.writing() as db:
                if by.state.needs_recovery:
                    await self._recover(db)
                await self._expire(db, now)
                batch = await claims.claim(db, by.worker, now, now + LEASE, most)
                if here := self._queue.ids & {each.id for each in batch}:
                    # They were put back, and what lies here says the old text: not before that is gone.
                    await claims.unclaim(db, by.worker, here)
                    batch = [each for each in batch if each.id not in here]
            if by.state.needs_recovery:
                by.state.needs_recovery = False
                self._unrecorded.clear()
            if not batch:
                if not here:
                    return
                await self._room.wait()
                continue
            if self._left is not None:
                self._left -= len(batch)
            await self._compose_batch(batch, now)

    async def _expire(self, db: AsyncSession, now: datetime) -> None:
        """Now and then: with very many waiting it is no small question."""
        last = self._context.state.expiry_checked_at
        if last is not None and timedelta(0) <= now - last < EXPIRY_INTERVAL:
            return
        if await claims.expire_leases(db, self._context.worker, now):
            self._recheck_all = True  # whose they were, nobody here has handled
        self._context.state.expiry_checked_at = now

    async def _recover(self, db: AsyncSession) -> None:
        """After a round that ended badly: what is known is written down, and nothing else is on its way."""
        await claims.record(db, self._context.worker, [outcome for _, outcome in self._unrecorded])
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
                said = reason_not_to_send(claimed, now) or await self._compose(db, claimed, now)
                if isinstance(said, Outcome):
                    self._unrecorded.append((claimed, said))
                else:
                    composed.append((claimed, said))
        self._unrecorded.extend(self._queue.add(composed))
        self._changed.set()

    async def _compose(self, db: AsyncSession, claimed: Claimed, now: datetime) -> M | Outcome:
        try:
            message = await self._context.compose(db, claimed, now)
        except Exception as error:
            log.exception("compose failed", action="compose", kind=claimed.kind, delivery=claimed.id)
            if is_gone(error):
                raise  # that says nothing about the message
            await db.rollback()  # if a question failed, the others could not be asked either
            return Outcome(claimed.id, DeliveryStatus.REFUSED, error=f"not composed: {type(error).__name__}")
        return message if message is not None else Outcome(claimed.id, DeliveryStatus.CANCELLED)

    # --- write

    def _may_send(self) -> bool:
        by = self._context
        return by.leadership.is_leader and not by.state.stopping and by.pace.halt_left <= 0

    def _select(self) -> list[tuple[Bundle, M]]:
        """What goes out now, of what lies ready."""
        if not self._queue:
            return []
        return self._queue.select(min(IN_FLIGHT - len(self._in_flight), self._context.pace.room))

    def _should_flush(self, chosen: list[tuple[Bundle, M]], filled: bool) -> bool:
        if not chosen and not self._unrecorded:
            return False
        nothing_to_wait_for = not self._in_flight and (filled or bool(chosen))
        waited = time.monotonic() - self._flushed_at
        return nothing_to_wait_for or len(chosen) >= FLUSH_SIZE or waited >= FLUSH_S

    async def _flush(self, chosen: list[tuple[Bundle, M]]) -> None:
        by, now = self._context, self._context.clock.now()
        became, marked = list(self._unrecorded), set[int]()
        async with by.database.writing() as db:
            await claims.record(db, by.worker, [outcome for _, outcome in became])
            for claimed, outcome in became:
                if claimed.reachable and outcome.status in (DeliveryStatus.BLOCKED, DeliveryStatus.GONE):
                    await people.set_reachable(db, claimed.telegram_id, False)
            stopped = await self._stop_what_is_refused(db, became, now)
            if chosen:
                ids = [claimed.id for bundle, _ in chosen for claimed in bundle]
                marked = await claims.mark_sending(db, by.worker, ids)
            beat = await by.leadership.advance(db, now) if marked else None
        if beat is not None:
            by.leadership.committed(beat)
        del self._unrecorded[: len(became)]
        self._outcome_counts.update(str(outcome.status) for _, outcome in became)
        self._unrecorded.extend(self._queue.remove(chosen, stopped))
        for bundle, message in chosen:
            still = [claimed for claimed in bundle if claimed.id in marked]  # or somebody has stopped it
            if len(still) == len(bundle):
                self._queue.mark_in_flight(bundle)
                self._in_flight[bundle[0].id] = asyncio.create_task(self._send(bundle, message))
            else:
                self._unrecorded.extend((claimed, returned_unsent(claimed, marked=True)) for claimed in still)
        self._room.set()
        self._flushed_at = time.monotonic()
        await asyncio.sleep(0)  # they take their places before anybody counts the room that is left

    async def _stop_what_is_refused(
        self, db: AsyncSession, became: list[tuple[Claimed, Outcome]], now: datetime
    ) -> set[int]:
        stopped: set[int] = set()
        for claimed, _ in became:
            this = claimed.occurrence_id
            reason = self._queue.stop_reason(this) if this not in stopped else None
            if reason is None:
                continue
            await deliveries.mark_refused(db, claimed.school_id, this, reason)
            await occurrences.set_status(
                db, claimed.school_id, this, OccurrenceStatus.REFUSED, refusal=reason
            )
            await self._context.refused(db, claimed.school_id, this, reason, now)
            log.warning("stopped", action="stop", kind=claimed.kind, occurrence=this, reason=reason)
            stopped.add(this)
        return stopped

    # --- fly

    async def _send(self, bundle: Bundle, message: M) -> None:
        try:
            became = storable(await self._context.send(message, bundle[0].telegram_id))
        except Exception as error:
            log.exception("send failed", action="send", delivery=bundle[0].id)
            became = Failed(DeliveryStatus.UNCERTAIN, type(error).__name__)
        self._queue.settle(bundle, became)
        outcomes = outcomes_for(bundle, became, self._context.clock.now())
        self._unrecorded.extend(zip(bundle, outcomes, strict=True))
        del self._in_flight[bundle[0].id]
        self._changed.set()

    # --- and round again

    def _mark_handled(self, keys: set[Key]) -> None:
        self._handled |= keys
        self._reported |= keys

    async def _wait_for_change(self) -> None:
        """Until something has happened, or may be worth another look."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S if self._queue or self._unrecorded else 1.0):
                await self._changed.wait()

    async def _expand_new_readers(self) -> None:
        """Who has come while it went out gets it too; what has nobody new is over."""
        self._rechecked_at = time.monotonic()
        these = None if self._recheck_all else {occurrence_id for _, occurrence_id in self._handled}
        self._reported |= await expand_new_readers(self._context.database, self._context.clock.now(), these)

    async def _release_ready(self, filling: "asyncio.Task[None]") -> None:
        """Somebody else may send what lies ready, or this worker later."""
        self._context.state.needs_recovery |= filling.cancel()
        if self._context.state.needs_recovery:
            await asyncio.wait([filling])
        if ids := self._queue.clear():
            async with self._context.database.writing() as db:
                await claims.unclaim(db, self._context.worker, ids)

    async def _end(self, filling: "asyncio.Task[None]") -> None:
        """Leaves nothing on its way unknown."""
        filling.cancel()
        await asyncio.gather(filling, *self._in_flight.values(), return_exceptions=True)
