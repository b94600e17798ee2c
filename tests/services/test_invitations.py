"""Invitations from the command line: a school's first leader joins by one."""

from datetime import timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import invitations
from pals.roles import Role
from storage import invitations as rows
from storage.tables import InvitationKind
from tests.support.people import MadeSchool
from tests.support.turns import MONDAY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_the_first_leader_gets_a_personal_invitation(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    token = await invitations.invite_from_command_line(db, "heia", Role.LEADER, None, MONDAY)
    assert token is not None
    made = await rows.by_token(db, token)
    assert made is not None
    assert (made.school_id, made.kind, made.role, made.group_id, made.expires_at) == (
        heia.id,
        InvitationKind.PERSONAL,
        Role.LEADER,
        None,
        MONDAY + timedelta(days=14),
    )


async def test_families_of_a_class_share_one_invitation(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    first = await invitations.invite_from_command_line(db, "heia", Role.FAMILY, "5B", MONDAY)
    assert first == await invitations.invite_from_command_line(db, "heia", Role.FAMILY, "5B", MONDAY)
    other = await invitations.invite_from_command_line(db, "fjern", Role.FAMILY, "5B", MONDAY)
    assert other != first


async def test_an_unknown_school_or_group_is_reported(db: AsyncSession, heia: MadeSchool) -> None:
    assert await invitations.invite_from_command_line(db, "borte", Role.LEADER, None, MONDAY) is None
    with pytest.raises(ValueError, match=r"Heia skole has no group called 9Z. It has: 5B, 6A, SFO."):
        await invitations.invite_from_command_line(db, "heia", Role.STAFF, "9Z", MONDAY)
    with pytest.raises(ValueError, match=r"A family joins by its class. Name one of: 5B, 6A, SFO."):
        await invitations.invite_from_command_line(db, "heia", Role.FAMILY, None, MONDAY)
