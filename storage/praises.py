"""Ros: what was seen, by group, expectation and time."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, row, value
from storage.tables import Expectation, Group, Praise, Texts, table_of

recognition, group, expectation = table_of(Praise), table_of(Group), table_of(Expectation)


class PraiseRow(NamedTuple):
    id: int
    group_id: int
    expectation_id: int
    person_id: int | None
    at: datetime
    day: date
    undone_at: datetime | None


class PraiseCounts(NamedTuple):
    """How many there were, and how many adults wrote them down (few adults, and it must not be shown)."""

    total: int
    adults: int


class PraiseTarget(NamedTuple):
    """What a recognition is of, in words: the group's name and what is expected, short enough for a button."""

    group: str
    expectation: Texts


_NAMED = (
    select(group.c.name, expectation.c.short)
    .join(expectation, expectation.c.school_id == group.c.school_id)
    .where(
        group.c.school_id == bindparam("school_id"),
        group.c.id == bindparam("group_id"),
        expectation.c.id == bindparam("expectation_id"),
    )
)
_ADD = Upsert(
    lambda insert: (
        insert(recognition)
        .on_conflict_do_nothing(index_elements=["idempotency_key"])
        .returning(recognition.c.id)
    )
)
_ONE = select(*(recognition.c[name] for name in PraiseRow._fields)).where(
    recognition.c.id == bindparam("this"), recognition.c.school_id == bindparam("school")
)
_BY_KEY = select(*(recognition.c[name] for name in PraiseRow._fields)).where(
    recognition.c.school_id == bindparam("school_id"),
    recognition.c.idempotency_key == bindparam("key"),
)
_LAST_GROUP = (
    select(recognition.c.group_id)
    .where(
        recognition.c.school_id == bindparam("school_id"), recognition.c.person_id == bindparam("person_id")
    )
    .order_by(recognition.c.id.desc())
    .limit(1)
)
_OWN = update(recognition).where(
    recognition.c.id == bindparam("this"),
    recognition.c.school_id == bindparam("school"),
    recognition.c.person_id == bindparam("person"),
    recognition.c.undone_at.is_(None),
)
_UNDO = _OWN.where(recognition.c.at >= bindparam("since"))
_COUNTS = select(func.count(), func.count(recognition.c.person_id.distinct())).where(
    recognition.c.school_id == bindparam("school_id"),
    recognition.c.day.between(bindparam("first"), bindparam("last")),
    recognition.c.undone_at.is_(None),
)
_MINE = (
    select(func.count())
    .select_from(recognition)
    .where(
        recognition.c.person_id == bindparam("person_id"),
        recognition.c.school_id == bindparam("school_id"),
        recognition.c.day.between(bindparam("first"), bindparam("last")),
        recognition.c.undone_at.is_(None),
    )
)


async def target(db: AsyncSession, school_id: int, group_id: int, expectation_id: int) -> PraiseTarget | None:
    """The group and the expectation, in use or not; None unless both are the school's."""
    found = await row(db, _NAMED, school_id=school_id, group_id=group_id, expectation_id=expectation_id)
    return PraiseTarget._make(found) if found else None


async def add(
    db: AsyncSession,
    school_id: int,
    *,
    group_id: int,
    expectation_id: int,
    person_id: int,
    at: datetime,
    day: date,
    idempotency_key: str,
) -> int | None:
    """Idempotent insert: the new row's id, or None when this idempotency key has written its row before."""
    added: int | None = await value(
        db,
        _ADD,
        school_id=school_id,
        group_id=group_id,
        expectation_id=expectation_id,
        person_id=person_id,
        at=at,
        day=day,
        idempotency_key=idempotency_key,
    )
    return added


async def by_id(db: AsyncSession, school_id: int, recognition_id: int) -> PraiseRow | None:
    found = await row(db, _ONE, this=recognition_id, school=school_id)
    return PraiseRow._make(found) if found else None


async def by_key(db: AsyncSession, school_id: int, key: str) -> PraiseRow | None:
    """The row that was written with this idempotency key."""
    found = await row(db, _BY_KEY, school_id=school_id, key=key)
    return PraiseRow._make(found) if found else None


async def last_group(db: AsyncSession, school_id: int, person_id: int) -> int | None:
    """The group that this person praised last at this school."""
    group_id: int | None = await value(db, _LAST_GROUP, school_id=school_id, person_id=person_id)
    return group_id


async def undo(
    db: AsyncSession, school_id: int, recognition_id: int, person_id: int, *, now: datetime, since: datetime
) -> bool:
    """Take back one's own, if it is not older than `since`; whether anything was taken back."""
    undone = await changed(
        db, _UNDO, this=recognition_id, school=school_id, person=person_id, since=since, undone_at=now
    )
    return undone == 1


async def change(
    db: AsyncSession,
    school_id: int,
    recognition_id: int,
    person_id: int,
    *,
    group_id: int | None = None,
    expectation_id: int | None = None,
) -> bool:
    """Move one's own to another group, another expectation or both; whether it was there to move."""
    new = {"group_id": group_id, "expectation_id": expectation_id}
    given = {name: number for name, number in new.items() if number is not None}
    moved = await changed(db, _OWN, this=recognition_id, school=school_id, person=person_id, **given)
    return moved == 1


async def counts(db: AsyncSession, school_id: int, first: date, last: date) -> PraiseCounts:
    """The school's, from `first` to `last`, both included; what was undone does not count."""
    found = await row(db, _COUNTS, school_id=school_id, first=first, last=last)
    return PraiseCounts._make(found) if found else PraiseCounts(0, 0)


async def count_of_person(db: AsyncSession, school_id: int, person_id: int, first: date, last: date) -> int:
    """How many one person wrote down at one school from `first` to `last`, both included."""
    number: int = await value(db, _MINE, school_id=school_id, person_id=person_id, first=first, last=last)
    return number
