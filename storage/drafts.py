"""Typed text that is awaited: one draft a person, the last one begun."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, row
from storage.tables import Draft, table_of

draft = table_of(Draft)


class DraftRow(NamedTuple):
    """`kind` says what the text is for, `data` what is known so far."""

    kind: str
    data: dict[str, Any]
    created_at: datetime


_COLUMNS = [draft.c[name] for name in DraftRow._fields]
_PEEK = select(*_COLUMNS).where(draft.c.person_id == bindparam("this"))
_DROP = delete(draft).where(draft.c.person_id == bindparam("this"))
_TAKE = _DROP.returning(*_COLUMNS)
_PUT = Upsert(
    lambda insert: (new := insert(draft)).on_conflict_do_update(
        index_elements=["person_id"], set_={name: new.excluded[name] for name in DraftRow._fields}
    )
)


async def put(db: AsyncSession, person_id: int, kind: str, data: dict[str, Any], now: datetime) -> None:
    """Await text from this person, in place of whatever was awaited before."""
    await changed(db, _PUT, person_id=person_id, kind=kind, data=data, created_at=now)


async def peek(db: AsyncSession, person_id: int) -> DraftRow | None:
    """What is awaited from this person; it stays."""
    found = await row(db, _PEEK, this=person_id)
    return DraftRow._make(found) if found else None


async def take(db: AsyncSession, person_id: int) -> DraftRow | None:
    """What was awaited from this person; from now on nothing is. Of two that take at once, one gets it."""
    found = await row(db, _TAKE, this=person_id)
    return DraftRow._make(found) if found else None


async def drop(db: AsyncSession, person_id: int) -> bool:
    """Await nothing any more; whether something was awaited."""
    return await changed(db, _DROP, this=person_id) == 1
