"""Whoever joins in the middle of a month gets its focus at once, and an adult the week's practice too.

What the year wheel has not sent yet, it will send by itself, to the newcomer as well; to what it is sending just now
the newcomer is added. What it has sent is sent once more as an occurrence of the same kind and ref, so that the same
conversation writes the words, with the hour of joining as its slot, so that it is never taken for the wheel's own.
"""

from datetime import datetime, time, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import STAFF_ROLES, Role
from pals.weeks import IsoWeek
from pals.yearwheel import Kind, Moment, YearWheel, moments
from pals.zone import to_utc, to_wall
from storage import schools, year_wheels
from storage.delivery import deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.memberships import MembershipRow
from storage.tables import OccurrenceStatus

VALID_FOR = timedelta(days=2)
CLASSES_FIRST = timedelta(seconds=20)
"""How long the week's practice waits, so that a newcomer has chosen their classes before it speaks of them."""


async def catch_up(db: AsyncSession, newcomer: MembershipRow, now: datetime, *, immediate: bool) -> int:
    """Queues what the newcomer has missed and never got. Returns how many messages that are.

    With `asked` they do not wait for quiet hours: the newcomer is here just now.
    """
    school = await schools.by_id(db, newcomer.school_id)
    kinds = _kinds(newcomer.role)
    if school is None or not kinds:
        return 0
    wheel = await year_wheels.of_school(db, school.id)
    queued = 0
    for moment in _current(wheel, now, min(now, school.planned_until)):
        if moment.kind in kinds and not await deliveries.has_message(
            db, school.id, newcomer.person_id, moment.kind, moment.ref
        ):
            queued += await _queue(db, newcomer, moment, wheel, now, immediate)
    return queued


def _kinds(role: Role) -> frozenset[Kind]:
    if role in STAFF_ROLES:
        return frozenset({Kind.FOCUS_STAFF, Kind.PROMPT})
    return frozenset({Kind.FOCUS_FAMILY}) if role is Role.FAMILY else frozenset()


def _current(wheel: YearWheel, now: datetime, until: datetime) -> list[Moment]:
    """What this month and this week have brought so far; nothing of a week that has no school day left."""
    today = to_wall(now, wheel.zone).date()
    week = IsoWeek.of(today)
    refs = {f"{today:%Y-%m}"}
    if any(day >= today for day in wheel.calendar.in_week(week)):
        refs.add(str(week))
    first = to_utc(datetime.combine(min(week.monday, today.replace(day=1)), time.min), wheel.zone)
    return [moment for moment in moments(wheel, first, until) if moment.ref in refs]


async def _queue(
    db: AsyncSession,
    newcomer: MembershipRow,
    moment: Moment,
    wheel: YearWheel,
    now: datetime,
    immediate: bool,
) -> int:
    occurrence = await _still_going(db, newcomer.school_id, moment)
    if occurrence is None:
        slot = to_wall(now, wheel.zone).isoformat(timespec="hours")
        occurrence = await occurrences.insert_once(
            db,
            newcomer.school_id,
            kind=moment.kind,
            ref=moment.ref,
            slot=slot,
            due_at=now,
            too_late_at=now + VALID_FOR,
            status=OccurrenceStatus.CLOSED,
            now=now,
        )
        if occurrence is None:
            there = await occurrences.find(db, newcomer.school_id, moment.kind, moment.ref, slot)
            assert there is not None  # noqa: S101 - it is what stood in the way
            occurrence = there.id
    due = now + CLASSES_FIRST if moment.kind is Kind.PROMPT else now
    return await deliveries.create_for_audience(
        db, newcomer.school_id, occurrence, Audience(membership_id=newcomer.id), due, immediate=immediate
    )


async def _still_going(db: AsyncSession, school_id: int, moment: Moment) -> int | None:
    """The wheel's own occurrence while it goes out: it would reach the newcomer by itself, and so only once."""
    wheels_own = await occurrences.find(db, school_id, moment.kind, moment.ref, moment.slot)
    if wheels_own is None or wheels_own.status is not OccurrenceStatus.GOING:
        return None
    return wheels_own.id
