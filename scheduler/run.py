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

from scheduler.judging import in_writing, not_now, not_sent, outcomes_of
from scheduler.opening import Key, look_again, open_due
from scheduler.parts import Failed, M, Parcel, Parts
from scheduler.tray import Tray
from storage import claims, deliveries, occurrences, people
from storage.claims import Claimed, Outcome
from storage.database import is_gone
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


class Run(Generic[M]):
    """One round of at most `most` deliveries, if given. Adds to `handled` as it goes."""

    def __init__(self, by: Parts[M], most: int | None, handled: set[Key] | None) -> None:
        self._by = by
        self._left = most
        self._handled: set[Key] = set()
        self._told = handled if handled is not None else set()
        self._tray = Tray(by.join)
        self._flying: dict[int, asyncio.Task[None]] = {}
        self._became: Counter[str] = Counter()
        self._look_at_all = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._written_at = self._looked_at = time.monotonic()
        self._opened_at = float("-inf")

    @property
    def _unwritten(self) -> list[tuple[Claimed, Outcome]]:
        return self._by.hands.unwritten

    async def go(self) -> set[Key]:
        """Returns the (school, occurrence) of what was handled."""
        filling = self._begin_filling()
        try:
            while self._tray or self._flying or self._unwritten or not filling.done():
                if not self._may_go_on():
                    await self._put_down(filling)
                chosen = self._choose()
                if self._is_worth_writing(chosen, filling.done()):
                    await self._write(chosen)
                else:
                    await self._something()
                if time.monotonic() - self._looked_at > LOOK_S:
                    await self._look_again()
                    if self._is_filled(filling) and self._may_go_on():  # one slow answer keeps nobody waiting
                        filling = self._begin_filling()
            if not filling.cancelled():
                filling.result()
            await self._look_again()
        except BaseException:
            self._by.hands.dropped = True
            raise
        finally:
            await self._end(filling)
        if self._became:
            log.info("delivered", action="deliver", **self._became)
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
        by = self._by
        while self._left is None or self._left > 0:
            if time.monotonic() - self._opened_at > LOOK_S:
                self._opened_at = time.monotonic()
                self._note(await open_due(by.database, by.clock.now()))
            self._room.clear()
            chunk = max(CHUNK, min(by.pace.room, LARGEST_CHUNK))
            if len(self._tray) >= chunk:
                await self._room.wait()
                continue
            now = by.clock.now()
            most = chunk if self._left is None else min(chunk, self._left)
            async with by.database.writing() as db:
                if by.hands.dropped:
                    await self._pick_up(db)
                await self._expire(db, now)
                batch = await claims.claim(db, by.worker, now, now + LEASE, most)
                if here := self._tray.ids & {each.id for each in batch}:
                    # They were put back, and what lies here says the old text: not before that is gone.
                    await claims.give_back(db, by.worker, here)
                    batch = [each for each in batch if each.id not in here]
            if by.hands.dropped:
                by.hands.dropped = False
                self._unwritten.clear()
            if not batch:
                if not here:
                    return
                await self._room.wait()
                continue
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
        composed: list[tuple[Claimed, M]] = []
        async with self._by.database.reading() as db:
            for number, claimed in enumerate(batch):
                if number % A_BREATH == 0:
                    await asyncio.sleep(0)
                if not self._tray.knows(claimed.occurrence_id):
                    self._tray.learn(claimed.occurrence_id, await claims.arrived(db, claimed.occurrence_id))
                said = not_now(claimed, now) or await self._composed(db, claimed, now)
                if isinstance(said, Outcome):
                    self._unwritten.append((claimed, said))
                else:
                    composed.append((claimed, said))
        self._unwritten.extend(self._tray.lay(composed))
        self._changed.set()

    async def _composed(self, db: AsyncSession, claimed: Claimed, now: datetime) -> M | Outcome:
        try:
            message = await self._by.compose(db, claimed, now)
        except Exception as error:
            log.exception("compose failed", action="compose", kind=claimed.kind, delivery=claimed.id)
            if is_gone(error):
                raise  # that says nothing about the message
            await db.rollback()  # if a question failed, the others could not be asked either
            return Outcome(claimed.id, DeliveryStatus.REFUSED, error=f"not composed: {type(error).__name__}")
        return message if message is not None else Outcome(claimed.id, DeliveryStatus.CANCELLED)

    # --- write

    def _may_go_on(self) -> bool:
        by = self._by
        return by.charge.held and not by.hands.stopping and by.pace.halt_left <= 0

    def _choose(self) -> list[tuple[Parcel, M]]:
        """What goes out now, of what lies ready."""
        if not self._tray:
            return []
        return self._tray.choose(min(IN_FLIGHT - len(self._flying), self._by.pace.room))

    def _is_worth_writing(self, chosen: list[tuple[Parcel, M]], filled: bool) -> bool:
        if not chosen and not self._unwritten:
            return False
        nothing_to_wait_for = not self._flying and (filled or bool(chosen))
        waited = time.monotonic() - self._written_at
        return nothing_to_wait_for or len(chosen) >= WORTH or waited >= FLUSH_S

    async def _write(self, chosen: list[tuple[Parcel, M]]) -> None:
        by, now = self._by, self._by.clock.now()
        became, marked = list(self._unwritten), set[int]()
        async with by.database.writing() as db:
            await claims.record(db, by.worker, [outcome for _, outcome in became])
            for claimed, outcome in became:
                if claimed.reachable and outcome.status in (DeliveryStatus.BLOCKED, DeliveryStatus.GONE):
                    await people.set_reachable(db, claimed.telegram_id, False)
            stopped = await self._stop_what_is_refused(db, became, now)
            if chosen:
                ids = [claimed.id for parcel, _ in chosen for claimed in parcel]
                marked = await claims.mark(db, by.worker, ids)
            beat = await by.charge.beat(db, now) if marked else None
        if beat is not None:
            by.charge.beaten(beat)
        del self._unwritten[: len(became)]
        self._became.update(str(outcome.status) for _, outcome in became)
        self._unwritten.extend(self._tray.take_out(chosen, stopped))
        for parcel, message in chosen:
            still = [claimed for claimed in parcel if claimed.id in marked]  # or somebody has stopped it
            if len(still) == len(parcel):
                self._tray.set_off(parcel)
                self._flying[parcel[0].id] = asyncio.create_task(self._fly(parcel, message))
            else:
                self._unwritten.extend((claimed, not_sent(claimed, marked=True)) for claimed in still)
        self._room.set()
        self._written_at = time.monotonic()
        await asyncio.sleep(0)  # they take their places before anybody counts the room that is left

    async def _stop_what_is_refused(
        self, db: AsyncSession, became: list[tuple[Claimed, Outcome]], now: datetime
    ) -> set[int]:
        stopped: set[int] = set()
        for claimed, _ in became:
            this = claimed.occurrence_id
            words = self._tray.words_against(this) if this not in stopped else None
            if words is None:
                continue
            await deliveries.refuse(db, claimed.school_id, this, words)
            await occurrences.set_status(db, claimed.school_id, this, OccurrenceStatus.REFUSED, words=words)
            await self._by.refused(db, claimed.school_id, this, words, now)
            log.warning("stopped", action="stop", kind=claimed.kind, occurrence=this, words=words)
            stopped.add(this)
        return stopped

    # --- fly

    async def _fly(self, parcel: Parcel, message: M) -> None:
        try:
            became = in_writing(await self._by.send(message, parcel[0].telegram_id))
        except Exception as error:
            log.exception("send failed", action="send", delivery=parcel[0].id)
            became = Failed(DeliveryStatus.UNCERTAIN, type(error).__name__)
        self._tray.came_back(parcel, became)
        outcomes = outcomes_of(parcel, became, self._by.clock.now())
        self._unwritten.extend(zip(parcel, outcomes, strict=True))
        del self._flying[parcel[0].id]
        self._changed.set()

    # --- and round again

    def _note(self, keys: set[Key]) -> None:
        self._handled |= keys
        self._told |= keys

    async def _something(self) -> None:
        """Until something has happened, or may be worth another look."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S if self._tray or self._unwritten else 1.0):
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
        if ids := self._tray.empty():
            async with self._by.database.writing() as db:
                await claims.give_back(db, self._by.worker, ids)

    async def _end(self, filling: "asyncio.Task[None]") -> None:
        """Leaves nothing on its way unknown."""
        filling.cancel()
        await asyncio.gather(filling, *self._flying.values(), return_exceptions=True)
