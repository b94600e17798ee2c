"""Upcoming messages of the demo's school, the outcomes of past ones, and the targets of the fast-forward buttons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.handlers.button_rows import capital
from bot.handlers.focus import FOCUS_FAMILY_TIME
from bot.i18n import language
from bot.services.practice import PROMPT_TIME
from pals.yearwheel import Moment, YearWheel, moments
from pals.zone import to_utc, to_wall
from scheduler.fast_forward import upcoming_moments
from scheduler.message_kind import MessageKind, MessageKinds
from storage.delivery import audiences, occurrences
from storage.delivery.audiences import FAMILIES, LEADERS, STAFF, TEAM
from storage.execute import rows
from storage.tables import SETTLED, STOPPABLE, Delivery, DeliveryStatus, Occurrence, table_of

ROLES_OF = {"staff": STAFF.roles, "families": FAMILIES.roles, "team": TEAM.roles, "leaders": LEADERS.roles}
MORNING = time(7)
YEAR = timedelta(days=400)
delivery, occurrence = table_of(Delivery), table_of(Occurrence)

_WAITING = (
    select(occurrence.c.kind, func.min(delivery.c.due_at), func.count())
    .join(delivery, delivery.c.occurrence_id == occurrence.c.id)
    .where(delivery.c.school_id == bindparam("school_id"), delivery.c.status == DeliveryStatus.WAITING)
    .group_by(occurrence.c.id, occurrence.c.kind)
)
_IN_FLIGHT = (*STOPPABLE, DeliveryStatus.SENDING)
_FAILED = set(SETTLED) - {DeliveryStatus.SENT, DeliveryStatus.CANCELLED}
_OUTCOMES = (
    select(
        occurrence.c.id,
        occurrence.c.kind,
        func.count().filter(delivery.c.status == DeliveryStatus.SENT),
        func.count().filter(delivery.c.status.in_(_IN_FLIGHT)),
        func.count().filter(delivery.c.status.in_(_FAILED)),
    )
    .join(delivery, delivery.c.occurrence_id == occurrence.c.id)
    .where(
        occurrence.c.school_id == bindparam("school_id"),
        occurrence.c.id.in_(bindparam("these", expanding=True)),
    )
    .group_by(occurrence.c.id)
    .order_by(occurrence.c.due_at, occurrence.c.id)
)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """An upcoming message: when it is due, its kind, and the size of its audience now."""

    at: datetime
    kind: str
    readers: int


async def next_due(
    db: AsyncSession, school_id: int, kinds: MessageKinds, wheel: YearWheel, now: datetime, count: int
) -> list[Due]:
    """The next `count` messages: moments of the year wheel, and occurrences and deliveries already planned."""
    found = [Due(max(at, now), kind, n) for kind, at, n in await rows(db, _WAITING, school_id=school_id)]
    for planned in await occurrences.upcoming(db, school_id):
        reach = await audiences.reach(db, school_id, planned.readers)
        found.append(Due(max(planned.due_at, now), planned.kind, reach))
    for moment in await upcoming_moments(db, kinds, now, count):
        reach = await audiences.reach(db, school_id, kinds.by_name[moment.kind].readers(moment, wheel))
        found.append(Due(moment.due, moment.kind, reach))
    return sorted(found)[:count]


def described(kinds: MessageKinds, wheel: YearWheel, now: datetime) -> dict[str, dict[str, str]]:
    """The name of each message kind in the page's two languages, and its audience."""
    return {
        name: {
            "en": capital(kind.called),
            "nb": capital(language("nb").t(kind.called).unescape()),
            "to": _to(kind, wheel, now),
        }
        for name, kind in kinds.by_name.items()
        if kind.called
    }


def _to(kind: MessageKind, wheel: YearWheel, now: datetime) -> str:
    if kind.audience is None:
        return "readers"
    roles = kind.readers(Moment(now, kind.name, "", "", now), wheel).roles
    return next((to for to, whom in ROLES_OF.items() if roles == whom), "readers")


async def outcomes_of(
    db: AsyncSession, school_id: int, occurrence_ids: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """The kind of each occurrence and its deliveries so far by outcome, in order of due time.

    Cancelled deliveries are not counted.
    """
    return {
        number: {"kind": kind, "sent": sent, "waiting": waiting, "failed": failed}
        for number, kind, sent, waiting, failed in await rows(
            db, _OUTCOMES, school_id=school_id, these=list(occurrence_ids)
        )
    }


def jumps(wheel: YearWheel, now: datetime) -> dict[str, datetime]:
    """The targets of the fast-forward buttons; one that the school's calendar does not reach is left out."""
    today = to_wall(now, wheel.zone).date()
    this_month = (today.year, today.month)
    later = wheel.calendar.school_days(today, date.max)
    next_month = next((day for day in later if (day.year, day.month) != this_month), None)
    found: dict[str, datetime | None] = {
        "day": _wall(wheel, wheel.calendar.next_school_day(today), MORNING),
        "week": next((m.due for m in moments(wheel, {"prompt": PROMPT_TIME}, now, now + YEAR)), None),
        "month": _wall(wheel, next_month, FOCUS_FAMILY_TIME.at(wheel)),
    }
    return {to: at for to, at in found.items() if at is not None}


def _wall(wheel: YearWheel, day: date | None, at: time) -> datetime | None:
    return None if day is None else to_utc(datetime.combine(day, at), wheel.zone).astimezone(UTC)
