"""The week's practice (ukas øving): each group's answer, and the coverage of a week.

A group is asked when it is active and has an active staff member. A group has one answer a week, the latest (upsert).
A week is an ISO week: "2026-W53".
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, and_, bindparam, exists, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Answer
from pals.rates import Coverage
from pals.roles import STAFF_ROLES
from storage.execute import Upsert, columns, read, read_one, rows, value_or_none
from storage.tables import Group, Membership, MembershipGroup, Practice, Standing, table_of

practice, group = table_of(Practice), table_of(Group)
membership, link = table_of(Membership), table_of(MembershipGroup)


class PracticeRow(NamedTuple):
    id: int
    group_id: int
    group_name: str
    week: str
    answer: Answer
    person_id: int | None
    at: datetime


_ROWS = (
    select(*columns(PracticeRow._fields, practice, group_name=group.c.name))
    .join(group, group.c.id == practice.c.group_id)
    .where(practice.c.school_id == bindparam("school_id"), practice.c.week == bindparam("week"))
    .order_by(group.c.position, group.c.id)
)
_OF_GROUP = _ROWS.where(practice.c.group_id == bindparam("group_id"))

_BY_STAFF = and_(
    membership.c.school_id == group.c.school_id,
    membership.c.standing == Standing.ACTIVE,
    membership.c.role.in_(sorted(STAFF_ROLES)),
)
_ASKED = and_(
    group.c.active,
    exists()
    .where(link.c.group_id == group.c.id, link.c.membership_id == membership.c.id, _BY_STAFF)
    .correlate(group),
)
_ANSWERED = and_(practice.c.group_id == group.c.id, practice.c.week == bindparam("week"))


_COVERAGE = (
    select(
        *(
            func.count().filter(practice.c.answer == answer)
            for answer in (Answer.DONE, Answer.PARTLY, Answer.NOT_YET)
        ),
        func.count(),
    )
    .select_from(group)
    .outerjoin(practice, _ANSWERED)
    .where(group.c.school_id == bindparam("school_id"), or_(practice.c.id.is_not(None), _ASKED))
)
_WITHOUT_ANSWER = (
    select(group.c.name)
    .outerjoin(practice, _ANSWERED)
    .where(group.c.school_id == bindparam("school_id"), practice.c.id.is_(None), _ASKED)
    .order_by(group.c.position, group.c.id)
)
_REPORT = Upsert(
    lambda insert: (
        (
            new := insert(practice).from_select(
                ["school_id", "group_id", "week", "answer", "person_id", "at"],
                select(
                    group.c.school_id,
                    group.c.id,
                    bindparam("of_week", type_=practice.c.week.type),
                    bindparam("given", type_=practice.c.answer.type),
                    bindparam("person", type_=Integer),
                    bindparam("now", type_=practice.c.at.type),
                ).where(group.c.id == bindparam("this"), group.c.school_id == bindparam("school")),
            )
        )
        .on_conflict_do_update(
            index_elements=["group_id", "week"],
            set_={"answer": new.excluded.answer, "person_id": new.excluded.person_id, "at": new.excluded.at},
        )
        .returning(practice.c.id)
    )
)


async def report(
    db: AsyncSession,
    school_id: int,
    group_id: int,
    week: str,
    answer: Answer,
    *,
    person_id: int,
    now: datetime,
) -> int | None:
    """Upserts a group's answer for a week. Returns the row's id; None for another school's group."""
    return await value_or_none(
        db, _REPORT, school=school_id, this=group_id, of_week=week, given=answer, person=person_id, now=now
    )


async def of_week(db: AsyncSession, school_id: int, week: str) -> list[PracticeRow]:
    """The answers of a week, in the school's order of the groups."""
    return await read(db, PracticeRow, _ROWS, school_id=school_id, week=week)


async def of_group(db: AsyncSession, school_id: int, group_id: int, week: str) -> PracticeRow | None:
    """A group's answer for a week, or None."""
    return await read_one(db, PracticeRow, _OF_GROUP, school_id=school_id, group_id=group_id, week=week)


async def coverage(db: AsyncSession, school_id: int, week: str) -> Coverage:
    """Counts groups by answer. A group that answered counts as asked, also when it has no staff any more."""
    (counts,) = await read(db, Coverage, _COVERAGE, school_id=school_id, week=week)
    return counts


async def groups_without_answer(db: AsyncSession, school_id: int, week: str) -> list[str]:
    """The names of the groups that were asked and have no answer, in the school's order."""
    return [name for (name,) in await rows(db, _WITHOUT_ANSWER, school_id=school_id, week=week)]
