"""Links to join a school: made and renewed by its leaders, looked at by whoever opens one.

A link's token is chosen when its button is drawn and travels in the button, so tapping twice makes one link.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, Refusal
from bot.i18n import N_
from bot.turn import Actor
from pals.roles import May, Role
from storage import audits, groups, invitations, schools
from storage.groups import GroupRow
from storage.invitations import InvitationRow
from storage.schools import SchoolRow
from storage.tables import InvitationKind

PERSONAL_LASTS = timedelta(days=14)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,48}")  # Telegram allows 64; a button must hold it beside what it does


class UnknownLink(Refusal):
    def __init__(self) -> None:
        super().__init__(
            N_(
                "I do not recognise this link. Perhaps a part of it was lost on the way: "
                "open it again where you got it, or ask your school for a new one."
            )
        )


class ExpiredLink(Refusal):
    def __init__(self, school: str) -> None:
        super().__init__(
            N_(
                "This link to {school} was good for 14 days, and they have passed. Ask the school for a new one."
            ),
            school=school,
        )


class UsedLink(Refusal):
    def __init__(self, school: str) -> None:
        super().__init__(
            N_(
                "This link to {school} was for one person and has been used. If that was not you, "
                "ask the school for a link of your own."
            ),
            school=school,
        )


class RenewedLink(Refusal):
    def __init__(self, school: str) -> None:
        super().__init__(
            N_("{school} has made a new link, so this one no longer works. Ask the school for the new one."),
            school=school,
        )


class OldGroupLink(Refusal):
    def __init__(self, school: str, group: str) -> None:
        super().__init__(
            N_(
                "This link is for {group}, which {school} no longer has. "
                "Ask the school for the link of the class as it is now."
            ),
            school=school,
            group=group,
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link offers: a role at a school, and a group where there is one."""

    invite: InvitationRow
    school: SchoolRow
    group: GroupRow | None


def new_token() -> str:
    """96 random bits in 16 characters that a link may hold."""
    return secrets.token_urlsafe(12)


async def find_offer(db: AsyncSession, token: str, now: datetime) -> Offer:
    """What the link offers, used up or not. Raises UnknownLink, RenewedLink, ExpiredLink or OldGroupLink."""
    invite = await invitations.by_token(db, token) if _TOKEN.fullmatch(token) else None
    school = await schools.by_id(db, invite.school_id) if invite is not None else None
    if invite is None or school is None:
        raise UnknownLink
    if invite.renewed_at is not None:
        raise RenewedLink(school.name)
    if invite.used_at is None and invite.expires_at is not None and invite.expires_at < now:
        raise ExpiredLink(school.name)
    group = await groups.by_id(db, school.id, invite.group_id) if invite.group_id is not None else None
    if group is not None and not group.active:
        raise OldGroupLink(school.name, group.name)
    return Offer(invite, school, group)


async def for_one(
    db: AsyncSession, actor: Actor, role: Role, group_id: int | None, *, token: str, now: datetime
) -> InvitationRow:
    """A link for one person, good for `PERSONAL_LASTS`. The same token again gives the same link back.

    Raises NotAllowed, and Gone for a group that is not the school's or a token that is not ours.
    """
    actor.must(May.INVITE)
    await _usable_group(db, actor, group_id)
    if (role is Role.FAMILY) and group_id is None:
        raise Gone
    if (made := await _made(db, actor, token)) is not None:
        return made
    await invitations.create(
        db,
        actor.school.id,
        InvitationKind.PERSONAL,
        role,
        token,
        now=now,
        group_id=group_id,
        expires_at=now + PERSONAL_LASTS,
    )
    return await _left(db, actor, token, "invite.personal", now)


