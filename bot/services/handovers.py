"""A possible violation is told to the head, and the head says that it has been received."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone
from bot.i18n import N_
from bot.services import outbox
from bot.turn import Actor
from pals.roles import May
from scheduler.message_kind import MessageKind
from storage import audits, handovers, incidents
from storage.delivery.audiences import LEADERS, Audience
from storage.handovers import HandoverRow

HANDOVER = MessageKind("handover", called=N_("the word to the head"), audience=LEADERS, urgent=True)
HANDOVER_RECEIVED = MessageKind("handover_received", called=N_("the head's receipt"), urgent=True)


async def tell(db: AsyncSession, actor: Actor, incident_id: int, now: datetime, *, by_adult: bool) -> None:
    """Marks one's own incident and tells the leaders at once, quiet hours or not. Telling again changes nothing.

    Raises NotAllowed, and Gone for an incident that is not one's own.
    """
    actor.must(May.HANDOVER)
    school = actor.school.id
    if not await incidents.set_possible_offence(db, school, incident_id, actor.person_id, True):
        raise Gone
    new = await handovers.add(db, school, incident_id, actor.person_id, now, by_adult=by_adult)
    if new is None:
        return
    await outbox.enqueue(db, school, HANDOVER, str(new), now=now)
    await audits.record(db, school, actor.person_id, now, "handover", ref=str(new))


async def receive(db: AsyncSession, actor: Actor, handover_id: int, now: datetime) -> HandoverRow:
    """The receipt. The first leader's counts; whoever told hears of it. Raises NotAllowed, or Gone."""
    actor.must(May.RECEIVE_HANDOVER)
    school = actor.school.id
    first = await handovers.receive(db, school, handover_id, now)
    row = await handovers.by_id(db, school, handover_id)
    if row is None:
        raise Gone
    if first:
        await audits.record(db, school, actor.person_id, now, "handover_received", ref=str(handover_id))
        if row.person_id is not None:
            teller = Audience(person_id=row.person_id)
            await outbox.enqueue(db, school, HANDOVER_RECEIVED, str(handover_id), teller, now=now)
    return row
