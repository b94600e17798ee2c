"""Rows that have been kept long enough, over all schools: how long that is, `bot.services.tidying` says."""

from datetime import datetime

from sqlalchemy import BindParameter, Update, bindparam, delete, exists, update
from sqlalchemy.sql.dml import Delete
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.statements import changed
from storage.tables import (
    Delivery,
    DeliveryStatus,
    Draft,
    Handover,
    Incident,
    Occurrence,
    Practice,
    Recognition,
    table_of,
)

recognition, incident, handover = table_of(Recognition), table_of(Incident), table_of(Handover)
practice, draft = table_of(Practice), table_of(Draft)
delivery, occurrence = table_of(Delivery), table_of(Occurrence)

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
        delivery.c.status.not_in([DeliveryStatus.WAITING, DeliveryStatus.CLAIMED]),
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
