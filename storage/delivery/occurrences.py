"""Occurrences: the due moments of a school. A unique key (school, kind, ref, slot) makes planning idempotent.

planned (audience stored) -> due: expanded into deliveries, going -> new readers are added meanwhile -> closed
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.delivery.audiences import Audience
from storage.execute import changed, columns, insert_new, read, read_one, rows, value_or_none
from storage.tables import Occurrence, OccurrenceStatus, table_of

occurrence = table_of(Occurrence)


class OccurrenceRow(NamedTuple):
    """`refusal` is Telegram's error, when it refused the text."""

    id: int
    school_id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    too_late_at: datetime
    status: OccurrenceStatus
    audience: dict[str, Any] | None
    immediate: bool
    joins_digest: bool
    refusal: str | None

    @property
    def is_unexpanded(self) -> bool:
        return self.status is OccurrenceStatus.PLANNED

    @property
    def readers(self) -> Audience:
        """Raises ValueError when its audience is not stored: the caller created its deliveries."""
        if self.audience is None:
            raise ValueError(f"Occurrence {self.id} has no audience.")
        return Audience.from_json(self.audience)


_INSERT_ONCE = insert_new(occurrence, "school_id", "kind", "ref", "slot")
_ALL = select(*columns(OccurrenceRow._fields, occurrence))
_AT_SCHOOL = _ALL.where(occurrence.c.school_id == bindparam("school_id"))
_FIND = _AT_SCHOOL.where(
    occurrence.c.kind == bindparam("kind"),
    occurrence.c.ref == bindparam("ref"),
    occurrence.c.slot == bindparam("slot"),
)
_EXPANDABLE = _ALL.where(occurrence.c.audience.is_not(None)).order_by(occurrence.c.due_at, occurrence.c.id)
_DUE = _EXPANDABLE.where(
    occurrence.c.status == OccurrenceStatus.PLANNED, occurrence.c.due_at <= bindparam("now")
)
_NEXT_TO_EXPAND = _DUE.limit(1).with_for_update(skip_locked=True)
_GOING = _EXPANDABLE.where(occurrence.c.status == OccurrenceStatus.GOING).with_for_update(skip_locked=True)
_GOING_AMONG = _GOING.where(occurrence.c.id.in_(bindparam("ids", expanding=True)))
_POSSIBLY_SENT = _EXPANDABLE.where(
    occurrence.c.school_id == bindparam("school"),
    occurrence.c.status.in_([OccurrenceStatus.PLANNED, OccurrenceStatus.GOING]),
    occurrence.c.due_at <= bindparam("until"),
).with_for_update()
_UPDATE = update(occurrence).where(
    occurrence.c.school_id == bindparam("school"), occurrence.c.id == bindparam("occurrence")
)
_CANCEL_PLANNED = _UPDATE.where(occurrence.c.status == OccurrenceStatus.PLANNED).values(
    status=OccurrenceStatus.CLOSED
)
_UPCOMING = _EXPANDABLE.where(
    occurrence.c.school_id == bindparam("school"), occurrence.c.status == OccurrenceStatus.PLANNED
)
_EXTEND_DEADLINE = _UPDATE.where(occurrence.c.too_late_at < bindparam("until")).values(
    too_late_at=bindparam("until")
)
_NEXT_DUE = select(func.min(occurrence.c.due_at)).where(
    occurrence.c.status == OccurrenceStatus.PLANNED, occurrence.c.audience.is_not(None)
)
_BY_ID = _AT_SCHOOL.where(occurrence.c.id == bindparam("occurrence"))


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
    """Inserts an occurrence and returns its id; None when this (kind, ref, slot) exists already.

    With an `audience` it is expanded into deliveries when it is due; without one, the caller creates them.
    """
    return await value_or_none(
        db,
        _INSERT_ONCE,
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


async def find(db: AsyncSession, school_id: int, kind: str, ref: str, slot: str) -> OccurrenceRow | None:
    return await read_one(db, OccurrenceRow, _FIND, school_id=school_id, kind=kind, ref=ref, slot=slot)


async def by_id(db: AsyncSession, school_id: int, occurrence_id: int) -> OccurrenceRow | None:
    return await read_one(db, OccurrenceRow, _BY_ID, school_id=school_id, occurrence=occurrence_id)


async def next_to_expand(db: AsyncSession, now: datetime) -> OccurrenceRow | None:
    """The first due occurrence without deliveries, locked; those that another transaction has locked are skipped."""
    return await read_one(db, OccurrenceRow, _NEXT_TO_EXPAND, now=now)


async def any_to_expand(db: AsyncSession, now: datetime) -> bool:
    return bool(await rows(db, _DUE.limit(1), now=now))


async def open_for_readers(db: AsyncSession, only: Collection[int] | None = None) -> list[OccurrenceRow]:
    """The occurrences going out now, at every school, to which new readers may still be added; locked."""
    if only is None:
        return await read(db, OccurrenceRow, _GOING)
    return await read(db, OccurrenceRow, _GOING_AMONG, ids=sorted(only))


async def possibly_sent(db: AsyncSession, school_id: int, until: datetime) -> list[OccurrenceRow]:
    """A school's occurrences due by `until` and not closed; locked."""
    return await read(db, OccurrenceRow, _POSSIBLY_SENT, school=school_id, until=until)


async def next_expansion_due(db: AsyncSession) -> datetime | None:
    """When the next unexpanded occurrence of any school is due."""
    return await value_or_none(db, _NEXT_DUE)


async def set_status(
    db: AsyncSession,
    school_id: int,
    occurrence_id: int,
    status: OccurrenceStatus,
    *,
    refusal: str | None = None,
) -> None:
    """Sets the status; `refusal` is Telegram's error, when it refused the text."""
    more = {} if refusal is None else {"refusal": refusal[:200]}
    await changed(db, _UPDATE, school=school_id, occurrence=occurrence_id, status=status, **more)


async def cancel_planned(db: AsyncSession, school_id: int, occurrence_id: int) -> bool:
    """Closes an occurrence before it has deliveries; False when it was expanded already."""
    return await changed(db, _CANCEL_PLANNED, school=school_id, occurrence=occurrence_id) == 1


async def upcoming(db: AsyncSession, school_id: int) -> list[OccurrenceRow]:
    """A school's unexpanded occurrences, by due time."""
    return await read(db, OccurrenceRow, _UPCOMING, school=school_id)


async def extend_deadline(db: AsyncSession, school_id: int, occurrence_id: int, until: datetime) -> None:
    """Moves the deadline to `until`, never to an earlier time."""
    await changed(db, _EXTEND_DEADLINE, school=school_id, occurrence=occurrence_id, until=until)
