"""Invitations: which one is current, and for which school."""

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import invitations
from storage.invitations import InvitationRow
from storage.tables import InvitationKind
from tests.support.people import MadeSchool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
EARLIER = NOW - timedelta(hours=1)


async def create_family(db: AsyncSession, school: MadeSchool, token: str, group: str = "5B") -> int:
    return await invitations.create(
        db, school.id, InvitationKind.FAMILY, Role.FAMILY, token, now=NOW, group_id=school.groups[group]
    )


def family_row(invitation_id: int, school: MadeSchool, token: str, group: str = "5B") -> InvitationRow:
    return InvitationRow(
        id=invitation_id,
        school_id=school.id,
        kind=InvitationKind.FAMILY,
        role=Role.FAMILY,
        group_id=school.groups[group],
        token=token,
        expires_at=None,
        used_at=None,
        renewed_at=None,
        created_at=NOW,
    )


async def test_a_token_finds_its_invitation(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    ours, theirs = await create_family(db, heia, "heia-5b"), await create_family(db, fjern, "fjern-5b")

    assert await invitations.by_token(db, "heia-5b") == family_row(ours, heia, "heia-5b")
    assert await invitations.by_token(db, "fjern-5b") == family_row(theirs, fjern, "fjern-5b")
    assert await invitations.by_token(db, "heia-5B") is None


async def test_a_personal_invitation_is_used_once_and_at_its_own_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    personal = await invitations.create(
        db, heia.id, InvitationKind.PERSONAL, Role.LEADER, "en-gang", now=NOW, expires_at=LATER
    )

    assert not await invitations.use(db, fjern.id, personal, NOW)
    assert [await invitations.use(db, heia.id, personal, at) for at in (NOW, LATER)] == [True, False]
    assert await invitations.by_token(db, "en-gang") == InvitationRow(
        personal, heia.id, InvitationKind.PERSONAL, Role.LEADER, None, "en-gang", LATER, NOW, None, NOW
    )


async def test_an_invitation_for_many_is_never_used_up(db: AsyncSession, heia: MadeSchool) -> None:
    ours = await create_family(db, heia, "heia-5b")

    assert not await invitations.use(db, heia.id, ours, NOW)
    assert await invitations.by_token(db, "heia-5b") == family_row(ours, heia, "heia-5b")


async def test_renewing_replaces_the_groups_invitation_and_no_other(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    old = await create_family(db, heia, "old-5b")
    other = await create_family(db, heia, "heia-6a", "6A")
    theirs = await create_family(db, fjern, "fjern-5b")

    new = await invitations.renew(
        db, heia.id, InvitationKind.FAMILY, Role.FAMILY, "new-5b", now=LATER, group_id=heia.groups["5B"]
    )

    assert await invitations.current_family(db, heia.id, heia.groups["5B"]) == family_row(
        new, heia, "new-5b"
    )._replace(created_at=LATER)
    assert await invitations.by_token(db, "old-5b") == family_row(old, heia, "old-5b")._replace(
        renewed_at=LATER
    )
    assert await invitations.current_family(db, heia.id, heia.groups["6A"]) == family_row(
        other, heia, "heia-6a", "6A"
    )
    assert await invitations.current_family(db, fjern.id, fjern.groups["5B"]) == family_row(
        theirs, fjern, "fjern-5b"
    )
    assert await invitations.current_family(db, heia.id, fjern.groups["5B"]) is None


async def test_renewing_replaces_the_staff_invitation(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    """Also with clock skew: the newest row counts."""
    assert await invitations.current_staff(db, heia.id) is None
    for school in (fjern, heia):
        for turn, now in (("1", NOW), ("2", LATER), ("3", EARLIER)):
            token = f"{school.slug}-{turn}"
            await invitations.renew(db, school.id, InvitationKind.STAFF, Role.STAFF, token, now=now)

    current = [await invitations.current_staff(db, school.id) for school in (heia, fjern)]
    retired = [await invitations.by_token(db, f"heia-{turn}") for turn in (1, 2, 3)]
    assert [row.token for row in current if row] == ["heia-3", "fjern-3"]
    assert [row.renewed_at for row in retired if row] == [LATER, EARLIER, None]
