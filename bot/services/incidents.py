"""Incidents are recorded, completed, corrected and undone, by the adult who was there."""

from collections.abc import Awaitable
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, TooLate
from bot.i18n import N_
from bot.services import outbox
from bot.turn import Actor
from pals.behaviour import TOLD_TO_LEADER, Behaviour, Measure, Reason
from pals.roles import UNDO_WINDOW, May
from pals.zone import to_wall
from scheduler.message_kind import MessageKind
from storage import audits, groups, incidents, matrix
from storage.delivery.audiences import LEADERS
from storage.incidents import IncidentRow

INCIDENT = MessageKind("incident", called=N_("the notice of an incident"), audience=LEADERS)
GRACE = timedelta(minutes=2)  # to undo a slip of the thumb before a leader is told


async def record(
    db: AsyncSession, actor: Actor, behaviour: Behaviour, area_id: int, now: datetime, *, key: str
) -> IncidentRow:
    """Saves what happened, here and now, with the actor's group if they have one. Idempotent by the idempotency key.

    What goes to the leader (`pals.behaviour.TOLD_TO_LEADER`) is told after two minutes, unless it is undone.
    Raises NotAllowed, and Gone for an area that is not the school's.
    """
    actor.must(May.LOG)
    school = actor.school
    if await matrix.area(db, school.id, area_id) is None:
        raise Gone
    mine = await groups.of_membership(db, school.id, actor.membership_id)
    new = await incidents.add(
        db,
        school.id,
        behaviour=behaviour,
        area_id=area_id,
        person_id=actor.person_id,
        at=now,
        day=to_wall(now, school.zone).date(),
        idempotency_key=key,
        group_id=mine[0].id if len(mine) == 1 else None,
    )
    if new is not None:
        await audits.record(db, school.id, actor.person_id, now, "incident", ref=str(new))
        if behaviour in TOLD_TO_LEADER:
            await outbox.enqueue(db, school.id, INCIDENT, str(new), now=now, due=now + GRACE)
    row = await incidents.by_key(db, school.id, key)
    if row is None or row.undone_at is not None:
        raise Gone
    return row


async def change_group(
    db: AsyncSession, actor: Actor, incident_id: int, group_id: int | None, now: datetime
) -> IncidentRow:
    """Another group, or none. Raises Gone for a group that is not the school's."""
    actor.must(May.LOG)
    school = actor.school.id
    if group_id is not None and await groups.by_id(db, school, group_id) is None:
        raise Gone
    done = incidents.set_group(db, school, incident_id, actor.person_id, group_id)
    return await _changed(db, actor, incident_id, done, now)


async def change_time(
    db: AsyncSession, actor: Actor, incident_id: int, minutes_ago: int, now: datetime
) -> IncidentRow:
    """So many minutes before now, at most a week. Raises Gone for a time that lies ahead."""
    actor.must(May.LOG)
    if not 0 <= minutes_ago <= 7 * 24 * 60:
        raise Gone
    at = now - timedelta(minutes=minutes_ago)
    day = to_wall(at, actor.school.zone).date()
    done = incidents.set_time(db, actor.school.id, incident_id, actor.person_id, at=at, day=day)
    return await _changed(db, actor, incident_id, done, now)


async def change_measure(
    db: AsyncSession, actor: Actor, incident_id: int, measure: Measure | None, now: datetime
) -> IncidentRow:
    actor.must(May.LOG)
    done = incidents.set_measure(db, actor.school.id, incident_id, actor.person_id, measure)
    return await _changed(db, actor, incident_id, done, now)


async def change_reason(
    db: AsyncSession, actor: Actor, incident_id: int, reason: Reason | None, now: datetime
) -> IncidentRow:
    actor.must(May.LOG)
    done = incidents.set_reason(db, actor.school.id, incident_id, actor.person_id, reason)
    return await _changed(db, actor, incident_id, done, now)


async def _changed(
    db: AsyncSession, actor: Actor, incident_id: int, done: Awaitable[bool], now: datetime
) -> IncidentRow:
    """One's own incident after a change. Raises Gone for one that is not one's own."""
    changed = await done
    row = await incidents.by_id(db, actor.school.id, incident_id)
    if not changed or row is None:
        raise Gone
    await audits.record(db, actor.school.id, actor.person_id, now, "incident_changed", ref=str(incident_id))
    return row


async def undo(db: AsyncSession, actor: Actor, incident_id: int, now: datetime) -> None:
    """Takes back one's own, within a day. Raises TooLate otherwise, and for what is somebody else's."""
    actor.must(May.UNDO_OWN)
    school = actor.school.id
    if not await incidents.undo(db, school, incident_id, actor.person_id, now=now, since=now - UNDO_WINDOW):
        raise TooLate
    await audits.record(db, school, actor.person_id, now, "incident_undone", ref=str(incident_id))
