"""Join links: a personal one, one for all staff, and one a group for families."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.execute import changed, row, value
from storage.tables import Invitation, InvitationKind, table_of

invite = table_of(Invitation)


class InvitationRow(NamedTuple):
    """`renewed_at` is set when a newer link has taken this one's place."""

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


_ROWS = select(*(invite.c[name] for name in InvitationRow._fields))
_BY_TOKEN = _ROWS.where(invite.c.token == bindparam("token"))
_CURRENT = (
    _ROWS.where(
        invite.c.school_id == bindparam("school_id"),
        invite.c.kind == bindparam("kind"),
        invite.c.renewed_at.is_(None),
    )
    .order_by(invite.c.created_at.desc(), invite.c.id.desc())
    .limit(1)
)
_CURRENT_FAMILY = _CURRENT.where(invite.c.group_id == bindparam("group_id"))
_CREATE = insert(invite).returning(invite.c.id)
_USE = (
    update(invite)
    .where(
        invite.c.id == bindparam("this"),
        invite.c.school_id == bindparam("school"),
        invite.c.kind == InvitationKind.PERSONAL,
        invite.c.used_at.is_(None),
    )
    .values(used_at=bindparam("now"))
)
_RENEW = (
    update(invite)
    .where(
        invite.c.school_id == bindparam("school"),
        invite.c.kind == bindparam("of_kind"),
        invite.c.group_id.is_not_distinct_from(bindparam("group")),
        invite.c.renewed_at.is_(None),
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
    """The new link's id."""
    created: int = await value(
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
    return created


async def by_token(db: AsyncSession, token: str) -> InvitationRow | None:
    """The link with this token, of any school and in any state: its columns tell which."""
    found = await row(db, _BY_TOKEN, token=token)
    return InvitationRow._make(found) if found else None


async def use(db: AsyncSession, school_id: int, invite_id: int, now: datetime) -> bool:
    """Use up a personal link; False when it was used before, or is none."""
    return await changed(db, _USE, this=invite_id, school=school_id, now=now) == 1


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
    """A new link in place of those of this kind (and group); its id. The old ones keep their rows."""
    await changed(db, _RENEW, school=school_id, of_kind=kind, group=group_id, now=now)
    return await create(db, school_id, kind, role, token, now=now, group_id=group_id, expires_at=expires_at)


async def current_family(db: AsyncSession, school_id: int, group_id: int) -> InvitationRow | None:
    """The link that a group's families use just now."""
    found = await row(db, _CURRENT_FAMILY, school_id=school_id, kind=InvitationKind.FAMILY, group_id=group_id)
    return InvitationRow._make(found) if found else None


async def current_staff(db: AsyncSession, school_id: int) -> InvitationRow | None:
    """The link that the school's adults use just now."""
    found = await row(db, _CURRENT, school_id=school_id, kind=InvitationKind.STAFF)
    return InvitationRow._make(found) if found else None
