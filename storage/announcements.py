"""Kunngjøring: what a leader writes to many, and how far it has come."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, String, and_, bindparam, cast, delete, func, insert, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.statements import changed, row, rows, value
from storage.tables import (
    Announcement,
    AnnouncementStatus,
    Delivery,
    DeliveryStatus,
    Membership,
    Occurrence,
    Person,
    School,
    Standing,
    table_of,
)

announcement, occurrence, delivery = table_of(Announcement), table_of(Occurrence), table_of(Delivery)
person, membership, school = table_of(Person), table_of(Membership), table_of(School)

KIND = "announcement"  # of the occurrence whose `ref` is an announcement's id


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


class FollowedRow(NamedTuple):
    """An announcement that is being sent, with whoever sent it. From `telegram_id` on all is None when that person
    is gone, or no longer has a role by which they may see it."""

    school_id: int
    occurrence_id: int
    id: int
    status_message: int | None
    telegram_id: int | None
    person_id: int | None
    membership_id: int | None
    role: Role | None
    language: str | None
    slug: str
    school_name: str
    timezone: str
    languages: list[str]


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
_DROP_OLD = delete(announcement).where(
    announcement.c.status == AnnouncementStatus.WRITTEN, announcement.c.created_at < bindparam("before")
)
_OCCURS = and_(
    occurrence.c.school_id == announcement.c.school_id,
    occurrence.c.kind == KIND,
    occurrence.c.ref == cast(announcement.c.id, String),
)
_OUTCOMES = (
    select(announcement.c.id, delivery.c.status, func.count())
    .select_from(announcement)
    .join(occurrence, _OCCURS)
    .join(delivery, delivery.c.occurrence_id == occurrence.c.id)
    .where(
        announcement.c.school_id == bindparam("school_id"),
        announcement.c.id.in_(bindparam("ids", expanding=True)),
    )
    .group_by(announcement.c.id, delivery.c.status)
)
_SEES = and_(
    membership.c.person_id == announcement.c.person_id,
    membership.c.school_id == announcement.c.school_id,
    membership.c.standing == Standing.ACTIVE,
    membership.c.role.in_(bindparam("roles", expanding=True)),
)
_FOLLOWED = (
    select(
        announcement.c.school_id,
        occurrence.c.id,
        announcement.c.id,
        announcement.c.status_message,
        person.c.telegram_id,
        person.c.id,
        membership.c.id,
        membership.c.role,
        person.c.language,
        school.c.slug,
        school.c.name,
        school.c.timezone,
        school.c.languages,
    )
    .select_from(announcement)
    .join(occurrence, _OCCURS)
    .join(school, school.c.id == announcement.c.school_id)
    .outerjoin(membership, _SEES)
    .outerjoin(person, person.c.id == membership.c.person_id)
    .where(
        announcement.c.school_id == bindparam("school_id"),
        occurrence.c.id.in_(bindparam("occurrence_ids", expanding=True)),
    )
    .order_by(occurrence.c.id)
)
_UNDER_WAY = (
    select(announcement.c.school_id, occurrence.c.id)
    .select_from(announcement)
    .join(occurrence, _OCCURS)
    .where(
        or_(
            and_(
                announcement.c.status == AnnouncementStatus.SENDING, occurrence.c.due_at <= bindparam("now")
            ),
            and_(
                announcement.c.status == AnnouncementStatus.STOPPED, occurrence.c.due_at > bindparam("since")
            ),
        )
    )
)


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


async def outcomes(
    db: AsyncSession, school_id: int, announcement_ids: Collection[int]
) -> dict[int, dict[DeliveryStatus, int]]:
    """What became of the deliveries of each of these; those that have none are left out."""
    became: dict[int, dict[DeliveryStatus, int]] = {}
    found = await rows(db, _OUTCOMES, school_id=school_id, ids=list(announcement_ids))
    for this, status, count in map(tuple, found):
        became.setdefault(this, {})[status] = count
    return became


async def followed(
    db: AsyncSession, school_id: int, occurrence_ids: Iterable[int], roles: Collection[Role]
) -> list[FollowedRow]:
    """The announcements among these occurrences, and who sent each, if they are still here in one of `roles`."""
    found = await rows(
        db, _FOLLOWED, school_id=school_id, occurrence_ids=list(occurrence_ids), roles=sorted(roles)
    )
    return [FollowedRow._make(each) for each in found]


async def under_way(db: AsyncSession, now: datetime, since: datetime) -> set[tuple[int, int]]:
    """The (school, occurrence) of whatever any school has begun to send and not been seen to end.

    What was stopped is among it when it was due after `since`.
    """
    found = await rows(db, _UNDER_WAY, now=now, since=since)
    return {(school_id, this) for school_id, this in map(tuple, found)}


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


async def drop(db: AsyncSession, school_id: int, announcement_id: int, owner: int) -> bool:
    """Forget what this person has written; False as in `rewrite`."""
    return await changed(db, _DROP, this=announcement_id, school=school_id, owner=owner) == 1


async def drop_written_before(db: AsyncSession, before: datetime) -> int:
    """Forget what was written before then and never sent, at every school; how many that were."""
    return await changed(db, _DROP_OLD, before=before)


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
