"""Invitations to a school: leaders create and renew them, a visitor reads what one offers.

A button holds the token of the invitation it would create, so that the tap is idempotent.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import Gone, Refusal
from bot.i18n import N_
from bot.turn import Actor, Db
from pals.roles import May, Role
from storage import audits, groups, invitations, schools
from storage.groups import GroupRow
from storage.invitations import InvitationRow
from storage.schools import SchoolRow
from storage.tables import InvitationKind

FOR_STAFF = (InvitationKind.STAFF, Role.STAFF)
FOR_FAMILIES = (InvitationKind.FAMILY, Role.FAMILY)
PERSONAL_LASTS = timedelta(days=14)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,48}")  # Telegram allows 64; a button must hold it beside what it does


class UnknownInvitation(Refusal):
    message = N_(
        "I do not recognise this link. Perhaps a part of it was lost on the way: "
        "open it again where you got it, or ask your school for a new one."
    )


class ExpiredInvitation(Refusal):
    message = N_(
        "This link to {school} was good for 14 days, and they have passed. Ask the school for a new one."
    )


class UsedInvitation(Refusal):
    message = N_(
        "This link to {school} was for one person and has been used. If that was not you, "
        "ask the school for a link of your own."
    )


class RenewedInvitation(Refusal):
    message = N_("{school} has made a new link, so this one no longer works. Ask the school for the new one.")


class ClosedGroupInvitation(Refusal):
    message = N_(
        "This link is for {group}, which {school} no longer has. "
        "Ask the school for the link of the class as it is now."
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation offers: a role at a school, and a group unless it names none."""

    invitation: InvitationRow
    school: SchoolRow
    group: GroupRow | None


def new_token() -> str:
    """96 random bits in 16 characters, as Telegram allows them in a deep link."""
    return secrets.token_urlsafe(12)


async def find_offer(db: Db, token: str, now: datetime) -> Offer:
    """What the invitation of this token offers, used or not.

    Raises UnknownInvitation, RenewedInvitation, ExpiredInvitation or ClosedGroupInvitation.
    """
    invitation = await invitations.by_token(db, token) if _TOKEN.fullmatch(token) else None
    school = await schools.by_id(db, invitation.school_id) if invitation is not None else None
    if invitation is None or school is None:
        raise UnknownInvitation
    if invitation.renewed_at is not None:
        raise RenewedInvitation(school=school.name)
    if invitation.used_at is None and invitation.expires_at is not None and invitation.expires_at < now:
        raise ExpiredInvitation(school=school.name)
    group_id = invitation.group_id
    group = await groups.by_id(db, school.id, group_id) if group_id is not None else None
    if group is not None and not group.active:
        raise ClosedGroupInvitation(school=school.name, group=group.name)
    return Offer(invitation, school, group)


async def invite_one(
    db: Db, actor: Actor, role: Role, group_id: int | None, *, token: str, now: datetime
) -> InvitationRow:
    """An invitation for one person, valid for `PERSONAL_LASTS`. Idempotent by token.

    Raises NotAllowed, and Gone for a group that is not the school's or a token that is not well-formed.
    """
    actor.must(May.INVITE)
    await _require_group(db, actor, group_id)
    if (role is Role.FAMILY) and group_id is None:
        raise Gone
    if (existing := await _by_own_token(db, actor, token)) is not None:
        return existing
    await _create_personal(db, actor.school.id, role, group_id, token, now)
    return await _recorded(db, actor, token, "invite.personal", now)


async def invite_many(db: Db, actor: Actor, group_id: int | None, now: datetime) -> InvitationRow:
    """The current invitation of a group's families, or of all staff (None), created if there is none.

    Raises NotAllowed, and Gone for a group that is not the school's.
    """
    actor.must(May.INVITE)
    await _require_group(db, actor, group_id)
    if group_id is None:
        current = await invitations.current_staff(db, actor.school.id)
    else:
        current = await invitations.current_family(db, actor.school.id, group_id)
    if current is not None:
        return current
    kind, role = FOR_STAFF if group_id is None else FOR_FAMILIES
    token = new_token()
    await invitations.create(db, actor.school.id, kind, role, token, now=now, group_id=group_id)
    return await _recorded(db, actor, token, f"invite.{kind}", now)


async def renew(db: Db, actor: Actor, group_id: int | None, *, token: str, now: datetime) -> InvitationRow:
    """Replaces the invitation that `invite_many` returns. Idempotent by token. Raises as `invite_many`."""
    actor.must(May.INVITE)
    await _require_group(db, actor, group_id)
    if (existing := await _by_own_token(db, actor, token)) is not None:
        return existing
    kind, role = FOR_STAFF if group_id is None else FOR_FAMILIES
    await invitations.renew(db, actor.school.id, kind, role, token, now=now, group_id=group_id)
    return await _recorded(db, actor, token, "invite.renew", now)


async def invite_from_command_line(
    db: Db, slug: str, role: Role, group: str | None, now: datetime
) -> str | None:
    """The token of an invitation by the operator, for a school without a leader; None for an unknown school.

    For a family it is that of its group, else a personal one. Raises ValueError, with a sentence for the operator,
    for an unknown group and for a family without one.
    """
    school = await schools.by_slug(db, slug)
    if school is None:
        return None
    in_use = {g.name: g.id for g in await groups.all_of(db, school.id)}
    if group is not None and group not in in_use:
        raise ValueError(f"{school.name} has no group called {group}. It has: {', '.join(in_use)}.")
    group_id = in_use[group] if group is not None else None
    token = new_token()
    if role is not Role.FAMILY:
        await _create_personal(db, school.id, role, group_id, token, now)
    elif group_id is None:
        raise ValueError(f"A family joins by its class. Name one of: {', '.join(in_use)}.")
    elif (current := await invitations.current_family(db, school.id, group_id)) is not None:
        return current.token
    else:
        await invitations.create(db, school.id, *FOR_FAMILIES, token, now=now, group_id=group_id)
    await audits.record(db, school.id, None, now, "invite.outside", ref=role)
    return token


async def _create_personal(
    db: Db, school_id: int, role: Role, group_id: int | None, token: str, now: datetime
) -> None:
    kind, expires_at = InvitationKind.PERSONAL, now + PERSONAL_LASTS
    await invitations.create(
        db, school_id, kind, role, token, now=now, group_id=group_id, expires_at=expires_at
    )


async def _require_group(db: Db, actor: Actor, group_id: int | None) -> None:
    group = await groups.by_id(db, actor.school.id, group_id) if group_id is not None else None
    if group_id is not None and (group is None or not group.active):
        raise Gone


async def _by_own_token(db: Db, actor: Actor, token: str) -> InvitationRow | None:
    """The invitation that an earlier tap on the same button created."""
    if not _TOKEN.fullmatch(token):
        raise Gone
    existing = await invitations.by_token(db, token)
    if existing is not None and existing.school_id != actor.school.id:
        raise Gone
    return existing


async def _recorded(db: Db, actor: Actor, token: str, action: str, now: datetime) -> InvitationRow:
    created = await invitations.by_token(db, token)
    assert created is not None  # noqa: S101 - inserted in this transaction
    await audits.record(db, actor.school.id, actor.person_id, now, action, ref=str(created.id))
    return created
