"""Praise (ros): which expectation which group met, when, and which adult recorded it."""

from datetime import date, datetime
from typing import NamedTuple, TypedDict, Unpack

from sqlalchemy import bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import changed, insert_new, read_one, value_or_none
from storage.tables import Expectation, Group, Praise, Texts, table_of

praise, group, expectation = table_of(Praise), table_of(Group), table_of(Expectation)


class PraiseTarget(NamedTuple):
    """What a praise is about, in words: the group's name and the expectation's label."""

    group: str
    expectation: Texts


class NewPraise(TypedDict):
    group_id: int
    expectation_id: int
    person_id: int
    at: datetime
    day: date
    idempotency_key: str


_TARGET = (
    select(group.c.name, expectation.c.short)
    .join(expectation, expectation.c.school_id == group.c.school_id)
    .where(
        group.c.school_id == bindparam("school_id"),
        group.c.id == bindparam("group_id"),
        expectation.c.id == bindparam("expectation_id"),
    )
)
_ADD = insert_new(praise, "idempotency_key")
_ID_BY_KEY = select(praise.c.id).where(
    praise.c.school_id == bindparam("school_id"),
    praise.c.idempotency_key == bindparam("key"),
    praise.c.undone_at.is_(None),
)
_LAST_GROUP = (
    select(praise.c.group_id)
    .where(praise.c.school_id == bindparam("school_id"), praise.c.person_id == bindparam("person_id"))
    .order_by(praise.c.id.desc())
    .limit(1)
)
_UNDO = update(praise).where(
    praise.c.id == bindparam("this"),
    praise.c.school_id == bindparam("school"),
    praise.c.person_id == bindparam("person"),
    praise.c.undone_at.is_(None),
    praise.c.at >= bindparam("since"),
)


async def target(db: AsyncSession, school_id: int, group_id: int, expectation_id: int) -> PraiseTarget | None:
    """The group and the expectation, active or not; None unless both are the school's."""
    return await read_one(
        db, PraiseTarget, _TARGET, school_id=school_id, group_id=group_id, expectation_id=expectation_id
    )


async def add(db: AsyncSession, school_id: int, **praise: Unpack[NewPraise]) -> int | None:
    """Idempotent insert. Returns the new row's id, or None when the idempotency key has been used before."""
    return await value_or_none(db, _ADD, school_id=school_id, **praise)


async def id_by_key(db: AsyncSession, school_id: int, key: str) -> int | None:
    """The id of the row recorded with this idempotency key; None when there is none or it was undone."""
    return await value_or_none(db, _ID_BY_KEY, school_id=school_id, key=key)


async def last_group(db: AsyncSession, school_id: int, person_id: int) -> int | None:
    """The group that this person praised last at this school."""
    return await value_or_none(db, _LAST_GROUP, school_id=school_id, person_id=person_id)


async def undo(
    db: AsyncSession, school_id: int, praise_id: int, person_id: int, *, now: datetime, since: datetime
) -> bool:
    """Undoes the person's own praise if it is not older than `since`. Returns whether a row was undone."""
    undone = await changed(
        db, _UNDO, this=praise_id, school=school_id, person=person_id, since=since, undone_at=now
    )
    return undone == 1
