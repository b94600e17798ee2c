"""Audiences: who reads a message. Said once, kept with its occurrence, and found when it goes out."""

from dataclasses import dataclass, field, fields
from typing import Any, Self

from sqlalchemy import Select, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import STAFF_ROLES, Role
from storage.execute import rows, value
from storage.tables import (
    Delivery,
    Group,
    Membership,
    MembershipGroup,
    Person,
    Practice,
    Standing,
    table_of,
)

delivery, person, practice = table_of(Delivery), table_of(Person), table_of(Practice)
membership, link, group = table_of(Membership), table_of(MembershipGroup), table_of(Group)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads: people of these roles at a school, narrowed where something more is said.

    `group_id` and `grade` keep those who belong to that group or a group of that grade; `unanswered` keeps those who
    work with a group that has not yet answered the prompt of that week; `membership_id` or `person_id` is one alone.
    Only who is in force reads, unless `standing` says otherwise: somebody who was turned away is told so.
    """

    roles: frozenset[Role] = field(default_factory=frozenset)
    group_id: int | None = None
    grade: int | None = None
    unanswered: str | None = None
    membership_id: int | None = None
    person_id: int | None = None
    standing: Standing = Standing.ACTIVE

    @property
    def alone(self) -> bool:
        """Whether it names one reader."""
        return self.membership_id is not None or self.person_id is not None

    def to_json(self) -> dict[str, object]:
        """As it stands in a row: what is not said is left out."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        said["roles"] = sorted(self.roles)
        return {name: what for name, what in said.items() if what not in (None, [])}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The audience that was kept like this."""
        roles = frozenset(Role(role) for role in kept.get("roles", ()))
        standing = Standing(kept.get("standing", Standing.ACTIVE))
        return cls(**{**kept, "roles": roles, "standing": standing})


STAFF = Audience(STAFF_ROLES)
LEADERS = Audience(frozenset({Role.LEADER}))
TEAM = Audience(frozenset({Role.LEADER, Role.TEAM}))
FAMILIES = Audience(frozenset({Role.FAMILY}))


def _members(school_id: int, audience: Audience) -> Select[Any]:
    """Each member of the audience once, reachable or not: person and the membership they read as."""
    statement = (
        select(membership.c.person_id, func.min(membership.c.id).label("membership_id"))
        .join(person, person.c.id == membership.c.person_id)
        .where(membership.c.school_id == school_id, membership.c.standing == audience.standing)
        .group_by(membership.c.person_id)
    )
    if audience.roles:
        statement = statement.where(membership.c.role.in_(sorted(audience.roles)))
    if audience.membership_id is not None:
        statement = statement.where(membership.c.id == audience.membership_id)
    if audience.person_id is not None:
        statement = statement.where(membership.c.person_id == audience.person_id)
    narrowed = []
    if audience.group_id is not None:
        narrowed.append(group.c.id == audience.group_id)
    if audience.grade is not None:
        narrowed.append(group.c.grade == audience.grade)
    if audience.unanswered is not None:
        narrowed.append(
            ~exists()
            .where(practice.c.group_id == group.c.id, practice.c.week == audience.unanswered)
            .correlate(group)
        )
    if narrowed:
        belongs = exists().where(
            link.c.membership_id == membership.c.id, link.c.group_id == group.c.id, group.c.active, *narrowed
        )
        statement = statement.where(belongs.correlate(membership))
    return statement


def readers(school_id: int, audience: Audience) -> Select[Any]:
    """Those members whom a message reaches."""
    return _members(school_id, audience).where(membership.c.muted.is_(False), person.c.reachable.is_(True))


async def reach(db: AsyncSession, school_id: int, audience: Audience) -> int:
    """How many readers the audience has just now."""
    reached = readers(school_id, audience).subquery()
    count: int = await value(db, select(func.count()).select_from(reached))
    return count


async def languages(db: AsyncSession, school_id: int, audience: Audience) -> dict[str, int]:
    """How many readers the audience has just now in each language, the most read one first."""
    reached = readers(school_id, audience).subquery()
    count = func.count()
    found = await rows(
        db,
        select(person.c.language, count)
        .join(reached, reached.c.person_id == person.c.id)
        .group_by(person.c.language)
        .order_by(count.desc(), person.c.language),
    )
    return {key: count for key, count in map(tuple, found)}  # noqa: C416 - rows are no pairs to a type checker


async def unreachable(db: AsyncSession, school_id: int, audience: Audience, occurrence_id: int) -> int:
    """How many belong to the audience and got no delivery of this occurrence, because they cannot be reached.

    They have muted the school, or blocked the bot, on every role by which they belong.
    """
    members = _members(school_id, audience).subquery()
    reached = readers(school_id, audience).subquery()
    count: int = await value(
        db,
        select(func.count())
        .select_from(members)
        .where(
            members.c.person_id.not_in(select(reached.c.person_id)),
            ~exists().where(
                delivery.c.school_id == school_id,
                delivery.c.occurrence_id == occurrence_id,
                delivery.c.person_id == members.c.person_id,
            ),
        ),
    )
    return count
