"""Troubles: what of a school's messages may not have arrived, or was too late to be sent.

uncertain   nobody knows whether it arrived
forgotten   a moment in a time that the database does not remember: it may have been sent
missed      it was too late, for some of its readers or for all
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.delivery.audiences import Audience
from storage.execute import changed, row, rows
from storage.tables import Delivery, DeliveryStatus, Occurrence, OccurrenceStatus, table_of

delivery, occurrence = table_of(Delivery), table_of(Occurrence)
whole = delivery.alias("whole")


class ProblemRow(NamedTuple):
    """An occurrence, and how many of its deliveries stand where. One without any was missed or forgotten whole."""

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
    def never_opened(self) -> bool:
        """Nobody has a delivery of it: it was marked as missed when it was planned."""
        return self.status is OccurrenceStatus.MISSED and not self.planned

    @property
    def lost(self) -> bool:
        """It was in time when it was planned, and marked as missed all the same: that is what a restore does."""
        return self.never_opened and self.planned_at <= self.too_late_at

    @property
    def readers(self) -> Audience | None:
        """Whom it is for; None where that was not kept, and so nobody new can be found."""
        return Audience.from_json(self.audience) if self.audience is not None else None


_NOW = bindparam("now", type_=occurrence.c.due_at.type)
_SINCE = bindparam("since", type_=occurrence.c.due_at.type)
_TOO_LATE = or_(
    delivery.c.status == DeliveryStatus.MISSED,
    and_(
        delivery.c.status == DeliveryStatus.WAITING, occurrence.c.too_late_at < _NOW
    ),  # nobody has looked yet
)
_UNCERTAIN = and_(
    delivery.c.status == DeliveryStatus.UNCERTAIN,
    delivery.c.person_id.is_not(None),
    delivery.c.membership_id.is_not(None),
)


PROBLEM_STATUSES = (DeliveryStatus.UNCERTAIN, DeliveryStatus.MISSED, DeliveryStatus.WAITING)


def _how_many(that: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((that, 1), else_=0)), 0)


_OF_SCHOOL = (
    select(
        *(occurrence.c[name] for name in ProblemRow._fields[:-3]),
        select(func.count()).where(whole.c.occurrence_id == occurrence.c.id).scalar_subquery(),
        _how_many(_UNCERTAIN),
        _how_many(_TOO_LATE),
    )
    .select_from(
        occurrence.outerjoin(
            delivery,
            # Nearly all are sent, and not looked at any further: this is read for a leader's home.
            and_(delivery.c.occurrence_id == occurrence.c.id, delivery.c.status.in_(PROBLEM_STATUSES)),
        )
    )
    .where(
        occurrence.c.school_id == bindparam("school_id"),
        occurrence.c.due_at >= _SINCE,
        occurrence.c.kind.not_in(bindparam("but", expanding=True)),
    )
    .group_by(occurrence.c.id)
    .having(
        or_(
            occurrence.c.status == OccurrenceStatus.MISSED,
            _how_many(_UNCERTAIN) > 0,
            _how_many(_TOO_LATE) > 0,
        )
    )
    .order_by(occurrence.c.due_at, occurrence.c.id)
)
_JUST_MISSED = (
    select(occurrence.c.school_id)
    .distinct()
    .where(
        occurrence.c.kind.not_in(bindparam("but", expanding=True)),
        or_(
            and_(occurrence.c.status == OccurrenceStatus.MISSED, occurrence.c.planned_at > _SINCE),
            and_(
                occurrence.c.too_late_at > _SINCE,
                occurrence.c.too_late_at <= _NOW,
                or_(
                    occurrence.c.status == OccurrenceStatus.MISSED,
                    # Asked of the few whose time has just run out: it reads all deliveries of each.
                    exists().where(delivery.c.occurrence_id == occurrence.c.id, _TOO_LATE),
                ),
            ),
        ),
    )
)
_LAST_TOLD = (
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
        occurrence.c.id == bindparam("this"),
        occurrence.c.status == OccurrenceStatus.MISSED,
    )
    .values(status=OccurrenceStatus.CLOSED, too_late_at=bindparam("until"))
)


async def of_school(
    db: AsyncSession, school_id: int, since: datetime, now: datetime, but: Collection[str]
) -> list[ProblemRow]:
    """What was due since then at a school and is uncertain, forgotten or missed, oldest first; not those kinds."""
    found = await rows(db, _OF_SCHOOL, school_id=school_id, since=since, now=now, but=list(but))
    return [ProblemRow._make(each) for each in found]


async def just_missed(db: AsyncSession, since: datetime, now: datetime, but: Collection[str]) -> list[int]:
    """The schools where something has become too late since then; not of those kinds."""
    return sorted(found[0] for found in await rows(db, _JUST_MISSED, since=since, now=now, but=list(but)))


async def last_notice(db: AsyncSession, school_id: int, kind: str, before: datetime) -> datetime | None:
    """When the last letter of this kind before then was due at a school."""
    found = await row(db, _LAST_TOLD, school_id=school_id, kind=kind, before=before)
    return found[0] if found else None


async def reopen(db: AsyncSession, school_id: int, occurrence_id: int, until: datetime) -> bool:
    """What was missed may be sent until then after all; False when it was not missed, or somebody has done it."""
    return await changed(db, _REOPEN, school=school_id, this=occurrence_id, until=until) == 1
