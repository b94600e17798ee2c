"""Rows that have been kept long enough, over all schools: how long that is, `bot.services.retention` says."""

from datetime import datetime

from sqlalchemy import BindParameter, Update, bindparam, delete, exists, select, update
from sqlalchemy.sql.dml import Delete
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import memberships, people
from storage.execute import changed, rows
from storage.tables import (
    STOPPABLE,
    Delivery,
    DeliveryStatus,
    Draft,
    Handover,
    Incident,
    Membership,
    Occurrence,
    Person,
    Practice,
    Praise,
    ReadReceipt,
    Standing,
    table_of,
)

recognition, incident, handover = table_of(Praise), table_of(Incident), table_of(Handover)
practice, draft = table_of(Practice), table_of(Draft)
delivery, occurrence, sighting = table_of(Delivery), table_of(Occurrence), table_of(ReadReceipt)
membership, person = table_of(Membership), table_of(Person)

_BEFORE: BindParameter[datetime] = bindparam("before")
_UNDONE_HANDOVERS = delete(handover).where(
    exists().where(incident.c.id == handover.c.incident_id, incident.c.undone_at < _BEFORE)
)
_UNDONE = (
    _UNDONE_HANDOVERS,
    delete(incident).where(incident.c.undone_at < _BEFORE),
    delete(recognition).where(recognition.c.undone_at < _BEFORE),
)
_OLD_DELIVERIES = (
    exists().where(occurrence.c.id == delivery.c.occurrence_id, occurrence.c.due_at < _BEFORE),
    delivery.c.status.not_in([*STOPPABLE, DeliveryStatus.SENDING]),
)
_DELIVERIES = (
    delete(sighting).where(exists().where(delivery.c.id == sighting.c.delivery_id, *_OLD_DELIVERIES)),
    delete(delivery).where(*_OLD_DELIVERIES),
)
_WHO = tuple(
    update(table).where(column < _BEFORE, table.c.person_id.is_not(None)).values(person_id=None)
    for table, column in (
        (recognition, recognition.c.at),
        (incident, incident.c.at),
        (practice, practice.c.at),
        (handover, handover.c.told_at),
    )
)
_RECORDS = (
    delete(handover).where(exists().where(incident.c.id == handover.c.incident_id, incident.c.at < _BEFORE)),
    delete(incident).where(incident.c.at < _BEFORE),
    delete(recognition).where(recognition.c.at < _BEFORE),
    delete(practice).where(practice.c.at < _BEFORE),
)


async def _all(db: AsyncSession, statements: tuple[Delete | Update, ...], before: datetime) -> int:
    return sum([await changed(db, statement, before=before) for statement in statements])


async def delete_drafts(db: AsyncSession, before: datetime) -> int:
    """Texts that were awaited and never came."""
    return await _all(db, (delete(draft).where(draft.c.created_at < _BEFORE),), before)


async def delete_undone(db: AsyncSession, before: datetime) -> int:
    """Records that were taken back before then, with the receipts that hang on them."""
    return await _all(db, _UNDONE, before)


async def delete_deliveries(db: AsyncSession, before: datetime) -> int:
    """What was sent, or not, of occurrences before then, and that it was seen. The occurrences stay, so that none is
    planned again. Returns how many rows went."""
    return await _all(db, _DELIVERIES, before)


async def anonymize_records(db: AsyncSession, before: datetime) -> int:
    """Records older than that keep what was seen, and no longer who saw it."""
    return await _all(db, _WHO, before)


async def delete_records(db: AsyncSession, before: datetime) -> int:
    return await _all(db, _RECORDS, before)


_UNANSWERED = select(membership.c.school_id, membership.c.id).where(
    membership.c.standing != Standing.ACTIVE, membership.c.created_at < _BEFORE
)
_NOWHERE = select(person.c.id).where(
    person.c.created_at < _BEFORE, ~exists().where(membership.c.person_id == person.c.id)
)


async def delete_unanswered_requests(db: AsyncSession, before: datetime) -> int:
    """Wishes to join from before then that nobody said yes to."""
    unanswered = await rows(db, _UNANSWERED, before=before)
    for school_id, membership_id in unanswered:
        await memberships.remove(db, school_id, membership_id)
    return len(unanswered)


async def delete_outsiders(db: AsyncSession, before: datetime) -> int:
    """People first met before then who are at no school any more."""
    outsiders = await rows(db, _NOWHERE, before=before)
    for (person_id,) in outsiders:
        await people.forget(db, person_id)
    return len(outsiders)
