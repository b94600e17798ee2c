"""Drafts: the state of a conversation that awaits typed text, at most one for each person."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, columns, read_one
from storage.tables import Draft, table_of

draft = table_of(Draft)


class DraftRow(NamedTuple):
    """`kind` is the conversation that awaits the text, `data` what it has collected so far."""

    kind: str
    data: dict[str, Any]
    created_at: datetime


_COLUMNS = columns(DraftRow._fields, draft)
_PEEK = select(*_COLUMNS).where(draft.c.person_id == bindparam("this"))
_DROP = delete(draft).where(draft.c.person_id == bindparam("this"))
_TAKE = _DROP.returning(*_COLUMNS)
_PUT = Upsert(
    lambda insert: (new := insert(draft)).on_conflict_do_update(
        index_elements=["person_id"], set_={name: new.excluded[name] for name in DraftRow._fields}
    )
)


async def put(db: AsyncSession, person_id: int, kind: str, data: dict[str, Any], now: datetime) -> None:
    """Opens a draft for this person; it replaces an earlier one."""
    await changed(db, _PUT, person_id=person_id, kind=kind, data=data, created_at=now)


async def peek(db: AsyncSession, person_id: int) -> DraftRow | None:
    """The open draft of this person, unchanged."""
    return await read_one(db, DraftRow, _PEEK, this=person_id)


async def take(db: AsyncSession, person_id: int) -> DraftRow | None:
    """Deletes the open draft and returns it. In a race of two callers one gets it."""
    return await read_one(db, DraftRow, _TAKE, this=person_id)


async def drop(db: AsyncSession, person_id: int) -> bool:
    """Deletes the open draft; whether there was one."""
    return await changed(db, _DROP, this=person_id) == 1
