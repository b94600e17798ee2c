"""Incidents: record (idempotent), correct, undo (within the undo window); the leaders' notice; the facts to show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Unpack

from bot.errors import Gone, TooLate
from bot.i18n import N_
from bot.services import outbox
from bot.turn import Actor, Db, SchoolRef
from pals.behaviour import TOLD_TO_LEADER, Behaviour, Measure, Reason
from pals.roles import UNDO_WINDOW, May
from pals.zone import to_wall
from scheduler.message_kind import MessageKind
from storage import audits, groups, incidents, matrix
from storage.delivery.audiences import LEADERS
from storage.incidents import IncidentChanges, IncidentRow
from storage.tables import Texts

INCIDENT = MessageKind("incident", called=N_("the notice of an incident"), audience=LEADERS)
GRACE = timedelta(minutes=2)
"""The leaders are notified after this delay, so that a slip of the thumb can be undone first."""
A_WEEK = 7 * 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """An incident as people read it: codes and names; `at` is the school's wall time."""

    id: int
    behaviour: Behaviour
    area: Texts
    group: str | None
    at: datetime
    measure: Measure | None
    reason: Reason | None

    @property
    def told_to_leader(self) -> bool:
        return self.behaviour in TOLD_TO_LEADER


async def facts(db: Db, school: SchoolRef, incident_id: int) -> IncidentFacts | None:
    """An incident of the school; None when it was undone."""
    row = await incidents.by_id(db, school.id, incident_id)
    return _facts(row, school) if row is not None and row.undone_at is None else None


async def own_facts(db: Db, actor: Actor, incident_id: int) -> IncidentFacts:
    """The actor's own incident. Raises Gone for an undone one and for any other."""
    row = await incidents.by_id(db, actor.school.id, incident_id)
    if row is None or row.person_id != actor.person_id or row.undone_at is not None:
        raise Gone
    return _facts(row, actor.school)


def _facts(row: IncidentRow, school: SchoolRef) -> IncidentFacts:
    return IncidentFacts(
        row.id,
        row.behaviour,
        row.area,
        row.group,
        to_wall(row.at, school.zone),
        Measure(row.measure) if row.measure else None,
        Reason(row.reason) if row.reason else None,
    )


async def record(
    db: Db, actor: Actor, behaviour: Behaviour, area_id: int, now: datetime, *, key: str
) -> IncidentFacts:
    """Records an incident at the time `now`, for the actor's group if they have exactly one.

    Idempotent: the same idempotency key returns the row that was recorded with it. Behaviour in `TOLD_TO_LEADER`
    notifies the leaders after two minutes, unless it is undone. Raises NotAllowed, and Gone for an area that is not
    the school's, and for an undone row's key.
    """
    actor.must(May.LOG)
    school = actor.school
    if await matrix.area(db, school.id, area_id) is None:
        raise Gone
    own = await groups.of_membership(db, school.id, actor.membership_id)
    incident_id = await incidents.add(
        db,
        school.id,
        behaviour=behaviour,
        area_id=area_id,
        person_id=actor.person_id,
        at=now,
        day=to_wall(now, school.zone).date(),
        idempotency_key=key,
        group_id=own[0].id if len(own) == 1 else None,
    )
    if incident_id is not None:
        await audits.record(db, school.id, actor.person_id, now, "incident", ref=str(incident_id))
        if behaviour in TOLD_TO_LEADER:
            await outbox.enqueue(db, school.id, INCIDENT, str(incident_id), now=now, due=now + GRACE)
    row = await incidents.by_key(db, school.id, key)
    if row is None or row.undone_at is not None:
        raise Gone
    return _facts(row, school)


async def change_group(
    db: Db, actor: Actor, incident_id: int, group_id: int | None, now: datetime
) -> IncidentFacts:
    """Sets the group, or none. Raises as `change`, and Gone for a group that is not the school's."""
    if group_id is not None and await groups.by_id(db, actor.school.id, group_id) is None:
        raise Gone
    return await change(db, actor, incident_id, now, group_id=group_id)


async def change_time(
    db: Db, actor: Actor, incident_id: int, minutes_ago: int, now: datetime
) -> IncidentFacts:
    """Sets the time, at most a week before `now`. Raises as `change`, and Gone for any other time."""
    if not 0 <= minutes_ago <= A_WEEK:
        raise Gone
    at = now - timedelta(minutes=minutes_ago)
    return await change(db, actor, incident_id, now, at=at, day=to_wall(at, actor.school.zone).date())


async def change(
    db: Db, actor: Actor, incident_id: int, now: datetime, **columns: Unpack[IncidentChanges]
) -> IncidentFacts:
    """Updates the actor's own incident. Raises NotAllowed, and Gone for an undone one and for any other."""
    actor.must(May.LOG)
    school = actor.school
    changed = await incidents.change(db, school.id, incident_id, actor.person_id, **columns)
    row = await incidents.by_id(db, school.id, incident_id)
    if not changed or row is None:
        raise Gone
    await audits.record(db, school.id, actor.person_id, now, "incident_changed", ref=str(incident_id))
    return _facts(row, school)


async def undo(db: Db, actor: Actor, incident_id: int, now: datetime) -> None:
    """Undoes the actor's own incident within the undo window. Raises NotAllowed, and TooLate for any other."""
    actor.must(May.UNDO_OWN)
    school_id = actor.school.id
    if not await incidents.undo(
        db, school_id, incident_id, actor.person_id, now=now, since=now - UNDO_WINDOW
    ):
        raise TooLate
    await audits.record(db, school_id, actor.person_id, now, "incident_undone", ref=str(incident_id))
