"""Incidents (hendelse): which behaviour, in which area and group, when, and which adult recorded it."""

from datetime import date, datetime
from typing import NamedTuple, TypedDict, Unpack

from sqlalchemy import bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Behaviour, Measure, Reason
from storage.execute import changed, columns, insert_new, read_one, value_or_none
from storage.tables import Area, Group, Incident, Texts, table_of

incident, area, group = table_of(Incident), table_of(Area), table_of(Group)


class IncidentRow(NamedTuple):
    """An incident with the names of its area and its group. `at` is aware; `measure` and `reason` are codes."""

    id: int
    person_id: int | None
    behaviour: Behaviour
    area: Texts
    group: str | None
    measure: str | None
    reason: str | None
    at: datetime
    undone_at: datetime | None


class NewIncident(TypedDict):
    behaviour: Behaviour
    area_id: int
    person_id: int
    at: datetime
    day: date
    idempotency_key: str


class IncidentChanges(TypedDict, total=False):
    """The columns of an incident that may be corrected. `day` is the school's local date of `at`."""

    group_id: int | None
    measure: Measure | None
    reason: Reason | None
    possible_offence: bool
    at: datetime
    day: date


_ADD = insert_new(incident, "idempotency_key")
_AT_SCHOOL = (
    select(*columns(IncidentRow._fields, incident, area=area.c.name, group=group.c.name))
    .join(area, area.c.id == incident.c.area_id)
    .outerjoin(group, group.c.id == incident.c.group_id)
    .where(incident.c.school_id == bindparam("school_id"))
)
_BY_ID = _AT_SCHOOL.where(incident.c.id == bindparam("incident_id"))
_BY_KEY = _AT_SCHOOL.where(incident.c.idempotency_key == bindparam("key"))
_OWN = update(incident).where(
    incident.c.id == bindparam("this"),
    incident.c.school_id == bindparam("school"),
    incident.c.person_id == bindparam("person"),
    incident.c.undone_at.is_(None),
)
_UNDO = _OWN.where(incident.c.at >= bindparam("since"))


async def add(
    db: AsyncSession, school_id: int, *, group_id: int | None = None, **incident: Unpack[NewIncident]
) -> int | None:
    """Idempotent insert. Returns the new row's id, or None when the idempotency key has been used before."""
    columns = {"group_id": group_id, "possible_offence": False, **incident}
    return await value_or_none(db, _ADD, school_id=school_id, **columns)


async def by_id(db: AsyncSession, school_id: int, incident_id: int) -> IncidentRow | None:
    """This incident, undone or not."""
    return await read_one(db, IncidentRow, _BY_ID, school_id=school_id, incident_id=incident_id)


async def by_key(db: AsyncSession, school_id: int, key: str) -> IncidentRow | None:
    """The incident recorded with this idempotency key, undone or not."""
    return await read_one(db, IncidentRow, _BY_KEY, school_id=school_id, key=key)


async def undo(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, *, now: datetime, since: datetime
) -> bool:
    """Undoes the person's own incident if it is not older than `since`. Returns whether a row was undone."""
    undone = await changed(
        db, _UNDO, this=incident_id, school=school_id, person=person_id, since=since, undone_at=now
    )
    return undone == 1


async def change(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, **columns: Unpack[IncidentChanges]
) -> bool:
    """Updates columns of the person's own incident. Returns False for an undone one and for any other."""
    return await changed(db, _OWN, this=incident_id, school=school_id, person=person_id, **columns) == 1
