"""Leases: what only one process may do at a time, such as delivering for one bot token."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, func, or_, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, row, rows, value
from storage.tables import Lease, table_of

lease = table_of(Lease)

_TAKE = Upsert(
    lambda insert: (
        (made := insert(lease))
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": made.excluded.holder, "until": made.excluded.until},
            where=or_(
                lease.c.holder == made.excluded.holder,
                lease.c.holder == bindparam("dead", type_=lease.c.holder.type),
                lease.c.until < bindparam("now", type_=lease.c.until.type),
                # Longer than anybody takes it for: the clock it was written by was wrong.
                lease.c.until > bindparam("never", type_=lease.c.until.type),
            ),
        )
        .returning(lease.c.holder)
    )
)
_HELD = select(lease.c.holder, lease.c.until).where(lease.c.name == bindparam("this"))
# Of this database and this role only: nobody may end anybody else's.
_END_STALLED = text(
    """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
      AND wait_event_type = 'Client' AND xact_start < clock_timestamp() - make_interval(secs => :seconds)
    """
)
_LEAVE = delete(lease).where(lease.c.name == bindparam("this"), lease.c.holder == bindparam("by"))
_NOW = select(func.clock_timestamp())


async def database_now(db: AsyncSession) -> datetime:
    """Now, by the one clock that all share who may take a lease: PostgreSQL's; with SQLite it is this machine's."""
    if db.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = await value(db, _NOW)
    return now


async def take(
    db: AsyncSession, name: str, holder: str, now: datetime, length: timedelta, *, dead: str | None = None
) -> bool:
    """Takes or renews a lease for `length` from now; False when somebody else has it.

    `dead` is a holder that is known to have died: it is not waited for.
    """
    taken = await value(
        db, _TAKE, name=name, holder=holder, until=now + length, now=now, never=now + 2 * length, dead=dead
    )
    return taken is not None


async def holder(db: AsyncSession, name: str) -> tuple[str, datetime] | None:
    """By whom, and until when."""
    found = await row(db, _HELD, this=name)
    return (found[0], found[1]) if found else None


async def release(db: AsyncSession, name: str, by: str) -> bool:
    """Gives a lease up; whether it was held."""
    return await changed(db, _LEAVE, this=name, by=by) == 1


async def terminate_stalled(db: AsyncSession, longer_than: timedelta) -> int:
    """On PostgreSQL: ends other processes' transactions that are so old and wait for their process. How many.

    A process that is gone closes its connections. A machine that died in the middle of a transaction, or lost its
    network, is believed in for hours, and so are its locks.
    """
    return len(await rows(db, _END_STALLED, seconds=longer_than.total_seconds()))
