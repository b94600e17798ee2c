"""Duty: of all replicas with one bot token, one delivers; when it dies, another takes over within ten seconds.

    a tick -> on()? -> nobody has the lease, or its holder is dead -> take it -> take over -> deliver
                   |-> somebody else has it -> look on

Telegram's limits are for a token, so one process keeps them. Taking over lets go of what the one before held: what it
had not sent waits again, what was on its way is uncertain. It is also where a restored database shows: `restore_guard`.
"""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from hashlib import blake2s

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler.clock import Clock
from scheduler.leadership import process_id
from scheduler.leadership.restore import NotifyRestored, hold_possibly_sent
from scheduler.leadership.restore_guard import RestoreGuard, lost_until
from scheduler.message_kind import MessageKinds
from storage.database import Database
from storage.delivery import claims, heartbeats, leases
from storage.delivery.heartbeats import HeartbeatRow

log = structlog.get_logger("palsbot.duty")

LEASE_LENGTH = timedelta(seconds=8)
RENEW_S = 2.0
MARGIN_S = 1.0
"""How long before its end a lease that could not be renewed counts as lost."""

STALLED_TRANSACTION = timedelta(seconds=5)
"""How long a dead machine's transaction has stood still, at least, when its lease runs out."""

IDLE_HEARTBEAT = timedelta(minutes=1)
"""How often the heart beats when nothing is sent."""


class DatabaseRestored(Exception):  # noqa: N818 - it says what happened
    """The database is not where it was left: somebody has restored it while the program ran."""


async def no_restore_notice(_db: AsyncSession, _school_id: int, _until: datetime, _now: datetime) -> None:
    return None


def lease_name(bot_id: int) -> str:
    """The name of a bot's lease; it does not show the number."""
    return blake2s(f"delivery {bot_id}".encode(), digest_size=6).hexdigest()


class Leader:
    """One process's part in it. `worker` is the name by which it claims, new with every start.

    `clock` says when things happened; leases are for processes and run on the database's own time.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        lease_name: str,
        kinds: MessageKinds,
        restore_guard: RestoreGuard,
        *,
        notify_restored: NotifyRestored = no_restore_notice,
        who: str | None = None,
    ) -> None:
        self.worker = f"{lease_name}.{secrets.token_hex(4)}"
        self._database = database
        self._clock = clock
        self._lease_name = lease_name
        self._kinds = kinds
        self._guard = restore_guard
        self._notify_restored = notify_restored
        self._process_id = f"{who or process_id.current()}.{self.worker[-8:]}"
        self._valid_until = float("-inf")
        self._last: HeartbeatRow | None = None
        self._observed_at: datetime | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._taken_over = False
        self._acquiring = asyncio.Lock()

    @property
    def is_leader(self) -> bool:
        """Whether it is this process that delivers."""
        return self._taken_over and time.monotonic() < self._valid_until

    async def acquire(self) -> bool:
        """Whether this process delivers; takes the lease when nobody has it."""
        async with self._acquiring:
            if self.is_leader:
                return True
            await self._step_down()
            if not await self._is_free() or not await self._take_over_stalled():
                await self._observe()
                return False
            self._renewal = asyncio.create_task(self._renew_loop(), name="duty")
            try:
                await self._take_over()
            except BaseException:
                await self._step_down()
                raise
            self._taken_over = True
            return True

    async def release(self) -> None:
        """Gives the lease up, at a clean stop, so that another one need not wait."""
        await self._step_down()
        async with self._database.writing() as db:
            if await leases.release(db, self._lease_name, self._process_id):
                await claims.release_own(db, self.worker)

    # --- while it delivers

    async def advance(self, db: AsyncSession, now: datetime) -> HeartbeatRow:
        """Something is about to be sent. Raises WentBack when the database has been restored under our feet."""
        last = self._last
        number = await heartbeats.advance(db, last.epoch, now) if last is not None else None
        if last is None or number is None or number <= last.sequence:
            self._taken_over = False
            raise DatabaseRestored("The database is not where it was left, so nothing was sent.")
        return HeartbeatRow(last.epoch, number, now)

    def committed(self, beat: HeartbeatRow) -> None:
        """That beat has been committed: the restore_guard may know."""
        if self._last is None or self._last.epoch != beat.epoch or self._last.sequence < beat.sequence:
            self._last = beat
            self._guard.write(beat)

    # --- the lease

    async def _is_free(self) -> bool:
        async with self._database.reading() as db:
            held, now = await leases.holder(db, self._lease_name), await leases.database_now(db)
        if held is None:
            return True
        who, until = held
        return (
            who == self._process_id or not now <= until <= now + 2 * LEASE_LENGTH or process_id.is_dead(who)
        )

    async def _take_over_stalled(self) -> bool:
        """Whoever had it may have died in the middle of a transaction, and hold this up."""
        if self._database.dialect == "postgresql":
            async with self._database.writing() as db:
                if ended := await leases.terminate_stalled(db, STALLED_TRANSACTION):
                    log.warning("ended", action="duty", transactions=ended)
        return await self._take()

    async def _take(self) -> bool:
        began = time.monotonic()
        async with self._database.writing() as db:
            held = await leases.holder(db, self._lease_name)
            dead = held[0] if held is not None and process_id.is_dead(held[0]) else None
            now = await leases.database_now(db)
            taken = await leases.take(db, self._lease_name, self._process_id, now, LEASE_LENGTH, dead=dead)
        self._valid_until = began + LEASE_LENGTH.total_seconds() - MARGIN_S if taken else float("-inf")
        return taken

    async def _renew_loop(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                if not await self._take():
                    log.warning("lost", action="duty")
                    return
                now = self._clock.now()
                if (
                    self.is_leader
                    and self._last is not None
                    and not timedelta(0) <= now - self._last.at < IDLE_HEARTBEAT
                ):
                    async with self._database.writing() as db:
                        beat = await self.advance(db, now)
                    self.committed(beat)
            except DatabaseRestored:
                log.warning("the database went back", action="duty")
                return
            except Exception:
                log.exception("not renewed", action="duty")

    async def _step_down(self) -> None:
        self._taken_over, self._valid_until = False, float("-inf")
        keeper, self._renewal = self._renewal, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait([keeper])

    # --- taking over, and looking on

    async def _take_over(self) -> None:
        now = self._clock.now()
        seen = self._guard.read()  # first: the one before may be at its last beat just now
        async with self._database.reading() as db:
            last = await heartbeats.latest(db)
        until = lost_until(last, seen, now) if last is not None else None
        if until is not None:
            await hold_possibly_sent(self._database, self._kinds, until, now, self._notify_restored)
        async with self._database.writing() as db:
            released = await claims.release_others(db, self._lease_name, self.worker)
            if last is None or until is not None:
                beat = self._last = await heartbeats.begin_epoch(db, secrets.token_hex(8), now)
            else:
                self._last = last
                beat = await self.advance(db, now)
        self._guard.write(beat)
        self._last = beat
        log.info("on duty", action="duty", released=released)

    async def _observe(self) -> None:
        """Lets this machine's restore_guard keep up with what another one sends."""
        now = datetime.now(UTC)
        if self._observed_at is None or not timedelta(0) <= now - self._observed_at < IDLE_HEARTBEAT:
            async with self._database.reading() as db:
                last = await heartbeats.latest(db)
            if last is not None:
                self._guard.write_if_newer(last)
            self._observed_at = now
