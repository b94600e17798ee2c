"""Memberships: who has which role at which school, in which standing, and with which groups."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.execute import Upsert, changed, columns, insert_new, read, read_one, value_or_none
from storage.tables import (
    CANCELLED,
    STOPPABLE,
    Delivery,
    Group,
    Membership,
    MembershipGroup,
    Person,
    School,
    Standing,
    table_of,
)

membership, person, school = table_of(Membership), table_of(Person), table_of(School)
group, link, delivery = table_of(Group), table_of(MembershipGroup), table_of(Delivery)


class MembershipRow(NamedTuple):
    """A role at a school, with what is needed to send a message to the person."""

    id: int
    person_id: int
    telegram_id: int
    language: str
    reachable: bool
    school_id: int
    slug: str
    school_name: str
    role: Role
    standing: Standing
    name: str | None
    muted: bool
    created_at: datetime


_ROWS = (
    select(*columns(MembershipRow._fields, membership, person, school, school_name=school.c.name))
    .join(person, person.c.id == membership.c.person_id)
    .join(school, school.c.id == membership.c.school_id)
    .order_by(membership.c.id)
)
_AT_SCHOOL = _ROWS.where(membership.c.school_id == bindparam("school_id"))
_ONE = _AT_SCHOOL.where(membership.c.id == bindparam("membership_id"))
_FIND = _AT_SCHOOL.where(
    membership.c.person_id == bindparam("person_id"), membership.c.role == bindparam("role")
)
_NAME_OF = (
    select(membership.c.name)
    .where(
        membership.c.school_id == bindparam("school_id"),
        membership.c.person_id == bindparam("person_id"),
        membership.c.name.is_not(None),
    )
    .order_by(membership.c.id)
    .limit(1)
)
_PENDING = _AT_SCHOOL.where(membership.c.standing == Standing.PENDING)
_OF_ROLE = _AT_SCHOOL.where(
    membership.c.standing == Standing.ACTIVE, membership.c.role.in_(bindparam("roles", expanding=True))
)
_OF_PERSON = _ROWS.where(membership.c.person_id == bindparam("person_id"))

_ADD = insert_new(membership)
_THIS = (membership.c.id == bindparam("this"), membership.c.school_id == bindparam("school"))
_UPDATE = update(membership).where(*_THIS)
_UPDATE_PENDING = _UPDATE.where(membership.c.standing == Standing.PENDING)
_ACTIVATE = _UPDATE_PENDING.values(standing=Standing.ACTIVE)
_DECLINE = _UPDATE_PENDING.values(standing=Standing.DECLINED, name=None)
_REQUEST_AGAIN = _UPDATE.where(membership.c.standing == Standing.DECLINED).values(standing=Standing.PENDING)
_SET_ROLE = _UPDATE.values(standing=Standing.ACTIVE)
_DELETE = delete(membership).where(*_THIS)
_UNCHOOSE = update(person).where(person.c.membership_id == bindparam("this")).values(membership_id=None)
_UNLINK = delete(link).where(link.c.membership_id == bindparam("this"))
_CANCEL = (
    update(delivery)
    .where(delivery.c.membership_id == bindparam("this"), delivery.c.status.in_(STOPPABLE))
    # Without the person in the unique key, their other role, or one they join again in, may get the message.
    .values(person_id=None, **CANCELLED)
)
_DETACH = update(delivery).where(delivery.c.membership_id == bindparam("this")).values(membership_id=None)
_CHOSEN = (
    select(membership.c.id, group.c.id)
    .join(group, group.c.school_id == membership.c.school_id)
    .where(*_THIS, group.c.id.in_(bindparam("groups", expanding=True)))
)
_LINK = insert(link).from_select(["membership_id", "group_id"], _CHOSEN)
_TAKE_GROUP = Upsert(
    lambda insert: (
        insert(link)
        .from_select(["membership_id", "group_id"], _CHOSEN.where(group.c.active))
        .on_conflict_do_nothing()
    )
)
_LEAVE_GROUP = delete(link).where(
    link.c.membership_id.in_(select(membership.c.id).where(*_THIS)),
    link.c.group_id == bindparam("group_id"),
)


async def by_id(db: AsyncSession, school_id: int, membership_id: int) -> MembershipRow | None:
    return await read_one(db, MembershipRow, _ONE, school_id=school_id, membership_id=membership_id)


async def find(db: AsyncSession, school_id: int, person_id: int, role: Role) -> MembershipRow | None:
    """This person's membership in this role, in any standing."""
    return await read_one(db, MembershipRow, _FIND, school_id=school_id, person_id=person_id, role=role)


