"""What is due now: every moment of the year wheel since the last look becomes one occurrence and its deliveries.

    (planned until, now] -> moments -> an occurrence each, once -> one delivery for each reader

Any number of replicas may plan at once: the row of the occurrence decides who made it. It keeps its audience, so that
whoever joins while it goes out gets it too (`opening`). What is later than it may be is marked missed and shown to
the leader; it is never sent.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import STAFF_ROLES, Role
from pals.yearwheel import Kind, Moment, YearWheel, moments
from storage import schools, year_wheels
from storage.database import Database
from storage.delivery import deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.schools import PlanRow
from storage.tables import OccurrenceStatus

log = structlog.get_logger("palsbot.plan")

STAFF = Audience(STAFF_ROLES)
TEAM = Audience(frozenset({Role.LEADER, Role.TEAM}))
TEAM_AND_ADVISORS = Audience(frozenset({Role.LEADER, Role.TEAM, Role.ADVISOR}))
FAMILIES = Audience(frozenset({Role.FAMILY}))

READERS: Mapping[Kind, Audience] = {
    Kind.PROMPT: STAFF,
    Kind.COVERAGE: TEAM,
    Kind.FOCUS_STAFF: STAFF,
    Kind.FOCUS_FAMILY: FAMILIES,
    Kind.MEETING_DAY_BEFORE: TEAM,
    Kind.MEETING_SOON: TEAM,
    Kind.CAMPAIGN_NOTICE: STAFF,
    Kind.CAMPAIGN_START: STAFF,
    Kind.CAMPAIGN_FAMILY: FAMILIES,
}
WATERMARK_AGE = timedelta(hours=1)  # a quiet school's row is written this often, not at every tick


class YearWheelCache:
    """The year wheels of all schools, read again when a school's file has changed it."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, YearWheel]] = {}

    async def of(self, db: AsyncSession, school: PlanRow) -> YearWheel:
        version, wheel = self._known.get(school.id, (0, None))
        if wheel is None or version != school.version:
            wheel = await year_wheels.of_school(db, school.id)
            self._known[school.id] = (school.version, wheel)
        return wheel


def audience_of(moment: Moment, wheel: YearWheel) -> Audience:
    """Who a moment is for."""
    if moment.kind is Kind.REMINDER:
        return Audience(STAFF_ROLES, unanswered=moment.ref)
    if moment.kind in (Kind.MEETING_DAY_BEFORE, Kind.MEETING_SOON):
        municipal = any(r.key == moment.ref and r.kind == "municipal" for r in wheel.rhythms)
        return TEAM_AND_ADVISORS if municipal else TEAM
    return READERS[moment.kind]


async def plan_due(database: Database, known: YearWheelCache, now: datetime, *, hold: bool = False) -> int:
    """Plans all schools up to now. Returns how many occurrences were new.

    With `hold` they count as missed: they may have been sent in a time that the database does not remember.
    """
    async with database.reading() as db:
        due = [
            (school, found)
            for school in await schools.to_plan(db)
            if (found := moments(await known.of(db, school), school.planned_until, now))
            or now - school.planned_until > WATERMARK_AGE
        ]
    return sum([await _plan_school(database, known, school, found, now, hold) for school, found in due])


async def _plan_school(
    database: Database, known: YearWheelCache, school: PlanRow, found: list[Moment], now: datetime, hold: bool
) -> int:
    new = 0
    async with database.writing() as db:
        wheel = await known.of(db, school)
        for moment in found:
            new += await _plan_moment(db, school.id, wheel, moment, now, hold)
        await schools.planned(db, school.id, now)
    return new


async def _plan_moment(
    db: AsyncSession, school_id: int, wheel: YearWheel, moment: Moment, now: datetime, hold: bool
) -> int:
    missed = hold or now > moment.too_late
    audience = audience_of(moment, wheel)
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
        return 0
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
    return 1
