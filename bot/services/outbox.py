"""What a verb sends to others: an occurrence of its own and its deliveries, written in the same transaction.

The message goes out within a second or two of the commit, by the same road as everything that the year wheel sends.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.turn import Actor
from pals.quiet import when_to_send
from storage import schools, year_wheels
from storage.delivery import audiences, deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.tables import OccurrenceStatus

VALID_FOR = timedelta(days=7)


class Errand(StrEnum):
    """Messages that somebody's act sends, beside the moments of the year wheel (`pals.yearwheel.Kind`)."""

    ANNOUNCEMENT = "announcement"
    ANNOUNCEMENT_EDIT = "announcement_edit"
    ANNOUNCEMENT_WITHDRAWAL = "announcement_withdrawal"
    JOIN_ASKED = "join_asked"
    JOIN_ANSWERED = "join_answered"
    INCIDENT = "incident"
    HANDOVER = "handover"
    HANDOVER_RECEIVED = "handover_received"
    PROMPT_AGAIN = "prompt_again"
    REFUSED = "refused"
    RESTORED = "restored"
    MISSED = "missed"


async def enqueue(
    db: AsyncSession,
    school_id: int,
    errand: Errand,
    ref: str,
    audience: Audience,
    *,
    now: datetime,
    due: datetime | None = None,
    slot: str = "",
    keeps: timedelta = VALID_FOR,
    urgent: bool = False,
    joins_digest: bool = False,
) -> tuple[int, int]:
    """Queues an errand once for each reader. Returns the occurrence's id and how many readers that reaches just now.

    `due` is when (now, if not given), `keeps` for how long after that it is still worth sending. What is `urgent`
    does not wait for quiet hours; what has `waited` for their end may arrive as one with others. What is due later is
    for whoever is in the audience then, unless that names one reader. Putting the same (errand, ref, slot) again adds
    only readers that are new: one by one, or once it is due.
    """
    due = due or now
    later = due > now and not audience.is_one_reader
    occurrence = await occurrences.insert_once(
        db,
        school_id,
        kind=errand,
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
        there = await occurrences.find(db, school_id, errand, ref, slot)
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