async def name_of(db: AsyncSession, school_id: int, person_id: int) -> str | None:
    """The name of an adult at the school; None for families and after the membership has ended."""
    return await value_or_none(db, _NAME_OF, school_id=school_id, person_id=person_id)


async def pending(db: AsyncSession, school_id: int) -> list[MembershipRow]:
    """Requests that wait for a leader to confirm them, the earliest first."""
    return await read(db, MembershipRow, _PENDING, school_id=school_id)


async def of_role(db: AsyncSession, school_id: int, *roles: Role) -> list[MembershipRow]:
    """The active memberships in any of these roles."""
    return await read(db, MembershipRow, _OF_ROLE, school_id=school_id, roles=roles)


async def leaders(db: AsyncSession, school_id: int) -> list[MembershipRow]:
    return await of_role(db, school_id, Role.LEADER)


async def of_person(db: AsyncSession, person_id: int) -> list[MembershipRow]:
    """Every membership of one person, at every school, the oldest first."""
    return await read(db, MembershipRow, _OF_PERSON, person_id=person_id)


async def add(
    db: AsyncSession,
    school_id: int,
    person_id: int,
    role: Role,
    standing: Standing,
    now: datetime,
    name: str | None = None,
) -> int | None:
    """Returns the new membership's id, or None when the person has this role at the school already."""
    return await value_or_none(
        db,
        _ADD,
        school_id=school_id,
        person_id=person_id,
        role=role,
        standing=standing,
        name=name,
        muted=False,
        created_at=now,
    )


async def activate(db: AsyncSession, school_id: int, membership_id: int) -> bool:
    """Confirms a pending request; False when it is not pending, or not at this school."""
    return await changed(db, _ACTIVATE, this=membership_id, school=school_id) == 1


async def mute(db: AsyncSession, school_id: int, membership_id: int, muted: bool) -> bool:
    return await changed(db, _UPDATE, this=membership_id, school=school_id, muted=muted) == 1


async def set_groups(db: AsyncSession, school_id: int, membership_id: int, group_ids: Iterable[int]) -> None:
    """Replaces the membership's groups; ids of other schools are ignored."""
    if await by_id(db, school_id, membership_id) is None:
        return
    await changed(db, _UNLINK, this=membership_id)
    await changed(db, _LINK, this=membership_id, school=school_id, groups=list(group_ids))


async def remove(db: AsyncSession, school_id: int, membership_id: int) -> bool:
    """Deletes a membership: cancels its pending deliveries and detaches the sent ones."""
    if await by_id(db, school_id, membership_id) is None:
        return False
    for statement in (_UNCHOOSE, _UNLINK, _CANCEL, _DETACH):
        await changed(db, statement, this=membership_id)
    return await changed(db, _DELETE, this=membership_id, school=school_id) == 1


async def request_again(
    db: AsyncSession, school_id: int, membership_id: int, name: str, now: datetime
) -> bool:
    """Turns a declined request into a pending one, as of now."""
    return (
        await changed(db, _REQUEST_AGAIN, this=membership_id, school=school_id, name=name, created_at=now)
        == 1
    )


async def decline(db: AsyncSession, school_id: int, membership_id: int) -> bool:
    """Declines a pending request and deletes the name; False when it is not pending, or not at this school."""
    return await changed(db, _DECLINE, this=membership_id, school=school_id) == 1


async def set_role(db: AsyncSession, school_id: int, membership_id: int, role: Role, name: str) -> bool:
    """Makes the membership active in this role, which the person must not have in another one at the school."""
    return await changed(db, _SET_ROLE, this=membership_id, school=school_id, role=role, name=name) == 1


async def take_group(db: AsyncSession, school_id: int, membership_id: int, group_id: int) -> bool:
    """Adds a group; False for another school's or an inactive one, and when it was there already."""
    return await changed(db, _TAKE_GROUP, this=membership_id, school=school_id, groups=[group_id]) == 1


async def leave_group(db: AsyncSession, school_id: int, membership_id: int, group_id: int) -> bool:
    """Removes a group; False when it was not there."""
    return await changed(db, _LEAVE_GROUP, this=membership_id, school=school_id, group_id=group_id) == 1
