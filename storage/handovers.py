"""Handovers: receipts that the head was notified of an incident, and when a leader acknowledged it."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Boolean, Integer, bindparam, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, columns, read_one, value_or_none
from storage.tables import Handover, Incident, table_of

handover, incident = table_of(Handover), table_of(Incident)


class HandoverRow(NamedTuple):
    """`by_adult`: an adult may be the offender. `received_at`: when a leader acknowledged it."""

    id: int
    incident_id: int
    person_id: int | None
    by_adult: bool
    told_at: datetime
    received_at: datetime | None


_AT_SCHOOL = select(*columns(HandoverRow._fields, handover)).where(
    handover.c.school_id == bindparam("school_id")
)
_BY_ID = _AT_SCHOOL.where(handover.c.id == bindparam("handover_id"))
_OF_INCIDENT = _AT_SCHOOL.where(handover.c.incident_id == bindparam("incident_id"))
_ADD = Upsert(
    lambda insert: (
        insert(handover)
        .from_select(
            ["school_id", "incident_id", "person_id", "by_adult", "told_at"],
            select(
                incident.c.school_id,
                incident.c.id,
                bindparam("person", type_=Integer),
                bindparam("adult", type_=Boolean),
                bindparam("now", type_=handover.c.told_at.type),
            ).where(incident.c.id == bindparam("incident"), incident.c.school_id == bindparam("school")),
        )
        .on_conflict_do_nothing(index_elements=["incident_id"])
        .returning(handover.c.id)
    )
)
_RECEIVE = (
    update(handover)
    .where(
        handover.c.id == bindparam("this"),
        handover.c.school_id == bindparam("school"),
        handover.c.received_at.is_(None),
    )
    .values(received_at=bindparam("now"))
)


async def add(
    db: AsyncSession, school_id: int, incident_id: int, person_id: int, now: datetime, *, by_adult: bool
) -> int | None:
    """Idempotent insert. Returns the row's id, or None when the incident has one, or is not this school's."""
    return await value_or_none(
        db, _ADD, school=school_id, incident=incident_id, person=person_id, adult=by_adult, now=now
    )


async def by_id(db: AsyncSession, school_id: int, handover_id: int) -> HandoverRow | None:
    return await read_one(db, HandoverRow, _BY_ID, school_id=school_id, handover_id=handover_id)


async def of_incident(db: AsyncSession, school_id: int, incident_id: int) -> HandoverRow | None:
    return await read_one(db, HandoverRow, _OF_INCIDENT, school_id=school_id, incident_id=incident_id)


async def receive(db: AsyncSession, school_id: int, handover_id: int, now: datetime) -> bool:
    """Acknowledges a handover. Returns False when it had been acknowledged before."""
    return await changed(db, _RECEIVE, this=handover_id, school=school_id, now=now) == 1
