"""The heartbeat row: an epoch and a sequence number, which tell a restored database from an idle one."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, read_one, value_or_none
from storage.tables import Heartbeat, table_of

heartbeat = table_of(Heartbeat)

_ONLY_ID = 1


class HeartbeatRow(NamedTuple):
    """`sequence` rises with each batch sent in this `epoch`; `at` is the last time a process delivered."""

    epoch: str
    sequence: int
    at: datetime


_LATEST = select(heartbeat.c.epoch, heartbeat.c.sequence, heartbeat.c.at)
_BEGIN_EPOCH = Upsert(
    lambda insert: (new := insert(heartbeat)).on_conflict_do_update(
        index_elements=["id"],
        set_={"epoch": new.excluded.epoch, "sequence": new.excluded.sequence, "at": new.excluded.at},
    )
)
_ADVANCE = (
    update(heartbeat)
    .where(heartbeat.c.epoch == bindparam("in_epoch"))
    .values(sequence=heartbeat.c.sequence + 1, at=bindparam("now"))
    .returning(heartbeat.c.sequence)
)


async def latest(db: AsyncSession) -> HeartbeatRow | None:
    """The stored heartbeat; None before the first delivery."""
    return await read_one(db, HeartbeatRow, _LATEST)


async def begin_epoch(db: AsyncSession, epoch: str, now: datetime) -> HeartbeatRow:
    """Starts a new epoch at sequence 0."""
    await changed(db, _BEGIN_EPOCH, id=_ONLY_ID, epoch=epoch, sequence=0, at=now)
    return HeartbeatRow(epoch, 0, now)


async def advance(db: AsyncSession, epoch: str, now: datetime) -> int | None:
    """Increments the sequence and returns it; None when the database is in another epoch."""
    return await value_or_none(db, _ADVANCE, in_epoch=epoch, now=now)
