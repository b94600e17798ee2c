"""Transactional outbox: a verb enqueues a message (an occurrence and its deliveries) in its own transaction.

The delivery pipeline sends it within a second or two of the commit, like every message of the year wheel.
"""

from datetime import datetime, timedelta

from bot.turn import Actor, Db
from pals.quiet import when_to_send
from scheduler.message_kind import MessageKind
from storage import schools, year_wheels
from storage.delivery import audiences, deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.tables import OccurrenceStatus


async def enqueue(
    db: Db,
    school_id: int,
    kind: MessageKind,
    ref: str,
    audience: Audience | None = None,
    *,
    now: datetime,
    due: datetime | None = None,
    slot: str = "",
    valid_for: timedelta | None = None,
    urgent: bool | None = None,
    joins_digest: bool = False,
) -> tuple[int, int]:
    """Enqueues a message; idempotent by (kind, ref, slot). Returns the occurrence's id and its number of readers.

    `audience`, `valid_for` (how long after `due` it is worth sending) and `urgent` default to the kind's, `due` to
    now. With `joins_digest` it may be merged with other messages at the end of quiet hours. The audience of a message
    that is due later is expanded when it is due, unless it names one reader. Enqueuing again adds only new readers.
    Raises ValueError without an audience.
    """
    if audience is None and isinstance(kind.audience, Audience):
        audience = kind.audience
    if audience is None:
        raise ValueError(f"The message kind {kind.name} was enqueued without an audience.")
    valid_for = valid_for if valid_for is not None else kind.valid_for
    urgent = urgent if urgent is not None else kind.urgent
    due = due or now
    later = due > now and not audience.is_one_reader
    occurrence = await occurrences.insert_once(
        db,
        school_id,
        kind=kind.name,
        ref=ref,
        slot=slot,
        due_at=due,
        too_late_at=due + valid_for,
        status=OccurrenceStatus.PLANNED if later else OccurrenceStatus.CLOSED,
        now=now,
        audience=audience,
        immediate=urgent,
        joins_digest=joins_digest,
    )
    if occurrence is None:
        existing = await occurrences.find(db, school_id, kind.name, ref, slot)
        assert existing is not None  # noqa: S101 - the insert found it
        occurrence, later = existing.id, existing.status is OccurrenceStatus.PLANNED
    if later:
        return occurrence, await audiences.reach(db, school_id, audience)
    created = await deliveries.create_for_audience(
        db, school_id, occurrence, audience, due, immediate=urgent, joins_digest=joins_digest
    )
    return occurrence, created


async def send_time(db: Db, actor: Actor, now: datetime) -> datetime:
    """When a message to many at the actor's school is sent: now, or at the end of the school's quiet hours."""
    school = await schools.by_id(db, actor.school.id)
    quiet = year_wheels.quiet(school.quiet_hours) if school is not None else None
    return when_to_send(now, actor.school.zone, quiet)
