"""Leader election by lease: of all replicas with one bot token, one plans and delivers; failover within ten seconds.

    a tick -> acquire() -> lease free, expired, or its holder crashed -> take it -> take over -> deliver
                       |-> lease held by another replica -> observe its heartbeat

Telegram's rate limit is per token, so one process keeps it. Taking over is crash recovery: what the former leader had
claimed waits again, what it had in flight is uncertain, and a restored database is detected (`restore_guard`). Every
batch advances the heartbeat's sequence in its epoch, which fences off a leader whose database was restored.
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
from scheduler.leadership.restore_guard import NotifyRestored, RestoreGuard, hold_possibly_sent, lost_until
from scheduler.message_kind import MessageKinds
from storage.database import Database
from storage.delivery import claims, heartbeats, leases
from storage.delivery.heartbeats import HeartbeatRow

log = structlog.get_logger("palsbot.leader")

LEASE_LENGTH = timedelta(seconds=8)
RENEW_S = 2.0
MARGIN_S = 1.0
"""How long before its expiry a lease that could not be renewed counts as lost."""

STALLED_TRANSACTION = timedelta(seconds=5)
"""Minimum age of a crashed machine's open transaction when its lease has expired."""

IDLE_HEARTBEAT = timedelta(minutes=1)
"""Heartbeat interval while nothing is sent."""


class DatabaseRestored(Exception):  # noqa: N818 - it says what happened
    """The database was restored from a backup while the program ran: its sequence went backwards."""


async def no_restore_notice(*_: object) -> None:
    return None


def lease_name(bot_id: int) -> str:
    """The name of a bot's lease: a hash, so that the bot's id is not stored."""
    return blake2s(f"delivery {bot_id}".encode(), digest_size=6).hexdigest()


class Leader:
    """One replica's part in leader election. `worker` is the name by which it claims, new with every start.

    `clock` dates heartbeats and restores; leases run on the database's own clock (`leases.database_now`).
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
        process: str | None = None,
    ) -> None:
        self.worker = f"{lease_name}.{secrets.token_hex(4)}"
        self._database = database
        self._clock = clock
        self._lease_name = lease_name
        self._kinds = kinds
        self._guard = restore_guard
        self._notify_restored = notify_restored
        self._process_id = f"{process or process_id.current()}.{self.worker[-8:]}"
        self._valid_until = float("-inf")
        self._heartbeat: HeartbeatRow | None = None
        self._observed_at: datetime | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._taken_over = False
        self._acquiring = asyncio.Lock()

    @property
    def is_leader(self) -> bool:
        """Whether this process may send: it has taken over, and its lease has not expired."""
        return self._taken_over and time.monotonic() < self._valid_until

    async def acquire(self) -> bool:
        """Whether this process is the leader; takes the lease and takes over when it is free. Idempotent."""
        async with self._acquiring:
            if self.is_leader:
                return True
            await self._step_down()
            if not await self._is_free() or not await self._take_over_stalled():
                await self._observe()
                return False
            self._renewal = asyncio.create_task(self._renew_loop(), name="lease renewal")
            try:
                await self._take_over()
            except BaseException:
                await self._step_down()
                raise
            self._taken_over = True
            return True

    async def release(self) -> None:
        """Releases the lease at a clean stop, so that another replica need not wait for its expiry."""
        await self._step_down()
        async with self._database.writing() as db:
            if await leases.release(db, self._lease_name, self._process_id):
                await claims.release_own(db, self.worker)

    # --- fencing

    async def advance(self, db: AsyncSession, now: datetime) -> HeartbeatRow:
        """Advances the heartbeat in the transaction that marks deliveries as sending, before anything is sent.

        Raises DatabaseRestored when it is behind ours.
        """
        last = self._heartbeat
        sequence = await heartbeats.advance(db, last.epoch, now) if last is not None else None
        if last is None or sequence is None or sequence <= last.sequence:
            self._taken_over = False
            raise DatabaseRestored("The database was restored from a backup, so nothing was sent.")
        return HeartbeatRow(last.epoch, sequence, now)

    def committed(self, heartbeat: HeartbeatRow) -> None:
        """Stores a committed heartbeat in the restore guard, before anything is sent; never an older one."""
        last = self._heartbeat
        if last is None or last.epoch != heartbeat.epoch or last.sequence < heartbeat.sequence:
            self._heartbeat = heartbeat
            self._guard.write(heartbeat)

    # --- the lease

    async def _is_free(self) -> bool:
        async with self._database.reading() as db:
            held, now = await leases.holder(db, self._lease_name), await leases.database_now(db)
        if held is None:
            return True
        holder, until = held
        expired = not now <= until <= now + 2 * LEASE_LENGTH
        return expired or holder == self._process_id or process_id.is_dead(holder)

    async def _take_over_stalled(self) -> bool:
        """Takes the lease, after terminating stalled sessions, whose crashed machine still holds locks."""
        if self._database.dialect == "postgresql":
            async with self._database.writing() as db:
                if terminated := await leases.terminate_stalled(db, STALLED_TRANSACTION):
                    log.warning(
                        "stalled transactions terminated", action="leadership", transactions=terminated
                    )
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
                    log.warning("lease lost", action="leadership")
                    return
                now = self._clock.now()
                if (
                    self.is_leader
                    and self._heartbeat is not None
                    and not timedelta(0) <= now - self._heartbeat.at < IDLE_HEARTBEAT
                ):
                    async with self._database.writing() as db:
                        heartbeat = await self.advance(db, now)
                    self.committed(heartbeat)
            except DatabaseRestored:
                log.warning("database restored", action="leadership")
                return
            except Exception:
                log.exception("lease not renewed", action="leadership")

    async def _step_down(self) -> None:
        self._taken_over, self._valid_until = False, float("-inf")
        renewal, self._renewal = self._renewal, None
        if renewal is not None:
            renewal.cancel()
            await asyncio.wait([renewal])

    # --- taking over, and observing

    async def _take_over(self) -> None:
        now = self._clock.now()
        # Race: read before the database, which the former leader may still advance.
        guarded = self._guard.read()
        async with self._database.reading() as db:
            last = await heartbeats.latest(db)
        until = lost_until(last, guarded, now) if last is not None else None
        if until is not None:
            await hold_possibly_sent(self._database, self._kinds, until, now, self._notify_restored)
        async with self._database.writing() as db:
            released = await claims.release_others(db, self._lease_name, self.worker)
            if last is None or until is not None:
                heartbeat = self._heartbeat = await heartbeats.begin_epoch(db, secrets.token_hex(8), now)
            else:
                self._heartbeat = last
                heartbeat = await self.advance(db, now)
        self._guard.write(heartbeat)
        self._heartbeat = heartbeat
        log.info("leading", action="leadership", released=released)

    async def _observe(self) -> None:
        """Keeps this machine's restore guard up to date with the heartbeats of another leader."""
        now = datetime.now(UTC)
        if self._observed_at is None or not timedelta(0) <= now - self._observed_at < IDLE_HEARTBEAT:
            async with self._database.reading() as db:
                last = await heartbeats.latest(db)
            if last is not None:
                self._guard.write_if_newer(last)
            self._observed_at = now
