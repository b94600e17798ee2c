"""People, each one Telegram account, and the membership they currently act in."""

from datetime import datetime, time
from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import personal_data
from storage.execute import changed, columns, insert_new, read_one, value, value_or_none
from storage.tables import CANCELLED, STOPPABLE, Delivery, Membership, Person, School, Standing, table_of

person, membership, school = table_of(Person), table_of(Membership), table_of(School)
delivery = table_of(Delivery)


class PersonRow(NamedTuple):
    id: int
    telegram_id: int
    language: str
    language_chosen: bool
    quiet_from: time | None
    quiet_to: time | None
    membership_id: int | None
    reachable: bool
    created_at: datetime


class ActorRow(NamedTuple):
    """A person and the role they act in: what every update needs, in one query.

    Everything from `membership_id` on is None for a person without a role. With a `standing` other than active they
    have no permission yet. `has_other_roles`: they have another active membership.
    """

    person_id: int
    telegram_id: int
    language: str
    reachable: bool
    membership_id: int | None
    role: Role | None
    standing: Standing | None
    school_id: int | None
    slug: str | None
    school_name: str | None
    timezone: str | None
    languages: list[str] | None
    has_other_roles: bool = False


_BY_TELEGRAM = select(*columns(PersonRow._fields, person)).where(
    person.c.telegram_id == bindparam("telegram_id")
)

_chosen, _newest = membership.alias("chosen"), membership.alias("newest")
_CURRENT = func.coalesce(
    select(_chosen.c.id)
    .where(_chosen.c.id == person.c.membership_id, _chosen.c.person_id == person.c.id)
    .correlate(person)
    .scalar_subquery(),
    select(_newest.c.id)
    .where(_newest.c.person_id == person.c.id, _newest.c.standing == Standing.ACTIVE)
    .order_by(_newest.c.created_at.desc(), _newest.c.id.desc())
    .limit(1)
    .correlate(person)
    .scalar_subquery(),
)
_other = membership.alias("other")
_HAS_OTHER_ROLES = exists().where(
    _other.c.person_id == person.c.id,
    _other.c.standing == Standing.ACTIVE,
    _other.c.id != membership.c.id,
)
_AS_ACTOR = select(
    *columns(
        ActorRow._fields,
        person,
        membership,
        school,
        person_id=person.c.id,
        membership_id=membership.c.id,
        school_id=school.c.id,
        school_name=school.c.name,
        has_other_roles=_HAS_OTHER_ROLES.correlate(person, membership),
    )
).select_from(person)
_ACTOR = (
    _AS_ACTOR.outerjoin(membership, membership.c.id == _CURRENT)
    .outerjoin(school, school.c.id == membership.c.school_id)
    .where(person.c.telegram_id == bindparam("telegram_id"))
)
_READER = (
    _AS_ACTOR.join(delivery, delivery.c.person_id == person.c.id)
    .join(membership, (membership.c.id == delivery.c.membership_id) & (membership.c.person_id == person.c.id))
    .join(school, school.c.id == membership.c.school_id)
    .where(
        person.c.id == bindparam("person_id"),
        delivery.c.message_id == bindparam("message_id"),
        membership.c.standing == Standing.ACTIVE,
    )
    .order_by(delivery.c.id.desc())
    .limit(1)
)

_CREATE = insert_new(person)
_ID = select(person.c.id).where(person.c.telegram_id == bindparam("telegram_id"))
_SET = update(person).where(person.c.id == bindparam("this"))
_SET_REACHABLE = (
    update(person)
    .where(person.c.telegram_id == bindparam("this"), person.c.reachable != bindparam("reachable_now"))
    .values(reachable=bindparam("reachable_now"))
)
_CHOOSE = (
    update(person)
    .where(
        person.c.id == bindparam("this"),
        exists().where(membership.c.id == bindparam("chosen"), membership.c.person_id == bindparam("this")),
    )
    .values(membership_id=bindparam("chosen"))
)


async def by_telegram(db: AsyncSession, telegram_id: int) -> PersonRow | None:
    return await read_one(db, PersonRow, _BY_TELEGRAM, telegram_id=telegram_id)


async def actor(db: AsyncSession, telegram_id: int) -> ActorRow | None:
    """The person and the role they act in: the chosen membership, else the newest active one."""
    return await read_one(db, ActorRow, _ACTOR, telegram_id=telegram_id)


async def actor_of_message(db: AsyncSession, person_id: int, message_id: int) -> ActorRow | None:
    """This person in the role that the message in their chat was delivered to; None for any other message."""
    return await read_one(db, ActorRow, _READER, person_id=person_id, message_id=message_id)


async def create(
    db: AsyncSession, telegram_id: int, language: str, now: datetime, *, language_chosen: bool = False
) -> int:
    """Returns the id of this account's person, created unless there is one. Safe in a race."""
    created = await value_or_none(
        db,
        _CREATE,
        telegram_id=telegram_id,
        language=language,
        language_chosen=language_chosen,
        reachable=True,
        created_at=now,
    )
    if created is None:
        created = await value(db, _ID, telegram_id=telegram_id)
    return int(created)


async def set_language(db: AsyncSession, person_id: int, language: str, *, chosen: bool = True) -> None:
    await changed(db, _SET, this=person_id, language=language, language_chosen=chosen)


async def set_quiet(db: AsyncSession, person_id: int, start: time | None, end: time | None) -> None:
    """Sets this person's own quiet hours, in wall time; None and None for none."""
    await changed(db, _SET, this=person_id, quiet_from=start, quiet_to=end)


async def set_reachable(db: AsyncSession, telegram_id: int, reachable: bool) -> bool:
    """Returns whether this changed anything."""
    return await changed(db, _SET_REACHABLE, this=telegram_id, reachable_now=reachable) == 1


async def choose_membership(db: AsyncSession, person_id: int, membership_id: int) -> bool:
    """Switches the person to this membership; False when it is not theirs."""
    return await changed(db, _CHOOSE, this=person_id, chosen=membership_id) == 1


# --- erasure ------------------------------------------------------------------------------------------------

_CANCEL = (
    update(delivery)
    .where(delivery.c.person_id == bindparam("this"), delivery.c.status.in_(STOPPABLE))
    .values(**CANCELLED)
)


async def forget(db: AsyncSession, person_id: int) -> None:
    """Erasure: what the columns declare (`personal_data.ERASE`). The school keeps its records, anonymized."""
    for statement in (_CANCEL, *personal_data.ERASE):
        await changed(db, statement, this=person_id)
