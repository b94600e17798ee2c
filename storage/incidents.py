"""Hendelse: something to learn from, by behaviour, area, group and time."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Behaviour, Measure, Reason
from storage.execute import Upsert, changed, row, value
from storage.tables import Incident, table_of

incident = table_of(Incident)


class IncidentRow(NamedTuple):
    id: int
    group_id: int | None
    area_id: int
    behaviour: Behaviour
    measure: str | None
    reason: str | None
    possible_offence: bool
    person_id: int | None
    at: datetime
    day: date
    undone_at: datetime | None


class IncidentCounts(NamedTuple):
    """How many there were, how many adults wrote them down, and on how many days there was one."""

    total: int
    adults: int
    days: int


_ADD = Upsert(
    lambda insert: (
        insert(incident).on_conflict_do_nothing(index_elements=["idempotency_key"]).returning(incident.c.id)
    )
)
_ONE = select(*(incident.c[name] for name in IncidentRow._fields)).where(
    incident.c.id == bindparam("this"), incident.c.school_id == bindparam("school")
)
_BY_KEY = select(*(incident.c[name] for name in IncidentRow._fields)).where(
    incident.c.school_id == bindparam("school_id"),
    incident.c.idempotency_key == bindparam("key"),
)
_OWN = update(incident).where(
    incident.c.id == bindparam("this"),
    incident.c.school_id == bindparam("school"),
    incident.c.person_id == bindparam("person"),
    incident.c.undone_at.is_(None),
)
_UNDO = _OWN.where(incident.c.at >= bindparam("since"))
_COUNTS = select(
    func.count(), func.count(incident.c.person_id.distinct()), func.count(incident.c.day.distinct())
).where(
    incident.c.school_id == bindparam("school_id"),
    incident.c.day.between(bindparam("first"), bindparam("last")),
    incident.c.undone_at.is_(None),
)
_MINE = (
    select(func.count())
    .select_from(incident)
    .where(
        incident.c.person_id == bindparam("person_id"),
        incident.c.school_id == bindparam("school_id"),
        incident.c.day.between(bindparam("first"), bindparam("last")),
        incident.c.undone_at.is_(None),
    )
)


async def add(
    db: AsyncSession,
    school_id: int,
    *,
    behaviour: Behaviour,
    area_id: int,
    person_id: int,
    at: datetime,
    day: date,
    idempotency_key: str,
    group_id: int | None = None,
) -> int | None:
    """Idempotent insert: the new row's id, or None when this idempotency key has written its row before."""
    added: int | None = await value(
        db,
        _ADD,
        school_id=school_id,
        group_id=group_id,
        area_id=area_id,
        behaviour=behaviour,
        possible_offence=False,
        person_id=person_id,
        at=at,
        day=day,
        idempotency_key=idempotency_key,
    )
    return added


async def by_id(db: AsyncSession, school_id: int, incident_id: int) -> IncidentRow | None:
    found = await row(db, _ONE, this=incident_id, school=school_id)
    return IncidentRow._make(found) if found else None


async def by_key(db: AsyncSession, school_id: int, key: str) -> IncidentRow | None:
    """The row that was written with this idempotency key."""
    found = await row(db, _BY_KEY, school_id=school_id, key=key)
    return IncidentRow._make(found) if found else None


async def undo(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, *, now: datetime, since: datetime
) -> bool:
    """Take back one's own, if it is not older than `since`; whether anything was taken back."""
    undone = await changed(
        db, _UNDO, this=incident_id, school=school_id, person=person_id, since=since, undone_at=now
    )
    return undone == 1


async def _set(db: AsyncSession, school_id: int, incident_id: int, person_id: int, **columns: Any) -> bool:
    return await changed(db, _OWN, this=incident_id, school=school_id, person=person_id, **columns) == 1


# Each of these changes one's own row and says whether it was there to change.


async def set_measure(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, measure: Measure | None
) -> bool:
    return await _set(db, school_id, incident_id, person_id, measure=measure)


async def set_reason(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, reason: Reason | None
) -> bool:
    return await _set(db, school_id, incident_id, person_id, reason=reason)


async def set_time(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, *, at: datetime, day: date
) -> bool:
    """`day` is the school's local date of `at`."""
    return await _set(db, school_id, incident_id, person_id, at=at, day=day)


async def set_group(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, group_id: int | None
) -> bool:
    return await _set(db, school_id, incident_id, person_id, group_id=group_id)


async def set_possible_offence(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, possible: bool
) -> bool:
    return await _set(db, school_id, incident_id, person_id, possible_offence=possible)


async def counts(db: AsyncSession, school_id: int, first: date, last: date) -> IncidentCounts:
    """The school's, from `first` to `last`, both included; what was undone does not count."""
    found = await row(db, _COUNTS, school_id=school_id, first=first, last=last)
    return IncidentCounts._make(found) if found else IncidentCounts(0, 0, 0)


async def count_of_person(db: AsyncSession, school_id: int, person_id: int, first: date, last: date) -> int:
    """How many one person wrote down at one school from `first` to `last`, both included."""
    number: int = await value(db, _MINE, school_id=school_id, person_id=person_id, first=first, last=last)
    return number
