"""Outbox: a verb enqueues a message to others, an occurrence and its deliveries, in the transaction of its own write.

The pipeline delivers it within a second or two of the commit, like every message of the year wheel.
"""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.turn import Actor
from pals.quiet import when_to_send
from scheduler.message_kind import MessageKind
from storage import schools, year_wheels
from storage.delivery import audiences, deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.tables import OccurrenceStatus


async def enqueue(
    db: AsyncSession,
    school_id: int,
    kind: MessageKind,
    ref: str,
    audience: Audience | None = None,
    *,
    now: datetime,
    due: datetime | None = None,
    slot: str = "",
    keeps: timedelta | None = None,
    urgent: bool | None = None,
    joins_digest: bool = False,
) -> tuple[int, int]:
    """Enqueues a message, idempotent by (kind, ref, slot). Returns the occurrence's id and how many readers it has now.

    `audience`, `keeps` (for how long after `due` it is worth sending) and `urgent` are the kind's own unless given; `due`
    is now unless given. What `joins_digest` may be merged with others at the end of quiet hours. A message that is due
    later is for whoever is in the audience then, unless that names one reader. Enqueuing the same again adds only
    readers that are new: one by one, or once it is due. Raises ValueError when neither gives an audience.
    """
    if audience is None and isinstance(kind.audience, Audience):
        audience = kind.audience
    if audience is None:
        raise ValueError(f"The message kind {kind.name} was enqueued without an audience.")
    keeps = keeps if keeps is not None else kind.keeps
    urgent = urgent if urgent is not None else kind.urgent
    due = due or now
    later = due > now and not audience.alone
    occurrence = await occurrences.insert_once(
        db,
        school_id,
        kind=kind.name,
        ref=ref,
        slot=slot,
        due_at=due,
        too_late_at=due + keeps,
        status=OccurrenceStatus.PLANNED if later else OccurrenceStatus.CLOSED,
        now=now,
        audience=audience,
        immediate=urgent,
        joins_digest=joins_digest,
    )
    if occurrence is None:
        there = await occurrences.find(db, school_id, kind.name, ref, slot)
        assert there is not None  # noqa: S101 - it is what stood in the way
        occurrence, later = there.id, there.status is OccurrenceStatus.PLANNED
    if later:
        return occurrence, await audiences.reach(db, school_id, audience)
    made = await deliveries.create_for_audience(
        db, school_id, occurrence, audience, due, immediate=urgent, joins_digest=joins_digest
    )
    return occurrence, made


async def send_time(db: AsyncSession, actor: Actor, now: datetime) -> datetime:
    """When what is put for many at one's school then leaves: at once, or at the end of the school's quiet hours."""
    school = await schools.by_id(db, actor.school.id)
    quiet = year_wheels.quiet(school.quiet_hours) if school is not None else None
    return when_to_send(now, actor.school.zone, quiet)
