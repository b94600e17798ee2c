"""Counts of active memberships by role and by group."""

from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import membership_counts
from storage.membership_counts import FamiliesRow
from storage.tables import Standing
from tests.support.people import MadePerson, MadeSchool, make_person


async def test_each_school_counts_its_own_active_memberships(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    lise: MadePerson,
    tor: MadePerson,
    stranger_teacher: MadePerson,
    stranger_leader: MadePerson,
) -> None:
    await make_person(db, heia, Role.STAFF, standing=Standing.PENDING)
    await make_person(db, heia, Role.FAMILY, ["5B"])
    assert await membership_counts.by_role(db, heia.id) == {Role.LEADER: 1, Role.STAFF: 1, Role.FAMILY: 1}
    assert await membership_counts.by_role(db, fjern.id) == {Role.LEADER: 1, Role.STAFF: 1}


async def test_a_family_with_two_children_counts_in_both_classes_and_teachers_in_none(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, tor: MadePerson, amir: MadePerson
) -> None:
    await make_person(db, heia, Role.FAMILY, ["5B", "6A"])
    await make_person(db, fjern, Role.FAMILY, ["SFO"])
    assert await membership_counts.families_by_group(db, heia.id) == [
        FamiliesRow(heia.groups["5B"], "5B", 2),
        FamiliesRow(heia.groups["6A"], "6A", 1),
        FamiliesRow(heia.groups["SFO"], "SFO", 0),
    ]
