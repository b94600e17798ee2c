"""Audit log: who did what to which row."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import changed, columns, read
from storage.tables import Audit, table_of

audit = table_of(Audit)


class AuditRow(NamedTuple):
    at: datetime
    person_id: int | None
    action: str
    ref: str


_RECORD = insert(audit)
_LATEST = (
    select(*columns(AuditRow._fields, audit))
    .where(audit.c.school_id == bindparam("school_id"))
    .order_by(audit.c.at.desc(), audit.c.id.desc())
    .limit(bindparam("most"))
)


async def record(
    db: AsyncSession, school_id: int, person_id: int | None, at: datetime, action: str, *, ref: str = ""
) -> None:
    """`action` is a verb such as "praise", `ref` the id of the row it was done to."""
    await changed(db, _RECORD, school_id=school_id, person_id=person_id, at=at, action=action, ref=ref)


async def latest(db: AsyncSession, school_id: int, most: int = 50) -> list[AuditRow]:
    """The newest first."""
    return await read(db, AuditRow, _LATEST, school_id=school_id, most=most)
