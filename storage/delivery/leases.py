"""Leases for leader election: a lock with an expiry, so that one process at a time delivers for a bot token."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, func, or_, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, row, rows, value, value_or_none
from storage.tables import Lease, table_of

lease = table_of(Lease)

_TAKE = Upsert(
    lambda insert: (
        (new := insert(lease))
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": new.excluded.holder, "until": new.excluded.until},
            where=or_(
                lease.c.holder == new.excluded.holder,
                lease.c.holder == bindparam("dead", type_=lease.c.holder.type),
                lease.c.until < bindparam("now", type_=lease.c.until.type),
                # Further ahead than any lease lasts: written by a machine whose clock was wrong.
                lease.c.until > bindparam("implausible", type_=lease.c.until.type),
            ),
        )
        .returning(lease.c.holder)
    )
)
_HOLDER = select(lease.c.holder, lease.c.until).where(lease.c.name == bindparam("lease"))
# Only sessions of this database and role: others are not ours to terminate.
_END_STALLED = text(
    """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
      AND wait_event_type = 'Client' AND xact_start < clock_timestamp() - make_interval(secs => :seconds)
    """
)
_RELEASE = delete(lease).where(lease.c.name == bindparam("lease"), lease.c.holder == bindparam("held_by"))
_NOW = select(func.clock_timestamp())


async def database_now(db: AsyncSession) -> datetime:
    """The clock that leases run on, shared by all replicas: PostgreSQL's, or with SQLite this machine's."""
    if db.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = await value(db, _NOW)
    return now


async def take(
    db: AsyncSession, name: str, holder: str, now: datetime, length: timedelta, *, dead: str | None = None
) -> bool:
    """Acquires or renews a lease for `length` from now; False while another holder has it.

    `dead` is a holder known to have crashed: its lease is taken over before it expires.
    """
    taken = await value_or_none(
        db,
        _TAKE,
        name=name,
        holder=holder,
        until=now + length,
        now=now,
        implausible=now + 2 * length,
        dead=dead,
    )
    return taken is not None


async def holder(db: AsyncSession, name: str) -> tuple[str, datetime] | None:
    """The lease's holder and expiry."""
    found = await row(db, _HOLDER, lease=name)
    return (found[0], found[1]) if found else None


async def release(db: AsyncSession, name: str, by: str) -> bool:
    """Releases a lease; whether `by` held it."""
    return await changed(db, _RELEASE, lease=name, held_by=by) == 1


async def terminate_stalled(db: AsyncSession, longer_than: timedelta) -> int:
    """PostgreSQL: terminates sessions whose transaction is older than this and waits for its client.

    A crashed process closes its connections. After a machine crash or a network partition the server keeps the
    connection, and with it the row locks, for hours. Returns how many.
    """
    return len(await rows(db, _END_STALLED, seconds=longer_than.total_seconds()))
