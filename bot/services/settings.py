"""What people choose for themselves: language, quiet hours, classes, and whether messages come at all."""

from datetime import datetime, time

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, NotAllowed
from bot.i18n import CODES
from bot.turn import Actor
from pals.roles import May, Role
from storage import audits, groups, memberships, people


async def choose_language(db: AsyncSession, person_id: int, code: str) -> None:
    """Everything is said in this language from now on. Raises Gone for one that the bot does not speak."""
    if code not in CODES:
        raise Gone
    await people.set_language(db, person_id, code)


async def set_quiet_hours(db: AsyncSession, person_id: int, hours: tuple[time, time] | None) -> None:
    """One's own quiet hours, beside the school's; None for none."""
    await people.set_quiet(db, person_id, *(hours or (None, None)))


async def set_group(db: AsyncSession, actor: Actor, group_id: int, mine: bool, now: datetime) -> None:
    """Adds a group to an adult's own, or takes it away. Raises NotAllowed, and Gone for a group not in use here."""
    actor.must(May.LOG)
    group = await groups.by_id(db, actor.school.id, group_id)
    if group is None or (mine and not group.active):
        raise Gone
    change = memberships.take_group if mine else memberships.leave_group
    if await change(db, actor.school.id, actor.membership_id, group_id):
        action = "group.take" if mine else "group.leave"
        await audits.record(db, actor.school.id, actor.person_id, now, action, ref=str(group_id))


async def mute(db: AsyncSession, actor: Actor, muted: bool, now: datetime) -> None:
    """Turns the school's messages to a family off, or on again. Raises NotAllowed for others."""
    if actor.role is not Role.FAMILY:
        raise NotAllowed
    await memberships.mute(db, actor.school.id, actor.membership_id, muted)
    await audits.record(db, actor.school.id, actor.person_id, now, "mute" if muted else "unmute")
