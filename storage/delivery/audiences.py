"""Audiences: a rule for who reads a message, stored with its occurrence and resolved to readers when it is due."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from sqlalchemy import Select, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import STAFF_ROLES, Role
from storage.execute import rows, value
from storage.tables import Delivery, Group, Membership, MembershipGroup, Person, Practice, Standing, table_of

delivery, person, practice = table_of(Delivery), table_of(Person), table_of(Practice)
membership, link, group = table_of(Membership), table_of(MembershipGroup), table_of(Group)


@dataclass(frozen=True, slots=True)
class Audience:
    """A rule that selects readers: members with these roles at a school, narrowed by every field that is set.

    `group_id` and `grade` select members of that group or of a group of that grade; `unanswered` those who work with
    a group that has not yet answered the prompt of that ISO week; `membership_id` or `person_id` one reader. Only
    active memberships match, unless `standing` differs: a declined request to join is answered too.
    """

    roles: frozenset[Role] = field(default_factory=frozenset)
    group_id: int | None = None
    grade: int | None = None
    unanswered: str | None = None
    membership_id: int | None = None
    person_id: int | None = None
    standing: Standing = Standing.ACTIVE

    @property
    def is_one_reader(self) -> bool:
        """Whether it names a single membership or person."""
        return self.membership_id is not None or self.person_id is not None

    def to_json(self) -> dict[str, object]:
        """The stored form, without unset fields."""
        values = asdict(self) | {"roles": sorted(self.roles)}
        return {name: value for name, value in values.items() if value not in (None, [])}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Parses the stored form."""
        roles = frozenset(Role(role) for role in stored.get("roles", ()))
        standing = Standing(stored.get("standing", Standing.ACTIVE))
        return cls(**{**stored, "roles": roles, "standing": standing})


STAFF = Audience(STAFF_ROLES)
LEADERS = Audience(frozenset({Role.LEADER}))
TEAM = Audience(frozenset({Role.LEADER, Role.TEAM}))
FAMILIES = Audience(frozenset({Role.FAMILY}))


def _members(school_id: int, audience: Audience) -> Select[Any]:
    """Selects each member of the audience once, reachable or not: the person, and the membership they read as."""
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
    """Selects the reachable members: not muted, and the bot not blocked."""
    return _members(school_id, audience).where(membership.c.muted.is_(False), person.c.reachable.is_(True))


async def reach(db: AsyncSession, school_id: int, audience: Audience) -> int:
    """How many readers the audience has now."""
    reachable = readers(school_id, audience).subquery()
    return int(await value(db, select(func.count()).select_from(reachable)))


async def languages(db: AsyncSession, school_id: int, audience: Audience) -> dict[str, int]:
    """How many readers the audience has now in each language, most frequent first."""
    reachable = readers(school_id, audience).subquery()
    count = func.count()
    counts = await rows(
        db,
        select(person.c.language, count)
        .join(reachable, reachable.c.person_id == person.c.id)
        .group_by(person.c.language)
        .order_by(count.desc(), person.c.language),
    )
    return {key: count for key, count in map(tuple, counts)}  # noqa: C416 - rows are no pairs to a type checker


async def unreachable(db: AsyncSession, school_id: int, audience: Audience, occurrence_id: int) -> int:
    """How many members of the audience got no delivery of this occurrence because they are unreachable.

    They have muted the school, or blocked the bot, in every role by which they belong.
    """
    members = _members(school_id, audience).subquery()
    reachable = readers(school_id, audience).subquery()
    return int(
        await value(
            db,
            select(func.count())
            .select_from(members)
            .where(
                members.c.person_id.not_in(select(reachable.c.person_id)),
                ~exists().where(
                    delivery.c.school_id == school_id,
                    delivery.c.occurrence_id == occurrence_id,
                    delivery.c.person_id == members.c.person_id,
                ),
            ),
        )
    )
