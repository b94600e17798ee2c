"""Meeting series: recurring meetings, each by an RFC 5545 rule."""

from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import columns, read, read_one
from storage.tables import MeetingSeries, Texts, table_of

series = table_of(MeetingSeries)


class MeetingSeriesRow(NamedTuple):
    """`starts` is the first meeting in the school's wall time, `rule` the RFC 5545 recurrence from there."""

    id: int
    key: str
    kind: str
    name: Texts
    starts: str
    minutes: int
    rule: str
    on_closed: str


_ALL = (
    select(*columns(MeetingSeriesRow._fields, series))
    .where(series.c.school_id == bindparam("school_id"))
    .order_by(series.c.id)
)
_BY_KEY = _ALL.where(series.c.key == bindparam("key"))


async def by_key(db: AsyncSession, school_id: int, key: str) -> MeetingSeriesRow | None:
    return await read_one(db, MeetingSeriesRow, _BY_KEY, school_id=school_id, key=key)


async def all_of(db: AsyncSession, school_id: int) -> list[MeetingSeriesRow]:
    """In the order of the school's file."""
    return await read(db, MeetingSeriesRow, _ALL, school_id=school_id)
