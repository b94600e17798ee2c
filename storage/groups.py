"""A school's groups: classes, grades, SFO."""

from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import columns, read, read_one
from storage.tables import Group, GroupKind, Membership, MembershipGroup, table_of

group, link, membership = table_of(Group), table_of(MembershipGroup), table_of(Membership)


class GroupRow(NamedTuple):
    id: int
    name: str
    kind: GroupKind
    grade: int | None
    size: int
    position: int
    active: bool


_AT_SCHOOL = (
    select(*columns(GroupRow._fields, group))
    .where(group.c.school_id == bindparam("school_id"))
    .order_by(group.c.position, group.c.id)
)
_ALL = _AT_SCHOOL.where(group.c.active)
_ONE = _AT_SCHOOL.where(group.c.id == bindparam("group_id"))
_OF_MEMBERSHIP = (
    _ALL.join(link, link.c.group_id == group.c.id)
    .join(membership, membership.c.id == link.c.membership_id)
    .where(membership.c.id == bindparam("membership_id"), membership.c.school_id == group.c.school_id)
)


async def of_membership(db: AsyncSession, school_id: int, membership_id: int) -> list[GroupRow]:
    """The active groups of a membership, in the school's order."""
    return await read(db, GroupRow, _OF_MEMBERSHIP, school_id=school_id, membership_id=membership_id)


async def all_of(db: AsyncSession, school_id: int) -> list[GroupRow]:
    """The active groups, in the school's order."""
    return await read(db, GroupRow, _ALL, school_id=school_id)


async def by_id(db: AsyncSession, school_id: int, group_id: int) -> GroupRow | None:
    """This group, active or not."""
    return await read_one(db, GroupRow, _ONE, school_id=school_id, group_id=group_id)
