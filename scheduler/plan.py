"""Plan: every moment of the year wheel that fell due since the watermark becomes one occurrence and its deliveries.

    (planned until, now] -> moments -> an occurrence each, idempotent -> one delivery for each reader

Planning is idempotent: an occurrence has a unique key, so replicas may plan at once. It stores its audience, so a
reader who joins during delivery gets it too (`expand`). What is past its deadline is marked missed and shown to the
leader; it is never sent.
"""

from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.yearwheel import Moment, moments
from scheduler.message_kind import MessageKinds
from storage import schools, year_wheels
from storage.database import Database
from storage.delivery import deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.tables import OccurrenceStatus

log = structlog.get_logger("palsbot.plan")

WATERMARK_AGE = timedelta(hours=1)
"""A school without anything due writes its watermark this often, not at every tick."""


async def plan_due(database: Database, kinds: MessageKinds, now: datetime, *, hold: bool = False) -> int:
    """Plans all schools up to now. Returns how many occurrences were new.

    With `hold` they count as missed: after a restore they may have been sent before.
    """
    schedules = kinds.schedules
    async with database.reading() as db:
        due = [
            (school, wheel, found)
            for school in await schools.to_plan(db)
            if (wheel := await year_wheels.of_school(db, school.id, school.version))
            and (
                (found := moments(wheel, schedules, school.planned_until, now))
                or now - school.planned_until > WATERMARK_AGE
            )
        ]
    new = 0
    for school, wheel, found in due:
        async with database.writing() as db:
            for moment in found:
                audience = kinds.by_name[moment.kind].readers(moment, wheel)
                missed = hold or now > moment.too_late
                new += await _plan_moment(db, school.id, moment, audience, now, missed)
            await schools.planned(db, school.id, now)
    return new


async def _plan_moment(
    db: AsyncSession, school_id: int, moment: Moment, audience: Audience, now: datetime, missed: bool
) -> bool:
    """Whether it was new."""
    occurrence = await occurrences.insert_once(
        db,
        school_id,
        kind=moment.kind,
        ref=moment.ref,
        slot=moment.slot,
        due_at=moment.due,
        too_late_at=moment.too_late,
        status=OccurrenceStatus.MISSED if missed else OccurrenceStatus.GOING,
        now=now,
        audience=audience,
    )
    if occurrence is None:
        return False
    made = (
        0 if missed else await deliveries.create_for_audience(db, school_id, occurrence, audience, moment.due)
    )
    log.info(
        "planned",
        action="plan",
        kind=moment.kind,
        ref=moment.ref,
        slot=moment.slot,
        readers=made,
        missed=missed,
    )
    return True
