"""The heartbeat: how far this database has come. It tells one that was restored from a backup from one that slept."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.statements import Upsert, changed, row, value
from storage.tables import Heartbeat, table_of

heartbeat = table_of(Heartbeat)

ONLY = 1


class Beat(NamedTuple):
    """`number` rises with everything that is sent in this `life`; `at` is the last moment somebody was there."""

    life: str
    number: int
    at: datetime


_LAST = select(heartbeat.c.life, heartbeat.c.beat, heartbeat.c.at)
_BEGIN = Upsert(
    lambda insert: (made := insert(heartbeat)).on_conflict_do_update(
        index_elements=["id"],
        set_={"life": made.excluded.life, "beat": made.excluded.beat, "at": made.excluded.at},
    )
)
_NEXT = (
    update(heartbeat)
    .where(heartbeat.c.life == bindparam("in_life"))
    .values(beat=heartbeat.c.beat + 1, at=bindparam("now"))
    .returning(heartbeat.c.beat)
)


async def last(db: AsyncSession) -> Beat | None:
    """None in a database that nobody has ever worked on."""
    found = await row(db, _LAST)
    return Beat._make(found) if found else None


async def begin(db: AsyncSession, life: str, now: datetime) -> Beat:
    """A new life, counted from nought."""
    await changed(db, _BEGIN, id=ONLY, life=life, beat=0, at=now)
    return Beat(life, 0, now)


async def beat(db: AsyncSession, life: str, now: datetime) -> int | None:
    """One more; its number, or None when the database is not in this life."""
    number: int | None = await value(db, _NEXT, in_life=life, now=now)
    return number
