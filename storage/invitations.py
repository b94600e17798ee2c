"""Invitations by token: personal ones, one for all staff, and one for the families of each group."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.execute import changed, columns, read_one, value
from storage.tables import Invitation, InvitationKind, table_of

invitation = table_of(Invitation)


class InvitationRow(NamedTuple):
    """`renewed_at` is set when a newer invitation replaces this one."""

    id: int
    school_id: int
    kind: InvitationKind
    role: Role
    group_id: int | None
    token: str
    expires_at: datetime | None
    used_at: datetime | None
    renewed_at: datetime | None
    created_at: datetime


_ROWS = select(*columns(InvitationRow._fields, invitation))
_BY_TOKEN = _ROWS.where(invitation.c.token == bindparam("token"))
_CURRENT = (
    _ROWS.where(
        invitation.c.school_id == bindparam("school_id"),
        invitation.c.kind == bindparam("kind"),
        invitation.c.renewed_at.is_(None),
    )
    .order_by(invitation.c.created_at.desc(), invitation.c.id.desc())
    .limit(1)
)
_CURRENT_FAMILY = _CURRENT.where(invitation.c.group_id == bindparam("group_id"))
_CREATE = insert(invitation).returning(invitation.c.id)
_USE = (
    update(invitation)
    .where(
        invitation.c.id == bindparam("this"),
        invitation.c.school_id == bindparam("school"),
        invitation.c.kind == InvitationKind.PERSONAL,
        invitation.c.used_at.is_(None),
    )
    .values(used_at=bindparam("now"))
)
_RENEW = (
    update(invitation)
    .where(
        invitation.c.school_id == bindparam("school"),
        invitation.c.kind == bindparam("of_kind"),
        invitation.c.group_id.is_not_distinct_from(bindparam("group")),
        invitation.c.renewed_at.is_(None),
    )
    .values(renewed_at=bindparam("now"))
)


async def create(
    db: AsyncSession,
    school_id: int,
    kind: InvitationKind,
    role: Role,
    token: str,
    *,
    now: datetime,
    group_id: int | None = None,
    expires_at: datetime | None = None,
) -> int:
    """Returns the new invitation's id."""
    return int(
        await value(
            db,
            _CREATE,
            school_id=school_id,
            kind=kind,
            role=role,
            token=token,
            group_id=group_id,
            expires_at=expires_at,
            created_at=now,
        )
    )


async def by_token(db: AsyncSession, token: str) -> InvitationRow | None:
    """The invitation with this token, of any school and in any state (see its columns)."""
    return await read_one(db, InvitationRow, _BY_TOKEN, token=token)


async def use(db: AsyncSession, school_id: int, invitation_id: int, now: datetime) -> bool:
    """Marks a personal invitation as used; False when it was used before (a race), or is not personal."""
    return await changed(db, _USE, this=invitation_id, school=school_id, now=now) == 1


async def renew(
    db: AsyncSession,
    school_id: int,
    kind: InvitationKind,
    role: Role,
    token: str,
    *,
    now: datetime,
    group_id: int | None = None,
    expires_at: datetime | None = None,
) -> int:
    """Replaces the invitations of this kind (and group) by a new one. Returns its id; the old rows are kept."""
    await changed(db, _RENEW, school=school_id, of_kind=kind, group=group_id, now=now)
    return await create(db, school_id, kind, role, token, now=now, group_id=group_id, expires_at=expires_at)


async def current_family(db: AsyncSession, school_id: int, group_id: int) -> InvitationRow | None:
    """The current invitation for a group's families."""
    return await read_one(
        db, InvitationRow, _CURRENT_FAMILY, school_id=school_id, kind=InvitationKind.FAMILY, group_id=group_id
    )


async def current_staff(db: AsyncSession, school_id: int) -> InvitationRow | None:
    """The current invitation for the school's staff."""
    return await read_one(db, InvitationRow, _CURRENT, school_id=school_id, kind=InvitationKind.STAFF)
