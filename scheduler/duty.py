"""Duty: of all replicas with one bot token, one delivers; when it dies, another takes over within ten seconds.

    a tick -> on()? -> nobody has the lease, or its holder is dead -> take it -> take over -> deliver
                   |-> somebody else has it -> look on

Telegram's limits are for a token, so one process keeps them. Taking over lets go of what the one before held: what it
had not sent waits again, what was on its way is uncertain. It is also where a restored database shows: `witness`.
"""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from hashlib import blake2s

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler import place
from scheduler.clock import Clock
from scheduler.plan import Wheels
from scheduler.restore import TellHeld, hold
from scheduler.witness import Witness, forgotten_until
from storage import claims, heartbeats, leases
from storage.database import Database
from storage.heartbeats import Beat

log = structlog.get_logger("palsbot.duty")

LENGTH = timedelta(seconds=8)
RENEW_S = 2.0
MARGIN_S = 1.0
"""How long before its end a lease that could not be renewed counts as lost."""

STALLED = timedelta(seconds=5)
"""How long a dead machine's transaction has stood still, at least, when its lease runs out."""

IDLE = timedelta(minutes=1)
"""How often the heart beats when nothing is sent."""


class WentBack(Exception):  # noqa: N818 - it says what happened
    """The database is not where it was left: somebody has restored it while the program ran."""


async def tell_nobody(_db: AsyncSession, _school_id: int, _until: datetime, _now: datetime) -> None:
    return None


def office_of(bot_id: int) -> str:
    """The name of a bot's lease; it does not show the number."""
    return blake2s(f"delivery {bot_id}".encode(), digest_size=6).hexdigest()


class Duty:
    """One process's part in it. `worker` is the name by which it claims, new with every start.

    `clock` says when things happened; leases are for processes and run on the database's own time.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        office: str,
        known: Wheels,
        witness: Witness,
        *,
        tell_held: TellHeld = tell_nobody,
        who: str | None = None,
    ) -> None:
        self.worker = f"{office}.{secrets.token_hex(4)}"
        self._database = database
        self._clock = clock
        self._office = office
        self._known = known
        self._witness = witness
        self._tell_held = tell_held
        self._who = f"{who or place.here()}.{self.worker[-8:]}"
        self._sure_until = float("-inf")
        self._last: Beat | None = None
        self._looked: datetime | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._taken_over = False
        self._asking = asyncio.Lock()

    @property
    def held(self) -> bool:
        """Whether it is this process that delivers."""
        return self._taken_over and time.monotonic() < self._sure_until

    async def on(self) -> bool:
        """Whether this process delivers; takes the lease when nobody has it."""
        async with self._asking:
            if self.held:
                return True
            await self._drop()
            if not await self._is_free() or not await self._take_from_the_dead():
                await self._look_on()
                return False
            self._keeper = asyncio.create_task(self._keep(), name="duty")
            try:
                await self._take_over()
            except BaseException:
                await self._drop()
                raise
            self._taken_over = True
            return True

    async def leave(self) -> None:
        """Gives the lease up, at a clean stop, so that another one need not wait."""
        await self._drop()
        async with self._database.writing() as db:
            if await leases.leave(db, self._office, self._who):
                await claims.release_own(db, self.worker)

    # --- while it delivers

    async def beat(self, db: AsyncSession, now: datetime) -> Beat:
        """Something is about to be sent. Raises WentBack when the database has been restored under our feet."""
        last = self._last
        number = await heartbeats.beat(db, last.life, now) if last is not None else None
        if last is None or number is None or number <= last.number:
            self._taken_over = False
            raise WentBack("The database is not where it was left, so nothing was sent.")
        return Beat(last.life, number, now)

    def beaten(self, beat: Beat) -> None:
        """That beat has been committed: the witness may know."""
        if self._last is None or self._last.life != beat.life or self._last.number < beat.number:
            self._last = beat
            self._witness.see(beat)

    # --- the lease

    async def _is_free(self) -> bool:
        async with self._database.reading() as db:
            held, now = await leases.held(db, self._office), await leases.clock(db)
        if held is None:
            return True
        who, until = held
        return who == self._who or not now <= until <= now + 2 * LENGTH or place.gone(who)

    async def _take_from_the_dead(self) -> bool:
        """Whoever had it may have died in the middle of a transaction, and hold this up."""
        if self._database.dialect == "postgresql":
            async with self._database.writing() as db:
                if ended := await leases.end_stalled(db, STALLED):
                    log.warning("ended", action="duty", transactions=ended)
        return await self._take()

    async def _take(self) -> bool:
        began = time.monotonic()
        async with self._database.writing() as db:
            held = await leases.held(db, self._office)
            dead = held[0] if held is not None and place.gone(held[0]) else None
            now = await leases.clock(db)
            taken = await leases.take(db, self._office, self._who, now, LENGTH, dead=dead)
        self._sure_until = began + LENGTH.total_seconds() - MARGIN_S if taken else float("-inf")
        return taken

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                if not await self._take():
                    log.warning("lost", action="duty")
                    return
                now = self._clock.now()
                if self.held and self._last is not None and not timedelta(0) <= now - self._last.at < IDLE:
                    async with self._database.writing() as db:
                        beat = await self.beat(db, now)
                    self.beaten(beat)
            except WentBack:
                log.warning("the database went back", action="duty")
                return
            except Exception:
                log.exception("not renewed", action="duty")

    async def _drop(self) -> None:
        self._taken_over, self._sure_until = False, float("-inf")
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait([keeper])

    # --- taking over, and looking on

    async def _take_over(self) -> None:
        now = self._clock.now()
        seen = self._witness.seen()  # first: the one before may be at its last beat just now
        async with self._database.reading() as db:
            last = await heartbeats.last(db)
        until = forgotten_until(last, seen, now) if last is not None else None
        if until is not None:
            await hold(self._database, self._known, until, now, self._tell_held)
        async with self._database.writing() as db:
            released = await claims.release_others(db, self._office, self.worker)
            if last is None or until is not None:
                beat = self._last = await heartbeats.begin(db, secrets.token_hex(8), now)
            else:
                self._last = last
                beat = await self.beat(db, now)
        self._witness.see(beat)
        self._last = beat
        log.info("on duty", action="duty", released=released)

    async def _look_on(self) -> None:
        """Lets this machine's witness keep up with what another one sends."""
        now = datetime.now(UTC)
        if self._looked is None or not timedelta(0) <= now - self._looked < IDLE:
            async with self._database.reading() as db:
                last = await heartbeats.last(db)
            if last is not None:
                self._witness.follow(last)
            self._looked = now
