"""Delivery problems: a school's messages that may not have arrived, or missed their deadline.

uncertain   the response was lost, or a worker crashed: whether it arrived cannot be known
forgotten   lost in a restore: a moment that the database does not remember, so it may have been sent
missed      past its deadline, for some of its readers or for all
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.delivery.audiences import Audience
from storage.execute import changed, columns, read, row, rows
from storage.tables import Delivery, DeliveryStatus, Occurrence, OccurrenceStatus, table_of

delivery, occurrence = table_of(Delivery), table_of(Occurrence)
all_deliveries = delivery.alias("all_deliveries")


class ProblemRow(NamedTuple):
    """An occurrence with its delivery counts. One without any deliveries was missed or forgotten as a whole."""

    id: int
    kind: str
    ref: str
    due_at: datetime
    too_late_at: datetime
    planned_at: datetime
    status: OccurrenceStatus
    audience: dict[str, Any] | None
    planned: int
    uncertain: int
    missed: int

    @property
    def was_never_expanded(self) -> bool:
        """Missed without any delivery: it was past its deadline, or held, when it was planned."""
        return self.status is OccurrenceStatus.MISSED and not self.planned

    @property
    def lost(self) -> bool:
        """Marked as missed though it was planned in time: that is what holding after a restore does."""
        return self.was_never_expanded and self.planned_at <= self.too_late_at

    @property
    def readers(self) -> Audience | None:
        """Its audience; None where none was stored."""
        return Audience.from_json(self.audience) if self.audience is not None else None


_NOW = bindparam("now", type_=occurrence.c.due_at.type)
_SINCE = bindparam("since", type_=occurrence.c.due_at.type)
_TOO_LATE = or_(
    delivery.c.status == DeliveryStatus.MISSED,
    and_(delivery.c.status == DeliveryStatus.WAITING, occurrence.c.too_late_at < _NOW),  # not yet marked
)
_UNCERTAIN = and_(
    delivery.c.status == DeliveryStatus.UNCERTAIN,
    delivery.c.person_id.is_not(None),
    delivery.c.membership_id.is_not(None),
)
_PLANNED = select(func.count()).where(all_deliveries.c.occurrence_id == occurrence.c.id).scalar_subquery()
_UNCERTAIN_COUNT, _TOO_LATE_COUNT = func.count().filter(_UNCERTAIN), func.count().filter(_TOO_LATE)
PROBLEM_STATUSES = (DeliveryStatus.UNCERTAIN, DeliveryStatus.MISSED, DeliveryStatus.WAITING)
_OF_SCHOOL = (
    select(
        *columns(
            ProblemRow._fields,
            occurrence,
            planned=_PLANNED,
            uncertain=_UNCERTAIN_COUNT,
            missed=_TOO_LATE_COUNT,
        )
    )
    .select_from(
        occurrence.outerjoin(
            delivery,
            # Most deliveries are sent and are skipped: this runs for every leader's home card.
            and_(delivery.c.occurrence_id == occurrence.c.id, delivery.c.status.in_(PROBLEM_STATUSES)),
        )
    )
    .where(
        occurrence.c.school_id == bindparam("school_id"),
        occurrence.c.due_at >= _SINCE,
        occurrence.c.kind.not_in(bindparam("except_kinds", expanding=True)),
    )
    .group_by(occurrence.c.id)
    .having(or_(occurrence.c.status == OccurrenceStatus.MISSED, _UNCERTAIN_COUNT > 0, _TOO_LATE_COUNT > 0))
    .order_by(occurrence.c.due_at, occurrence.c.id)
)
_JUST_MISSED = (
    select(occurrence.c.school_id)
    .distinct()
    .where(
        occurrence.c.kind.not_in(bindparam("except_kinds", expanding=True)),
        or_(
            and_(occurrence.c.status == OccurrenceStatus.MISSED, occurrence.c.planned_at > _SINCE),
            and_(
                occurrence.c.too_late_at > _SINCE,
                occurrence.c.too_late_at <= _NOW,
                or_(
                    occurrence.c.status == OccurrenceStatus.MISSED,
                    # Expensive (reads all deliveries of an occurrence): only where the deadline just passed.
                    exists().where(delivery.c.occurrence_id == occurrence.c.id, _TOO_LATE),
                ),
            ),
        ),
    )
)
_LAST_NOTICE = (
    select(occurrence.c.due_at)
    .where(
        occurrence.c.school_id == bindparam("school_id"),
        occurrence.c.kind == bindparam("kind"),
        occurrence.c.due_at < bindparam("before", type_=occurrence.c.due_at.type),
    )
    .order_by(occurrence.c.due_at.desc())
    .limit(1)
)
_REOPEN = (
    update(occurrence)
    .where(
        occurrence.c.school_id == bindparam("school"),
        occurrence.c.id == bindparam("occurrence"),
        occurrence.c.status == OccurrenceStatus.MISSED,
    )
    .values(status=OccurrenceStatus.CLOSED, too_late_at=bindparam("until"))
)


async def of_school(
    db: AsyncSession, school_id: int, since: datetime, now: datetime, except_kinds: Collection[str]
) -> list[ProblemRow]:
    """A school's uncertain, forgotten or missed occurrences due since then, oldest first, without some kinds."""
    return await read(
        db, ProblemRow, _OF_SCHOOL, school_id=school_id, since=since, now=now, except_kinds=list(except_kinds)
    )


async def just_missed(
    db: AsyncSession, since: datetime, now: datetime, except_kinds: Collection[str]
) -> list[int]:
    """The schools where something has missed its deadline since then, without some kinds."""
    found = await rows(db, _JUST_MISSED, since=since, now=now, except_kinds=list(except_kinds))
    return sorted(school_id for (school_id,) in map(tuple, found))


async def last_notice(db: AsyncSession, school_id: int, kind: str, before: datetime) -> datetime | None:
    """When a school's last notice of this kind before `before` was due."""
    found = await row(db, _LAST_NOTICE, school_id=school_id, kind=kind, before=before)
    return found[0] if found else None


async def reopen(db: AsyncSession, school_id: int, occurrence_id: int, until: datetime) -> bool:
    """Reopens a missed occurrence until `until`; False when it is not missed, or was reopened already."""
    return await changed(db, _REOPEN, school=school_id, occurrence=occurrence_id, until=until) == 1
