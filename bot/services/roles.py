"""The role a person currently acts in, and switching to another of their roles."""

from zoneinfo import ZoneInfo

from bot.errors import Gone
from bot.turn import Actor, Db, SchoolRef
from storage import memberships, people
from storage.announcement_cards import CardRow
from storage.delivery.claims import Claimed
from storage.people import ActorRow
from storage.tables import Standing


async def current_actor(db: Db, telegram_id: int) -> Actor | None:
    """The person of this chat in their current role; None without an active one."""
    row = await people.actor(db, telegram_id)
    return actor_of(row) if row is not None else None


def actor_of(row: ActorRow | CardRow | Claimed) -> Actor | None:
    """The row as an Actor; None without an active role."""
    if isinstance(row, ActorRow) and row.standing is not Standing.ACTIVE:
        return None
    if (
        row.person_id is None
        or row.telegram_id is None
        or row.membership_id is None
        or row.role is None
        or row.school_id is None
        or row.slug is None
        or row.school_name is None
        or row.timezone is None
        or row.languages is None
    ):
        return None
    school = SchoolRef(row.school_id, row.slug, row.school_name, ZoneInfo(row.timezone), tuple(row.languages))
    return Actor(row.person_id, row.telegram_id, row.membership_id, row.role, school)


async def switch(db: Db, person_id: int, membership_id: int) -> None:
    """Switches to another role of the same person. Raises Gone for one that is not theirs or not active."""
    own = {m.id for m in await memberships.of_person(db, person_id) if m.standing is Standing.ACTIVE}
    if membership_id not in own:
        raise Gone
    await people.choose_membership(db, person_id, membership_id)