async def for_staff(db: AsyncSession, actor: Actor, now: datetime) -> InvitationRow:
    """The school's link for all adults, made now if there is none. Raises NotAllowed."""
    actor.must(May.INVITE)
    if (current := await invitations.current_staff(db, actor.school.id)) is not None:
        return current
    token = new_token()
    await invitations.create(db, actor.school.id, InvitationKind.STAFF, Role.STAFF, token, now=now)
    return await _left(db, actor, token, "invite.staff", now)


async def for_families(db: AsyncSession, actor: Actor, group_id: int, now: datetime) -> InvitationRow:
    """The group's link for its families, made now if there is none. Raises NotAllowed and Gone."""
    actor.must(May.INVITE)
    await _usable_group(db, actor, group_id)
    if (current := await invitations.current_family(db, actor.school.id, group_id)) is not None:
        return current
    token = new_token()
    await invitations.create(
        db, actor.school.id, InvitationKind.FAMILY, Role.FAMILY, token, now=now, group_id=group_id
    )
    return await _left(db, actor, token, "invite.family", now)


async def renew(
    db: AsyncSession, actor: Actor, group_id: int | None, *, token: str, now: datetime
) -> InvitationRow:
    """A new link in place of the group's, or of the one for all adults (None). The same token again changes nothing.

    Raises NotAllowed and Gone.
    """
    actor.must(May.INVITE)
    await _usable_group(db, actor, group_id)
    if (made := await _made(db, actor, token)) is not None:
        return made
    kind, role = (
        (InvitationKind.STAFF, Role.STAFF) if group_id is None else (InvitationKind.FAMILY, Role.FAMILY)
    )
    await invitations.renew(db, actor.school.id, kind, role, token, now=now, group_id=group_id)
    return await _left(db, actor, token, "invite.renew", now)


async def invite_from_command_line(
    db: AsyncSession, slug: str, role: Role, group: str | None, now: datetime
) -> str | None:
    """The token of a link made where there is no leader yet, by whoever runs the bot; None for no such school.

    A family gets the link of its group, anybody else one for a single person. Raises ValueError, in words for whoever
    asked, for a group that the school does not have, and for a family without one.
    """
    school = await schools.by_slug(db, slug)
    if school is None:
        return None
    in_use = {g.name: g.id for g in await groups.all_of(db, school.id)}
    if group is not None and group not in in_use:
        raise ValueError(f"{school.name} has no group called {group}. It has: {', '.join(in_use)}.")
    group_id = in_use[group] if group is not None else None
    token = new_token()
    if role is Role.FAMILY:
        if group_id is None:
            raise ValueError(f"A family joins by its class. Name one of: {', '.join(in_use)}.")
        if (current := await invitations.current_family(db, school.id, group_id)) is not None:
            return current.token
        await invitations.create(
            db, school.id, InvitationKind.FAMILY, role, token, now=now, group_id=group_id
        )
    else:
        await invitations.create(
            db,
            school.id,
            InvitationKind.PERSONAL,
            role,
            token,
            now=now,
            group_id=group_id,
            expires_at=now + PERSONAL_LASTS,
        )
    await audits.record(db, school.id, None, now, "invite.outside", ref=role)
    return token


async def _usable_group(db: AsyncSession, actor: Actor, group_id: int | None) -> None:
    group = await groups.by_id(db, actor.school.id, group_id) if group_id is not None else None
    if group_id is not None and (group is None or not group.active):
        raise Gone


async def _made(db: AsyncSession, actor: Actor, token: str) -> InvitationRow | None:
    """What this very button made before."""
    if not _TOKEN.fullmatch(token):
        raise Gone
    made = await invitations.by_token(db, token)
    if made is not None and made.school_id != actor.school.id:
        raise Gone
    return made


async def _left(db: AsyncSession, actor: Actor, token: str, action: str, now: datetime) -> InvitationRow:
    made = await invitations.by_token(db, token)
    assert made is not None  # noqa: S101 - it was made a moment ago, in this transaction
    await audits.record(db, actor.school.id, actor.person_id, now, action, ref=str(made.id))
    return made
