"""Which of their roles somebody is in just now, and going to another."""

from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone
from bot.turn import Actor, Here
from storage import memberships, people
from storage.tables import Standing


async def acting(db: AsyncSession, telegram_id: int) -> Actor | None:
    """Whoever has this chat, in the role they are in just now; None without one in force."""
    row = await people.actor(db, telegram_id)
    if row is None or row.standing is not Standing.ACTIVE:
        return None
    if row.membership_id is None or row.role is None or row.school_id is None:
        return None
    here = Here(
        row.school_id,
        row.slug or "",
        row.school_name or "",
        ZoneInfo(row.timezone or "UTC"),
        tuple(row.languages or ()),
    )
    return Actor(row.person_id, row.telegram_id, row.membership_id, row.role, here)


async def switch(db: AsyncSession, person_id: int, membership_id: int) -> None:
    """Be in another of one's roles from now on. Raises Gone for one that is not one's own, or not in force."""
    own = {m.id for m in await memberships.of_person(db, person_id) if m.standing is Standing.ACTIVE}
    if membership_id not in own:
        raise Gone
    await people.choose_membership(db, person_id, membership_id)
