"""Catch-up: a newcomer gets the current message of each kind that declares it (`MessageKind.catch_up`).

What the year wheel has not planned yet reaches the newcomer anyway. While an occurrence is being delivered, the
newcomer is added to it. After a finished one, a new occurrence of the same kind and ref is made, which the same
composer writes; its slot is the hour of joining, never a slot of the year wheel.
"""

from datetime import datetime, time, timedelta

from bot.turn import Db
from pals.weeks import IsoWeek
from pals.yearwheel import Moment, YearWheel, moments
from pals.zone import to_utc, to_wall
from scheduler.message_kind import CatchUp, MessageKinds
from storage import schools, year_wheels
from storage.delivery import deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.memberships import MembershipRow
from storage.tables import OccurrenceStatus

VALID_FOR = timedelta(days=2)


async def catch_up(
    db: Db, kinds: MessageKinds, newcomer: MembershipRow, now: datetime, *, immediate: bool
) -> int:
    """Enqueues the current messages that this person has never got. Returns how many. Idempotent.

    With `immediate` they ignore quiet hours: the newcomer is using the chat.
    """
    school = await schools.by_id(db, newcomer.school_id)
    caught_up = {
        name: kind
        for name, kind in kinds.by_name.items()
        if kind.catch_up and isinstance(kind.audience, Audience) and newcomer.role in kind.audience.roles
    }
    if school is None or not caught_up:
        return 0
    wheel = await year_wheels.of_school(db, school.id, school.version)
    schedules = {name: kind.at for name, kind in caught_up.items() if kind.at is not None}
    first, refs = _current(wheel, now)
    queued = 0
    for moment in moments(wheel, schedules, first, min(now, school.planned_until)):
        if moment.ref in refs and not await deliveries.has_message(
            db, school.id, newcomer.person_id, moment.kind, moment.ref
        ):
            policy = caught_up[moment.kind].catch_up or CatchUp()
            queued += await _queue(db, newcomer, moment, wheel, now, policy, immediate)
    return queued


def _current(wheel: YearWheel, now: datetime) -> tuple[datetime, set[str]]:
    """The start of the span, and the refs of this month and this week; not of a week without a school day left."""
    today = to_wall(now, wheel.zone).date()
    week = IsoWeek.of(today)
    refs = {f"{today:%Y-%m}"}
    if any(day >= today for day in wheel.calendar.in_week(week)):
        refs.add(str(week))
    return to_utc(datetime.combine(min(week.monday, today.replace(day=1)), time.min), wheel.zone), refs


async def _queue(
    db: Db,
    newcomer: MembershipRow,
    moment: Moment,
    wheel: YearWheel,
    now: datetime,
    policy: CatchUp,
    immediate: bool,
) -> int:
    occurrence = await _in_delivery(db, newcomer.school_id, moment)
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
            existing = await occurrences.find(db, newcomer.school_id, moment.kind, moment.ref, slot)
            assert existing is not None  # noqa: S101 - the insert found it
            occurrence = existing.id
    reader = Audience(membership_id=newcomer.id)
    return await deliveries.create_for_audience(
        db, newcomer.school_id, occurrence, reader, now + policy.after, immediate=immediate
    )


async def _in_delivery(db: Db, school_id: int, moment: Moment) -> int | None:
    """The year wheel's occurrence while it is being delivered: added to it, the newcomer gets it once."""
    planned = await occurrences.find(db, school_id, moment.kind, moment.ref, moment.slot)
    if planned is None or planned.status is not OccurrenceStatus.GOING:
        return None
    return planned.id
