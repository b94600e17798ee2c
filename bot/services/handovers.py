"""Handovers: notify the head of a possible violation, acknowledge it, and the receipts of both."""

from dataclasses import dataclass
from datetime import datetime

from bot.errors import Gone, existing
from bot.i18n import N_
from bot.services import outbox
from bot.turn import Actor, Db, SchoolRef
from pals.roles import May
from pals.zone import to_wall
from scheduler.message_kind import MessageKind
from storage import audits, handovers, incidents, memberships
from storage.delivery.audiences import LEADERS, Audience
from storage.handovers import HandoverRow
from storage.tables import Texts

HANDOVER = MessageKind("handover", called=N_("the word to the head"), audience=LEADERS, urgent=True)
HANDOVER_RECEIVED = MessageKind("handover_received", called=N_("the head's receipt"), urgent=True)


@dataclass(frozen=True, slots=True)
class Receipt:
    """When the head was notified and when a leader acknowledged it, in the school's wall time."""

    told: datetime
    received: datetime | None
    by_adult: bool


@dataclass(frozen=True, slots=True)
class HandoverNotice:
    """What a leader learns: when and where it was, and the name of the adult to call. No pupil and no story."""

    id: int
    told: datetime
    by_adult: bool
    at: datetime
    area: Texts
    group: str | None
    teller: str | None


async def receipt(db: Db, school: SchoolRef, handover_id: int) -> Receipt | None:
    row = await handovers.by_id(db, school.id, handover_id)
    return _receipt(row, school) if row is not None else None


async def receipt_of_incident(db: Db, school: SchoolRef, incident_id: int) -> Receipt | None:
    """None while the head has not been notified of the incident."""
    row = await handovers.of_incident(db, school.id, incident_id)
    return _receipt(row, school) if row is not None else None


def _receipt(row: HandoverRow, school: SchoolRef) -> Receipt:
    received = to_wall(row.received_at, school.zone) if row.received_at is not None else None
    return Receipt(to_wall(row.told_at, school.zone), received, row.by_adult)


async def notice(db: Db, school: SchoolRef, handover_id: int) -> HandoverNotice | None:
    row = await handovers.by_id(db, school.id, handover_id)
    incident = await incidents.by_id(db, school.id, row.incident_id) if row is not None else None
    if row is None or incident is None:
        return None
    return HandoverNotice(
        row.id,
        to_wall(row.told_at, school.zone),
        row.by_adult,
        to_wall(incident.at, school.zone),
        incident.area,
        incident.group,
        await memberships.name_of(db, school.id, row.person_id) if row.person_id is not None else None,
    )


async def tell(db: Db, actor: Actor, incident_id: int, now: datetime, *, by_adult: bool) -> Receipt:
    """Marks the actor's own incident and notifies the leaders at once, through quiet hours. Idempotent.

    Raises NotAllowed, and Gone for an undone incident and for any other.
    """
    actor.must(May.HANDOVER)
    school = actor.school
    if not await incidents.change(db, school.id, incident_id, actor.person_id, possible_offence=True):
        raise Gone
    handover_id = await handovers.add(db, school.id, incident_id, actor.person_id, now, by_adult=by_adult)
    if handover_id is not None:
        await outbox.enqueue(db, school.id, HANDOVER, str(handover_id), now=now)
        await audits.record(db, school.id, actor.person_id, now, "handover", ref=str(handover_id))
    return existing(await receipt_of_incident(db, school, incident_id))


async def receive(db: Db, actor: Actor, handover_id: int, now: datetime) -> Receipt:
    """Acknowledges a handover and sends its teller the receipt. Idempotent: the first acknowledgement counts.

    Raises NotAllowed, and Gone for a handover that is not the school's.
    """
    actor.must(May.RECEIVE_HANDOVER)
    school = actor.school
    first = await handovers.receive(db, school.id, handover_id, now)
    row = existing(await handovers.by_id(db, school.id, handover_id))
    if first:
        await audits.record(db, school.id, actor.person_id, now, "handover_received", ref=str(handover_id))
        if row.person_id is not None:
            teller = Audience(person_id=row.person_id)
            await outbox.enqueue(db, school.id, HANDOVER_RECEIVED, str(handover_id), teller, now=now)
    return _receipt(row, school)
