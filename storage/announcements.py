"""Announcements (kunngjøring): the rows, and their state transitions by compare-and-set."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Executable, Integer, bindparam, delete, insert, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import changed, columns, read, read_one, value
from storage.tables import Announcement, AnnouncementStatus, table_of

announcement = table_of(Announcement)


class AnnouncementRow(NamedTuple):
    """`status_message` is the message with the progress card, in the author's chat.

    `new_text` is an unconfirmed correction; `correction_number` is that of the correction in force.
    """

    id: int
    school_id: int
    person_id: int | None
    audience: str
    group_id: int | None
    text: str
    new_text: str | None
    correction_number: int
    asks_seen: bool
    status: AnnouncementStatus
    status_message: int | None
    created_at: datetime
    sent_at: datetime | None


_AT_SCHOOL = select(*columns(AnnouncementRow._fields, announcement)).where(
    announcement.c.school_id == bindparam("school_id")
)
_BY_ID = _AT_SCHOOL.where(announcement.c.id == bindparam("announcement_id"))
_VISIBLE_TO, _SINCE = (
    bindparam("visible_to", type_=Integer),
    bindparam("since", type_=announcement.c.created_at.type),
)
_LATEST = (
    _AT_SCHOOL.where(
        or_(
            _VISIBLE_TO.is_(None),
            announcement.c.person_id == _VISIBLE_TO,
            announcement.c.status != AnnouncementStatus.WRITTEN,
        ),
        or_(_SINCE.is_(None), announcement.c.created_at >= _SINCE),
    )
    .order_by(announcement.c.created_at.desc(), announcement.c.id.desc())
    .limit(bindparam("most"))
)
_CREATE = (
    insert(announcement)
    .values(correction_number=0, asks_seen=False, status=AnnouncementStatus.WRITTEN)
    .returning(announcement.c.id)
)
_UPDATE = update(announcement).where(
    announcement.c.id == bindparam("this"), announcement.c.school_id == bindparam("school")
)
_UNSENT_OF_AUTHOR = (
    announcement.c.id == bindparam("this"),
    announcement.c.school_id == bindparam("school"),
    announcement.c.person_id == bindparam("author"),
    announcement.c.status == AnnouncementStatus.WRITTEN,
)
_UPDATE_UNSENT = update(announcement).where(*_UNSENT_OF_AUTHOR)
_DELETE_UNSENT = delete(announcement).where(*_UNSENT_OF_AUTHOR)
_UPDATE_IN_STATUSES = _UPDATE.where(announcement.c.status.in_(bindparam("statuses", expanding=True)))
_CORRECT = _UPDATE.where(announcement.c.new_text == bindparam("written")).values(
    text=announcement.c.new_text, new_text=None, correction_number=announcement.c.correction_number + 1
)
_NEXT_CORRECTION_NUMBER = _UPDATE.values(correction_number=announcement.c.correction_number + 1)


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
    """Creates an unsent announcement. Returns its id."""
    author = {"school_id": school_id, "person_id": person_id, "created_at": now}
    return int(await value(db, _CREATE, **author, audience=audience, group_id=group_id, text=text))


async def by_id(db: AsyncSession, school_id: int, announcement_id: int) -> AnnouncementRow | None:
    return await read_one(db, AnnouncementRow, _BY_ID, school_id=school_id, announcement_id=announcement_id)


async def latest(
    db: AsyncSession,
    school_id: int,
    most: int = 10,
    *,
    visible_to: int | None = None,
    since: datetime | None = None,
) -> list[AnnouncementRow]:
    """Newest first. `visible_to` leaves out the unsent announcements of all other persons."""
    return await read(
        db, AnnouncementRow, _LATEST, school_id=school_id, most=most, visible_to=visible_to, since=since
    )


async def update_unsent(
    db: AsyncSession, school_id: int, announcement_id: int, author: int, **columns: object
) -> bool:
    """Updates the author's unsent announcement; False when it is another person's, or no longer unsent."""
    return await _change(db, _UPDATE_UNSENT, school_id, announcement_id, author=author, **columns)


async def delete_unsent(db: AsyncSession, school_id: int, announcement_id: int, author: int) -> bool:
    """Deletes the author's unsent announcement; False as `update_unsent`."""
    return await _change(db, _DELETE_UNSENT, school_id, announcement_id, author=author)


async def set_status(
    db: AsyncSession,
    school_id: int,
    announcement_id: int,
    before: AnnouncementStatus | frozenset[AnnouncementStatus],
    status: AnnouncementStatus,
    **columns: datetime,
) -> bool:
    """State transition by compare-and-set; False when the status was not (one of) `before`, as after another tap."""
    statuses = list(before) if isinstance(before, frozenset) else [before]
    return await _change(
        db, _UPDATE_IN_STATUSES, school_id, announcement_id, statuses=statuses, status=status, **columns
    )


async def set_status_message(db: AsyncSession, school_id: int, announcement_id: int, message_id: int) -> bool:
    return await _change(db, _UPDATE, school_id, announcement_id, status_message=message_id)


async def write_correction(
    db: AsyncSession,
    school_id: int,
    announcement_id: int,
    new_text: str | None,
    statuses: Collection[AnnouncementStatus],
) -> bool:
    """Stores an unconfirmed correction, or drops it (None); False when the status is none of `statuses`."""
    return await _change(
        db, _UPDATE_IN_STATUSES, school_id, announcement_id, statuses=list(statuses), new_text=new_text
    )


async def correct(db: AsyncSession, school_id: int, announcement_id: int, written: str) -> bool:
    """Confirms the correction by compare-and-set; False when the unconfirmed text was not `written`."""
    return await _change(db, _CORRECT, school_id, announcement_id, written=written)


async def next_correction_number(db: AsyncSession, school_id: int, announcement_id: int) -> bool:
    """Supersedes all corrections made so far."""
    return await _change(db, _NEXT_CORRECTION_NUMBER, school_id, announcement_id)


async def _change(
    db: AsyncSession, statement: Executable, school_id: int, announcement_id: int, **values: object
) -> bool:
    return await changed(db, statement, this=announcement_id, school=school_id, **values) == 1
