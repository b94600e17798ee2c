"""Progress cards: the messages in leaders' chats that show an announcement's delivery, and whose they are."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, and_, bindparam, cast, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.corrections import ANNOUNCEMENT_KINDS
from storage.execute import columns, read, rows
from storage.tables import (
    Announcement,
    AnnouncementStatus,
    Membership,
    Occurrence,
    Person,
    School,
    Standing,
    table_of,
)

announcement, occurrence = table_of(Announcement), table_of(Occurrence)
person, membership, school = table_of(Person), table_of(Membership), table_of(School)


class CardRow(NamedTuple):
    """An announcement and its sender. From `telegram_id` on all is None when the sender has left, or no longer has a
    role that may see it."""

    school_id: int
    id: int
    status_message: int | None
    slug: str
    school_name: str
    timezone: str
    languages: list[str]
    telegram_id: int | None
    person_id: int | None
    membership_id: int | None
    role: Role | None
    language: str | None


_IS_OF_ANNOUNCEMENT = and_(
    occurrence.c.school_id == announcement.c.school_id,
    occurrence.c.kind.in_(ANNOUNCEMENT_KINDS),
    occurrence.c.ref == cast(announcement.c.id, String),
)
_ANNOUNCEMENTS_BEHIND = (
    select(announcement.c.id)
    .select_from(announcement)
    .join(occurrence, _IS_OF_ANNOUNCEMENT)
    .where(
        announcement.c.school_id == bindparam("school_id"),
        occurrence.c.id.in_(bindparam("occurrence_ids", expanding=True)),
    )
    .distinct()
)
_MAY_SEE = and_(
    membership.c.person_id == announcement.c.person_id,
    membership.c.school_id == announcement.c.school_id,
    membership.c.standing == Standing.ACTIVE,
    membership.c.role.in_(bindparam("roles", expanding=True)),
)
_SHOWN_TO = (
    select(
        *columns(
            CardRow._fields,
            announcement,
            school,
            membership,
            person,
            school_name=school.c.name,
            person_id=person.c.id,
            membership_id=membership.c.id,
        )
    )
    .select_from(announcement)
    .join(school, school.c.id == announcement.c.school_id)
    .outerjoin(membership, _MAY_SEE)
    .outerjoin(person, person.c.id == membership.c.person_id)
    .where(
        announcement.c.school_id == bindparam("school_id"),
        announcement.c.id.in_(bindparam("announcement_ids", expanding=True)),
    )
    .order_by(announcement.c.id)
)
_GOING = (AnnouncementStatus.SENDING, AnnouncementStatus.WITHDRAWING)
_ENDED = (AnnouncementStatus.STOPPED, AnnouncementStatus.WITHDRAWN)
_UNDER_WAY = (
    select(announcement.c.school_id, announcement.c.id)
    .select_from(announcement)
    .join(occurrence, _IS_OF_ANNOUNCEMENT)
    .where(
        or_(
            and_(announcement.c.status.in_(_GOING), occurrence.c.due_at <= bindparam("now")),
            and_(announcement.c.status.in_(_ENDED), occurrence.c.due_at > bindparam("since")),
        )
    )
    .distinct()
)


async def announcements_behind(db: AsyncSession, school_id: int, occurrence_ids: Iterable[int]) -> set[int]:
    """The announcements that these occurrences send, correct or withdraw; most occurrences are none."""
    found = await rows(db, _ANNOUNCEMENTS_BEHIND, school_id=school_id, occurrence_ids=list(occurrence_ids))
    return {announcement_id for (announcement_id,) in map(tuple, found)}


async def shown_to(
    db: AsyncSession, school_id: int, announcement_ids: Iterable[int], roles: Collection[Role]
) -> list[CardRow]:
    """These announcements, each with its sender if they still have one of `roles`."""
    return await read(
        db,
        CardRow,
        _SHOWN_TO,
        school_id=school_id,
        announcement_ids=list(announcement_ids),
        roles=sorted(roles),
    )


async def under_way(db: AsyncSession, now: datetime, since: datetime) -> set[tuple[int, int]]:
    """The (school, announcement) whose sending, correction or withdrawal has begun and is not marked as finished.

    Stopped and withdrawn ones are included when something of them was due after `since`.
    """
    found = await rows(db, _UNDER_WAY, now=now, since=since)
    return {(school_id, announcement_id) for school_id, announcement_id in map(tuple, found)}
