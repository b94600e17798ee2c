"""Kunngjøring: what a leader writes to many, and how far it has come."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.statements import changed, row, rows, value
from storage.tables import Announcement, AnnouncementStatus, table_of

announcement = table_of(Announcement)


class AnnouncementRow(NamedTuple):
    """`status_message` is the message in the leader's chat that shows the progress."""

    id: int
    school_id: int
    person_id: int | None
    audience: str
    group_id: int | None
    text: str
    status: AnnouncementStatus
    status_message: int | None
    created_at: datetime
    sent_at: datetime | None


_AT_SCHOOL = select(*(announcement.c[name] for name in AnnouncementRow._fields)).where(
    announcement.c.school_id == bindparam("school_id")
)
_ONE = _AT_SCHOOL.where(announcement.c.id == bindparam("announcement_id"))
_LATEST = _AT_SCHOOL.order_by(announcement.c.created_at.desc(), announcement.c.id.desc()).limit(
    bindparam("most")
)
_CREATE = insert(announcement).returning(announcement.c.id)
_THIS = update(announcement).where(
    announcement.c.id == bindparam("this"), announcement.c.school_id == bindparam("school")
)
_MOVE = _THIS.where(announcement.c.status == bindparam("was"))


async def create(
    db: AsyncSession,
    school_id: int,
    person_id: int,
    audience: str,
    text: str,
    *,
    now: datetime,
    group_id: int | None = None,
) -> int:
    """The id of a new announcement, written and not sent."""
    created: int = await value(
        db,
        _CREATE,
        school_id=school_id,
        person_id=person_id,
        audience=audience,
        group_id=group_id,
        text=text,
        status=AnnouncementStatus.WRITTEN,
        created_at=now,
    )
    return created


async def one(db: AsyncSession, school_id: int, announcement_id: int) -> AnnouncementRow | None:
    found = await row(db, _ONE, school_id=school_id, announcement_id=announcement_id)
    return AnnouncementRow._make(found) if found else None


async def latest(db: AsyncSession, school_id: int, most: int = 10) -> list[AnnouncementRow]:
    """The newest first."""
    found = await rows(db, _LATEST, school_id=school_id, most=most)
    return [AnnouncementRow._make(each) for each in found]


async def set_status(
    db: AsyncSession,
    school_id: int,
    announcement_id: int,
    was: AnnouncementStatus,
    status: AnnouncementStatus,
    *,
    sent_at: datetime | None = None,
) -> bool:
    """From one status to the next; False when it was no longer `was`, so that only one of two taps sends."""
    more = {} if sent_at is None else {"sent_at": sent_at}
    moved = await changed(db, _MOVE, this=announcement_id, school=school_id, was=was, status=status, **more)
    return moved == 1


async def set_status_message(db: AsyncSession, school_id: int, announcement_id: int, message_id: int) -> bool:
    return await changed(db, _THIS, this=announcement_id, school=school_id, status_message=message_id) == 1
