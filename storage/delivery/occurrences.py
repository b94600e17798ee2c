"""Occurrences: the due moments of a school, each planned once.

planned, with its audience -> going: its deliveries are made when it is due, and again for whoever joins -> closed
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.delivery.audiences import Audience
from storage.execute import Upsert, changed, row, rows, value
from storage.tables import Occurrence, OccurrenceStatus, table_of

occurrence = table_of(Occurrence)


class OccurrenceRow(NamedTuple):
    id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    too_late_at: datetime
    status: OccurrenceStatus
    audience: dict[str, Any] | None
    immediate: bool
    refusal: str | None


class ExpandableRow(NamedTuple):
    """An occurrence whose deliveries are to be made, or made again for whoever is new."""

    id: int
    school_id: int
    kind: str
    due_at: datetime
    too_late_at: datetime
    audience: dict[str, Any]
    immediate: bool
    joins_digest: bool
    status: OccurrenceStatus

    @property
    def unopened(self) -> bool:
        return self.status is OccurrenceStatus.PLANNED

    @property
    def readers(self) -> Audience:
        return Audience.from_json(self.audience)


_PLAN = Upsert(
    lambda insert: (
        insert(occurrence)
        .on_conflict_do_nothing(index_elements=["school_id", "kind", "ref", "slot"])
        .returning(occurrence.c.id)
    )
)
_AT_SCHOOL = select(*(occurrence.c[name] for name in OccurrenceRow._fields)).where(
    occurrence.c.school_id == bindparam("school_id")
)
_FIND = _AT_SCHOOL.where(
    occurrence.c.kind == bindparam("kind"),
    occurrence.c.ref == bindparam("ref"),
    occurrence.c.slot == bindparam("slot"),
)
_OPENING = (
    select(*(occurrence.c[name] for name in ExpandableRow._fields))
    .where(occurrence.c.audience.is_not(None))
    .order_by(occurrence.c.due_at, occurrence.c.id)
)
_TO_OPEN = _OPENING.where(
    occurrence.c.status == OccurrenceStatus.PLANNED, occurrence.c.due_at <= bindparam("now")
)
_TO_OPEN_NEXT = _TO_OPEN.limit(1).with_for_update(skip_locked=True)
_GOING = _OPENING.where(occurrence.c.status == OccurrenceStatus.GOING).with_for_update(skip_locked=True)
_GOING_OF = _GOING.where(occurrence.c.id.in_(bindparam("these", expanding=True)))
_UNSURE = _OPENING.where(
    occurrence.c.school_id == bindparam("school"),
    occurrence.c.status.in_([OccurrenceStatus.PLANNED, OccurrenceStatus.GOING]),
    occurrence.c.due_at <= bindparam("until"),
).with_for_update()
_THIS = update(occurrence).where(
    occurrence.c.school_id == bindparam("school"), occurrence.c.id == bindparam("this")
)
_CALL_OFF = _THIS.where(occurrence.c.status == OccurrenceStatus.PLANNED).values(
    status=OccurrenceStatus.CLOSED
)
_TO_COME = _OPENING.where(
    occurrence.c.school_id == bindparam("school"), occurrence.c.status == OccurrenceStatus.PLANNED
)
_EXTEND = _THIS.where(occurrence.c.too_late_at < bindparam("until")).values(too_late_at=bindparam("until"))
_NEXT_TO_OPEN = select(func.min(occurrence.c.due_at)).where(
    occurrence.c.status == OccurrenceStatus.PLANNED, occurrence.c.audience.is_not(None)
)
_ONE = _AT_SCHOOL.where(occurrence.c.id == bindparam("this"))


async def insert_once(
    db: AsyncSession,
    school_id: int,
    *,
    kind: str,
    ref: str,
    slot: str,
    due_at: datetime,
    too_late_at: datetime,
    status: OccurrenceStatus,
    now: datetime,
    audience: Audience | None = None,
    immediate: bool = False,
    joins_digest: bool = False,
) -> int | None:
    """The new occurrence's id, or None when this (kind, ref, slot) stands there already.

    With an `audience` its deliveries are made when it is due; without one, somebody else makes them.
    """
    new: int | None = await value(
        db,
        _PLAN,
        school_id=school_id,
        kind=kind,
        ref=ref,
        slot=slot,
        due_at=due_at,
        too_late_at=too_late_at,
        status=status,
        planned_at=now,
        audience=audience.to_json() if audience is not None else None,
        immediate=immediate,
        joins_digest=joins_digest,
    )
    return new


async def find(db: AsyncSession, school_id: int, kind: str, ref: str, slot: str) -> OccurrenceRow | None:
    found = await row(db, _FIND, school_id=school_id, kind=kind, ref=ref, slot=slot)
    return OccurrenceRow._make(found) if found else None


async def by_id(db: AsyncSession, school_id: int, occurrence_id: int) -> OccurrenceRow | None:
    found = await row(db, _ONE, school_id=school_id, this=occurrence_id)
    return OccurrenceRow._make(found) if found else None


async def next_to_expand(db: AsyncSession, now: datetime) -> ExpandableRow | None:
    """The first occurrence that is due and has no deliveries yet, for this transaction alone."""
    found = await row(db, _TO_OPEN_NEXT, now=now)
    return ExpandableRow._make(found) if found else None


async def any_to_expand(db: AsyncSession, now: datetime) -> bool:
    return bool(await rows(db, _TO_OPEN.limit(1), now=now))


async def open_for_readers(db: AsyncSession, only: Collection[int] | None = None) -> list[ExpandableRow]:
    """The occurrences, of every school, that go out just now and to which readers may still be added."""
    found = await rows(db, _GOING) if only is None else await rows(db, _GOING_OF, these=sorted(only))
    return [ExpandableRow._make(each) for each in found]


async def possibly_sent(db: AsyncSession, school_id: int, until: datetime) -> list[ExpandableRow]:
    """What of a school was due by then and not closed."""
    return [ExpandableRow._make(found) for found in await rows(db, _UNSURE, school=school_id, until=until)]


async def next_expansion_due(db: AsyncSession) -> datetime | None:
    """When the first occurrence of any school whose deliveries are not made yet is due."""
    first: datetime | None = await value(db, _NEXT_TO_OPEN)
    return first


async def set_status(
    db: AsyncSession,
    school_id: int,
    occurrence_id: int,
    status: OccurrenceStatus,
    *,
    refusal: str | None = None,
) -> None:
    """`refusal` is Telegram's, when it has refused the text."""
    more = {} if refusal is None else {"refusal": refusal[:200]}
    await changed(db, _THIS, school=school_id, this=occurrence_id, status=status, **more)


async def cancel_planned(db: AsyncSession, school_id: int, occurrence_id: int) -> bool:
    """Closes it before it has any deliveries; False when it was opened already."""
    return await changed(db, _CALL_OFF, school=school_id, this=occurrence_id) == 1


async def upcoming(db: AsyncSession, school_id: int) -> list[ExpandableRow]:
    """What of a school is not due yet, or not opened, by when it is due."""
    return [ExpandableRow._make(found) for found in await rows(db, _TO_COME, school=school_id)]


async def extend_deadline(db: AsyncSession, school_id: int, occurrence_id: int, until: datetime) -> None:
    """It is still worth sending until then, or longer."""
    await changed(db, _EXTEND, school=school_id, this=occurrence_id, until=until)
