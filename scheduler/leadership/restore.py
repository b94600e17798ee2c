"""After a restore: what may have been sent in the time that the database does not remember is held, not sent again.

    moments of that time            -> missed
    what was due or waited in it    -> uncertain, for the leader to decide about
    each school it concerns         -> is told

Doing it twice changes nothing more, so it may be interrupted anywhere. docs/decisions/restore.md says why.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler.message_kind import MessageKinds
from scheduler.plan import plan_due
from storage import schools
from storage.database import Database
from storage.delivery import deliveries, occurrences
from storage.tables import DeliveryStatus, OccurrenceStatus

log = structlog.get_logger("palsbot.restore")

NotifyRestored = Callable[[AsyncSession, int, datetime, datetime], Awaitable[None]]
"""Tells a school's leaders; called with the session, the school, until when, and now."""


async def hold_possibly_sent(
    database: Database, kinds: MessageKinds, until: datetime, now: datetime, tell: NotifyRestored
) -> int:
    """Holds everything up to `until`. Returns how many messages are uncertain now."""
    uncertain = 0
    async with database.reading() as db:
        everywhere = [school.id for school in await schools.to_plan(db)]
    missed = await plan_due(database, kinds, until, hold=True)
    for school_id in everywhere:
        async with database.writing() as db:
            here = await _hold_school(db, school_id, until)
            if here:
                await tell(db, school_id, until, now)
            uncertain += here
    log.warning("restored", action="restore", until=until.isoformat(), uncertain=uncertain, missed=missed)
    return uncertain


async def _hold_school(db: AsyncSession, school_id: int, until: datetime) -> int:
    uncertain = 0
    for one in await occurrences.possibly_sent(db, school_id, until):
        if one.unopened:
            uncertain += await deliveries.create_for_audience(
                db, school_id, one.id, one.readers, one.due_at, status=DeliveryStatus.UNCERTAIN
            )
        await occurrences.set_status(db, school_id, one.id, OccurrenceStatus.HELD)
    return uncertain + await deliveries.mark_uncertain(db, school_id, until)
