"""Audit log: who did what to which row."""

from datetime import datetime

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import changed
from storage.tables import Audit, table_of

audit = table_of(Audit)


_RECORD = insert(audit)


async def record(
    db: AsyncSession, school_id: int, person_id: int | None, at: datetime, action: str, *, ref: str = ""
) -> None:
    """`action` is a verb such as "praise", `ref` the id of the row it was done to."""
    await changed(db, _RECORD, school_id=school_id, person_id=person_id, at=at, action=action, ref=ref)
