"""Rows that have been kept long enough, over all schools: how long that is, `bot.services.tidying` says."""

from datetime import datetime

from sqlalchemy import BindParameter, Update, bindparam, delete, exists, select, update
from sqlalchemy.sql.dml import Delete
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import memberships, people
from storage.statements import changed, rows
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
    Recognition,
    Standing,
    table_of,
)

recognition, incident, handover = table_of(Recognition), table_of(Incident), table_of(Handover)
practice, draft = table_of(Practice), table_of(Draft)
delivery, occurrence = table_of(Delivery), table_of(Occurrence)
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
_DELIVERIES = (
    delete(delivery).where(
        exists().where(occurrence.c.id == delivery.c.occurrence_id, occurrence.c.due_at < _BEFORE),
        delivery.c.status.not_in([*STOPPABLE, DeliveryStatus.SENDING]),
    ),
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


async def drop_drafts(db: AsyncSession, before: datetime) -> int:
    """Texts that were awaited and never came."""
    return await _all(db, (delete(draft).where(draft.c.created_at < _BEFORE),), before)


async def drop_undone(db: AsyncSession, before: datetime) -> int:
    """Records that were taken back before then, with the receipts that hang on them."""
    return await _all(db, _UNDONE, before)


async def drop_deliveries(db: AsyncSession, before: datetime) -> int:
    """What was sent, or not, of occurrences before then. The occurrences stay, so that none is planned again."""
    return await _all(db, _DELIVERIES, before)


async def forget_who(db: AsyncSession, before: datetime) -> int:
    """Records older than that keep what was seen, and no longer who saw it."""
    return await _all(db, _WHO, before)


async def drop_records(db: AsyncSession, before: datetime) -> int:
    return await _all(db, _RECORDS, before)


_UNANSWERED = select(membership.c.school_id, membership.c.id).where(
    membership.c.standing != Standing.ACTIVE, membership.c.created_at < _BEFORE
)
_NOWHERE = select(person.c.id).where(
    person.c.created_at < _BEFORE, ~exists().where(membership.c.person_id == person.c.id)
)


async def drop_unanswered(db: AsyncSession, before: datetime) -> int:
    """Wishes to join from before then that nobody said yes to."""
    unanswered = await rows(db, _UNANSWERED, before=before)
    for school_id, membership_id in unanswered:
        await memberships.remove(db, school_id, membership_id)
    return len(unanswered)


async def forget_outsiders(db: AsyncSession, before: datetime) -> int:
    """People first met before then who are at no school any more."""
    outsiders = await rows(db, _NOWHERE, before=before)
    for (person_id,) in outsiders:
        await people.forget(db, person_id)
    return len(outsiders)
