"""The heartbeat row: an epoch and a sequence number, by which a restored database is told from an idle one."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, row, value
from storage.tables import Heartbeat, table_of

heartbeat = table_of(Heartbeat)

ONLY = 1


class HeartbeatRow(NamedTuple):
    """`sequence` rises with each batch sent in this `epoch`; `at` is the last time a process delivered."""

    epoch: str
    sequence: int
    at: datetime


_LAST = select(heartbeat.c.epoch, heartbeat.c.sequence, heartbeat.c.at)
_BEGIN = Upsert(
    lambda insert: (made := insert(heartbeat)).on_conflict_do_update(
        index_elements=["id"],
        set_={"epoch": made.excluded.epoch, "sequence": made.excluded.sequence, "at": made.excluded.at},
    )
)
_NEXT = (
    update(heartbeat)
    .where(heartbeat.c.epoch == bindparam("in_epoch"))
    .values(sequence=heartbeat.c.sequence + 1, at=bindparam("now"))
    .returning(heartbeat.c.sequence)
)


async def latest(db: AsyncSession) -> HeartbeatRow | None:
    """None in a database from which nothing was ever delivered."""
    found = await row(db, _LAST)
    return HeartbeatRow._make(found) if found else None


async def begin_epoch(db: AsyncSession, epoch: str, now: datetime) -> HeartbeatRow:
    """Starts a new epoch at sequence 0."""
    await changed(db, _BEGIN, id=ONLY, epoch=epoch, sequence=0, at=now)
    return HeartbeatRow(epoch, 0, now)


async def advance(db: AsyncSession, epoch: str, now: datetime) -> int | None:
    """Increments the sequence and returns it; None when the database is in another epoch."""
    sequence: int | None = await value(db, _NEXT, in_epoch=epoch, now=now)
    return sequence
