"""One round of delivering, as a pipeline: while some are on their way, the next are claimed and composed.

    fill:  claim -> hold back or compose -> ready
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

from scheduler.judging import held_back, outcome_of
from scheduler.opening import Key, look_again, open_due
from scheduler.parts import Failed, M, Parts, Sent
from storage import claims, deliveries, occurrences, people
from storage.claims import Claimed, Outcome
from storage.tables import DeliveryStatus, OccurrenceStatus

log = structlog.get_logger("palsbot.deliver")

LEASE = timedelta(minutes=5)
EXPIRE = timedelta(minutes=1)
IN_FLIGHT = 48
"""How many are on their way at once, at most."""

CHUNK, LARGEST_CHUNK = 100, 500
"""How many are claimed at a time; as many again lie ready. It is the larger one where the pace holds nothing up: what
reads alike to many is written once for a chunk."""

A_BREATH = 10
"""After so many are composed, whoever taps meanwhile has their turn."""

WORTH = 24
"""So many marks are worth a transaction of their own before `FLUSH_S` is over."""

FLUSH_S = 0.02
LOOK_S = 2.0

SCOUTS = 3
"""How many of an occurrence are tried before the first has arrived; refused in the same words, they stop it."""


class Run(Generic[M]):
    """One round of at most `most` deliveries, if given. Adds to `handled` as it goes."""

    def __init__(self, by: Parts[M], most: int | None, handled: set[Key] | None) -> None:
        self._by = by
        self._left = most
        self._handled: set[Key] = set()
        self._told = handled if handled is not None else set()
        self._ready: list[tuple[Claimed, M]] = []
        self._flying: dict[int, asyncio.Task[None]] = {}
        self._trying: Counter[int] = Counter()
        self._arrived: dict[int, bool] = {}
        self._refusals: dict[int, Counter[str]] = {}
        self._stopped: set[int] = set()
        self._became: Counter[str] = Counter()
        self._look_at_all = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._written_at = self._looked_at = time.monotonic()

    @property
    def _unwritten(self) -> list[tuple[Claimed, Outcome]]:
        return self._by.hands.unwritten

    async def go(self) -> set[Key]:
        """Returns the (school, occurrence) of what was handled."""
        by = self._by
        self._note(await open_due(by.database, by.clock.now()))
        filling = asyncio.create_task(self._fill())
        filling.add_done_callback(lambda _: self._changed.set())
        try:
            while self._ready or self._flying or self._unwritten or not filling.done():
                if not self._may_go_on():
                    await self._put_down(filling)
                chosen = self._choose()
                if self._is_worth_writing(chosen, filling.done()):
                    await self._write(chosen)
                else:
                    await self._something()
                if time.monotonic() - self._looked_at > LOOK_S:
                    await self._look_again()
            if not filling.cancelled():
                filling.result()
            await self._look_again()
        except BaseException:
            by.hands.dropped = True
            raise
        finally:
            await self._end(filling)
        if self._became:
            log.info("delivered", action="deliver", **self._became)
        return self._handled

    # --- fill

    async def _fill(self) -> None:
        by = self._by
        while self._left is None or self._left > 0:
            self._room.clear()
            chunk = max(CHUNK, min(by.pace.room, LARGEST_CHUNK))
            if len(self._ready) >= chunk:
                await self._room.wait()
                continue
            now = by.clock.now()
            most = chunk if self._left is None else min(chunk, self._left)
            async with by.database.writing() as db:
                if by.hands.dropped:
                    await self._pick_up(db)
                await self._expire(db, now)
                batch = await claims.claim(db, by.worker, now, now + LEASE, most)
                if here := {each.id for each in batch} & {claimed.id for claimed, _ in self._ready}:
                    # They were put back, and what lies here says the old text: not before that is gone.
                    await claims.give_back(db, by.worker, here)
                    batch = [each for each in batch if each.id not in here]
            if by.hands.dropped:
                by.hands.dropped = False
                self._unwritten.clear()
            if not batch and here:
                await self._room.wait()
                continue
            if not batch:
                return
            if self._left is not None:
                self._left -= len(batch)
            await self._prepare(batch, now)

    async def _expire(self, db: AsyncSession, now: datetime) -> None:
        """Now and then: with very many waiting it is no small question."""
        last = self._by.hands.expired_at
        if last is not None and timedelta(0) <= now - last < EXPIRE:
            return
        if await claims.expire(db, self._by.worker, now):
            self._look_at_all = True  # whose they were, nobody here has handled
        self._by.hands.expired_at = now

    async def _pick_up(self, db: AsyncSession) -> None:
        """After a round that ended badly: what is known is written down, and nothing else is on its way."""
        await claims.record(db, self._by.worker, [outcome for _, outcome in self._unwritten])
        await claims.release_own(db, self._by.worker)

    async def _prepare(self, batch: list[Claimed], now: datetime) -> None:
        self._note({(claimed.school_id, claimed.occurrence_id) for claimed in batch})
        async with self._by.database.reading() as db:
            for number, claimed in enumerate(batch):
                if number % A_BREATH == 0:
                    await asyncio.sleep(0)
                if claimed.occurrence_id not in self._arrived:
                    self._arrived[claimed.occurrence_id] = await claims.arrived(db, claimed.occurrence_id)
                said = held_back(claimed, now) or await self._composed(db, claimed, now)
                if isinstance(said, Outcome):
                    self._unwritten.append((claimed, said))
                elif claimed.occurrence_id not in self._stopped:
                    self._ready.append((claimed, said))
        self._ready.sort(key=lambda each: not each[0].asked)
        self._changed.set()

    async def _composed(self, db: AsyncSession, claimed: Claimed, now: datetime) -> M | Outcome:
        try:
            message = await self._by.compose(db, claimed, now)
        except Exception as error:
            log.exception("compose failed", action="compose", kind=claimed.kind, delivery=claimed.id)
            return Outcome(claimed.id, DeliveryStatus.REFUSED, error=f"not composed: {type(error).__name__}")
        return message if message is not None else Outcome(claimed.id, DeliveryStatus.CANCELLED)

    # --- write

    def _may_go_on(self) -> bool:
        by = self._by
        return by.charge.held and not by.hands.stopping and by.pace.halt_left <= 0

    def _choose(self) -> list[tuple[Claimed, M]]:
        """What goes out now, of what lies ready."""
        room = min(IN_FLIGHT - len(self._flying), self._by.pace.room) if self._ready else 0
        chosen: list[tuple[Claimed, M]] = []
        trying = Counter(self._trying)
        for claimed, message in self._ready:
            if len(chosen) >= room:
                break
            this = claimed.occurrence_id
            if not self._arrived[this]:
                if trying[this] + self._worst(this) >= SCOUTS:
                    continue
                trying[this] += 1
            chosen.append((claimed, message))
        return chosen

    def _worst(self, occurrence_id: int) -> int:
        """How often an occurrence was refused in the same words."""
        return max(self._refusals.get(occurrence_id, Counter()).values(), default=0)

    def _is_worth_writing(self, chosen: list[tuple[Claimed, M]], filled: bool) -> bool:
        if not chosen and not self._unwritten:
            return False
        nothing_to_wait_for = not self._flying and (filled or bool(chosen))
        waited = time.monotonic() - self._written_at
        return nothing_to_wait_for or len(chosen) >= WORTH or waited >= FLUSH_S

    async def _write(self, chosen: list[tuple[Claimed, M]]) -> None:
        by, now = self._by, self._by.clock.now()
        became, marked = list(self._unwritten), set[int]()
        async with by.database.writing() as db:
            await claims.record(db, by.worker, [outcome for _, outcome in became])
            for claimed, outcome in became:
                if outcome.status in (DeliveryStatus.BLOCKED, DeliveryStatus.GONE):
                    await people.set_reachable(db, claimed.telegram_id, False)
            stopped = await self._stop_what_is_refused(db, became, now)
            if chosen:
                marked = await claims.mark(db, by.worker, [claimed.id for claimed, _ in chosen])
            beat = await by.charge.beat(db, now) if marked else None
        if beat is not None:
            by.charge.beaten(beat)
        del self._unwritten[: len(became)]
        self._became.update(str(outcome.status) for _, outcome in became)
        self._stopped |= stopped
        if not stopped and self._ready[: len(chosen)] == chosen:  # as nearly always
            del self._ready[: len(chosen)]
        else:
            taken = {claimed.id for claimed, _ in chosen}
            self._ready = [
                each
                for each in self._ready
                if each[0].id not in taken and each[0].occurrence_id not in stopped
            ]
        for claimed, message in chosen:
            if claimed.id in marked:  # or somebody has stopped it
                self._trying[claimed.occurrence_id] += 1
                self._flying[claimed.id] = asyncio.create_task(self._fly(claimed, message))
        self._room.set()
        self._written_at = time.monotonic()
        await asyncio.sleep(0)  # they take their places before anybody counts the room that is left

    async def _stop_what_is_refused(
        self, db: AsyncSession, became: list[tuple[Claimed, Outcome]], now: datetime
    ) -> set[int]:
        stopped: set[int] = set()
        for claimed, _ in became:
            this = claimed.occurrence_id
            if this in self._stopped | stopped or self._arrived[this] or self._worst(this) < SCOUTS:
                continue
            ((words, _),) = self._refusals[this].most_common(1)
            await deliveries.refuse(db, claimed.school_id, this, words)
            await occurrences.set_status(db, claimed.school_id, this, OccurrenceStatus.REFUSED, words=words)
            await self._by.refused(db, claimed.school_id, this, words, now)
            log.warning("stopped", action="stop", kind=claimed.kind, occurrence=this, words=words)
            stopped.add(this)
        return stopped

    # --- fly

    async def _fly(self, claimed: Claimed, message: M) -> None:
        try:
            became = await self._by.send(message, claimed.telegram_id)
        except Exception as error:
            log.exception("send failed", action="send", delivery=claimed.id)
            became = Failed(DeliveryStatus.UNCERTAIN, type(error).__name__)
        outcome = outcome_of(claimed, became, self._by.clock.now())
        this = claimed.occurrence_id
        if isinstance(became, Sent):
            self._arrived[this] = True
        elif outcome.status is DeliveryStatus.REFUSED:
            self._refusals.setdefault(this, Counter())[became.words] += 1
        self._unwritten.append((claimed, outcome))
        self._trying[this] -= 1
        del self._flying[claimed.id]
        self._changed.set()

    # --- and round again

    def _note(self, keys: set[Key]) -> None:
        self._handled |= keys
        self._told |= keys

    async def _something(self) -> None:
        """Until something has happened, or may be worth another look."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S if self._ready or self._unwritten else 1.0):
                await self._changed.wait()

    async def _look_again(self) -> None:
        """Who has come while it went out gets it too; what has nobody new is over."""
        self._looked_at = time.monotonic()
        these = None if self._look_at_all else {occurrence_id for _, occurrence_id in self._handled}
        self._told |= await look_again(self._by.database, self._by.clock.now(), these)

    async def _put_down(self, filling: "asyncio.Task[None]") -> None:
        """Somebody else may send what lies ready, or this worker later."""
        self._by.hands.dropped |= filling.cancel()
        if self._by.hands.dropped:
            await asyncio.wait([filling])
        if ids := [claimed.id for claimed, _ in self._ready]:
            async with self._by.database.writing() as db:
                await claims.give_back(db, self._by.worker, ids)
        self._ready.clear()

    async def _end(self, filling: "asyncio.Task[None]") -> None:
        """Leaves nothing on its way unknown."""
        filling.cancel()
        await asyncio.gather(filling, *self._flying.values(), return_exceptions=True)
