"""Kunngjøring: what a leader writes to many, and writes anew."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, delete, insert, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import changed, row, rows, value
from storage.tables import Announcement, AnnouncementStatus, table_of

announcement = table_of(Announcement)


class AnnouncementRow(NamedTuple):
    """`status_message` is the message in the leader's chat that shows the progress.

    `new_text` is a correction that is written and not confirmed; `revision` the number of the one that goes on.
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


_AT_SCHOOL = select(*(announcement.c[name] for name in AnnouncementRow._fields)).where(
    announcement.c.school_id == bindparam("school_id")
)
_ONE = _AT_SCHOOL.where(announcement.c.id == bindparam("announcement_id"))
_SEEN_BY, _SINCE = (
    bindparam("seen_by", type_=Integer),
    bindparam("since", type_=announcement.c.created_at.type),
)
_LATEST = (
    _AT_SCHOOL.where(
        or_(
            _SEEN_BY.is_(None),
            announcement.c.person_id == _SEEN_BY,
            announcement.c.status != AnnouncementStatus.WRITTEN,
        ),
        or_(_SINCE.is_(None), announcement.c.created_at >= _SINCE),
    )
    .order_by(announcement.c.created_at.desc(), announcement.c.id.desc())
    .limit(bindparam("most"))
)
_CREATE = insert(announcement).returning(announcement.c.id)
_THIS = update(announcement).where(
    announcement.c.id == bindparam("this"), announcement.c.school_id == bindparam("school")
)
_MOVE = _THIS.where(announcement.c.status == bindparam("was"))
_OWN_WRITTEN = (
    announcement.c.id == bindparam("this"),
    announcement.c.school_id == bindparam("school"),
    announcement.c.person_id == bindparam("owner"),
    announcement.c.status == AnnouncementStatus.WRITTEN,
)
_REWRITE = update(announcement).where(*_OWN_WRITTEN)
_DROP = delete(announcement).where(*_OWN_WRITTEN)
_OPEN = _THIS.where(announcement.c.status.in_(bindparam("open", expanding=True)))
_CORRECT = _THIS.where(announcement.c.new_text == bindparam("written")).values(
    text=announcement.c.new_text, new_text=None, correction_number=announcement.c.correction_number + 1
)
_REVISE = _THIS.values(correction_number=announcement.c.correction_number + 1)


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
        correction_number=0,
        asks_seen=False,
        status=AnnouncementStatus.WRITTEN,
        created_at=now,
    )
    return created


async def by_id(db: AsyncSession, school_id: int, announcement_id: int) -> AnnouncementRow | None:
    found = await row(db, _ONE, school_id=school_id, announcement_id=announcement_id)
    return AnnouncementRow._make(found) if found else None


async def latest(
    db: AsyncSession,
    school_id: int,
    most: int = 10,
    *,
    seen_by: int | None = None,
    since: datetime | None = None,
) -> list[AnnouncementRow]:
    """The newest first. What `seen_by` sees leaves out what others have written and not sent."""
    found = await rows(db, _LATEST, school_id=school_id, most=most, seen_by=seen_by, since=since)
    return [AnnouncementRow._make(each) for each in found]


async def rewrite(db: AsyncSession, school_id: int, announcement_id: int, owner: int, text: str) -> bool:
    """A new text for what this person has written; False when it is not theirs, or no longer unsent."""
    return await changed(db, _REWRITE, this=announcement_id, school=school_id, owner=owner, text=text) == 1


async def readdress(
    db: AsyncSession, school_id: int, announcement_id: int, owner: int, audience: str, group_id: int | None
) -> bool:
    """Other readers for what this person has written; False as in `rewrite`."""
    return (
        await changed(
            db,
            _REWRITE,
            this=announcement_id,
            school=school_id,
            owner=owner,
            audience=audience,
            group_id=group_id,
        )
        == 1
    )


async def ask_seen(db: AsyncSession, school_id: int, announcement_id: int, owner: int, asks: bool) -> bool:
    """Whether what this person has written will ask its readers to say that they saw it; False as in `rewrite`."""
    return (
        await changed(db, _REWRITE, this=announcement_id, school=school_id, owner=owner, asks_seen=asks) == 1
    )


async def delete_unsent(db: AsyncSession, school_id: int, announcement_id: int, owner: int) -> bool:
    """Forget what this person has written; False as in `rewrite`."""
    return await changed(db, _DROP, this=announcement_id, school=school_id, owner=owner) == 1


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


# --- a changed mind -----------------------------------------------------------------------------------------


async def write_correction(
    db: AsyncSession,
    school_id: int,
    announcement_id: int,
    new_text: str | None,
    open_: Collection[AnnouncementStatus],
) -> bool:
    """Keeps a correction unconfirmed, or forgets it; False when it is not in one of these statuses."""
    return (
        await changed(db, _OPEN, this=announcement_id, school=school_id, new_text=new_text, open=list(open_))
        == 1
    )


async def correct(db: AsyncSession, school_id: int, announcement_id: int, written: str) -> bool:
    """The unconfirmed correction is the text from now on; False when it was no longer `written`."""
    return await changed(db, _CORRECT, this=announcement_id, school=school_id, written=written) == 1


async def withdraw(
    db: AsyncSession, school_id: int, announcement_id: int, open_: Collection[AnnouncementStatus]
) -> bool:
    """It is being withdrawn from now on; False when it is not in one of these statuses, or no longer."""
    away = AnnouncementStatus.WITHDRAWING
    return (
        await changed(db, _OPEN, this=announcement_id, school=school_id, status=away, open=list(open_)) == 1
    )


async def next_correction_number(db: AsyncSession, school_id: int, announcement_id: int) -> bool:
    """No correction made up to now goes on."""
    return await changed(db, _REVISE, this=announcement_id, school=school_id) == 1
