"""Counts of active memberships at a school: by role, and families by group."""

from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.execute import read, rows, value
from storage.tables import Group, Membership, MembershipGroup, Standing, table_of

membership, group, link = table_of(Membership), table_of(Group), table_of(MembershipGroup)


class FamiliesRow(NamedTuple):
    """How many parents and guardians follow a group; one who follows two groups is counted in both."""

    group_id: int
    group_name: str
    families: int


_ROLES = (
    select(membership.c.role, func.count())
    .where(membership.c.school_id == bindparam("school_id"), membership.c.standing == Standing.ACTIVE)
    .group_by(membership.c.role)
)
_PEOPLE = select(func.count(membership.c.person_id.distinct())).where(
    membership.c.school_id == bindparam("school_id"),
    membership.c.standing == Standing.ACTIVE,
    membership.c.role.in_(bindparam("roles", expanding=True)),
)
_PEOPLE_OF_GROUP = _PEOPLE.join_from(membership, link, link.c.membership_id == membership.c.id).join(
    group, and_(group.c.id == link.c.group_id, group.c.name == bindparam("group_name"))
)
_FAMILIES = (
    select(group.c.id, group.c.name, func.count(membership.c.id))
    .select_from(group)
    .outerjoin(link, link.c.group_id == group.c.id)
    .outerjoin(
        membership,
        and_(
            membership.c.id == link.c.membership_id,
            membership.c.role == Role.FAMILY,
            membership.c.standing == Standing.ACTIVE,
        ),
    )
    .where(group.c.school_id == bindparam("school_id"), group.c.active)
    .group_by(group.c.id, group.c.name, group.c.position)
    .order_by(group.c.position, group.c.id)
)


async def by_role(db: AsyncSession, school_id: int) -> dict[Role, int]:
    """Active memberships by role; a role without any is left out."""
    return {role: count for role, count in await rows(db, _ROLES, school_id=school_id)}  # noqa: C416 - rows are no pairs


async def families_by_group(db: AsyncSession, school_id: int) -> list[FamiliesRow]:
    """For each active group, in the school's order."""
    return await read(db, FamiliesRow, _FAMILIES, school_id=school_id)


async def people(
    db: AsyncSession, school_id: int, roles: frozenset[Role], group_name: str | None = None
) -> int:
    """How many people have one of these roles in force, at the school or linked to one of its groups."""
    statement, narrowed = (
        (_PEOPLE, {}) if group_name is None else (_PEOPLE_OF_GROUP, {"group_name": group_name})
    )
    return int(await value(db, statement, school_id=school_id, roles=sorted(roles), **narrowed))
