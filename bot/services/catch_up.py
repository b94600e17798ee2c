"""Catch-up: a newcomer gets the current message of each kind that declares it (`MessageKind.catch_up`).

What the year wheel has not planned yet reaches the newcomer anyway. While an occurrence is being delivered, the
newcomer is added to it. After a finished one, a new occurrence of the same kind and ref is made, which the same
composer writes; its slot is the hour of joining, never a slot of the year wheel.
"""

from datetime import datetime, time, timedelta

from bot.services import outbox
from bot.turn import Db
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel, moments
from pals.zone import to_utc, to_wall
from scheduler.message_kind import MessageKinds
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
        name: (kind, kind.catch_up)
        for name, kind in kinds.by_name.items()
        if kind.catch_up is not None
        and isinstance(kind.audience, Audience)
        and newcomer.role in kind.audience.roles
    }
    if school is None or not caught_up:
        return 0
    wheel = await year_wheels.of_school(db, school.id, school.version)
    schedules = {name: kind.at for name, (kind, _) in caught_up.items() if kind.at is not None}
    first, refs = _current(wheel, now)
    reader, slot = Audience(membership_id=newcomer.id), to_wall(now, wheel.zone).isoformat(timespec="hours")
    queued = 0
    for moment in moments(wheel, schedules, first, min(now, school.planned_until)):
        name, ref = moment.kind, moment.ref
        if ref not in refs or await deliveries.has_message(db, school.id, newcomer.person_id, name, ref):
            continue
        kind, delay = caught_up[name]
        due = now + delay
        planned = await occurrences.find(db, school.id, name, ref, moment.slot)
        if planned is not None and planned.status is OccurrenceStatus.GOING:
            queued += await deliveries.create_for_audience(
                db, school.id, planned.id, reader, due, immediate=immediate
            )
        else:
            _, created = await outbox.enqueue(
                db,
                school.id,
                kind,
                ref,
                reader,
                now=now,
                due=due,
                slot=slot,
                valid_for=VALID_FOR,
                urgent=immediate,
            )
            queued += created
    return queued


def _current(wheel: YearWheel, now: datetime) -> tuple[datetime, set[str]]:
    """The start of the span, and the refs of this month and this week; not of a week without a school day left."""
    today = to_wall(now, wheel.zone).date()
    week = IsoWeek.of(today)
    refs = {f"{today:%Y-%m}"}
    if any(day >= today for day in wheel.calendar.in_week(week)):
        refs.add(str(week))
    return to_utc(datetime.combine(min(week.monday, today.replace(day=1)), time.min), wheel.zone), refs
