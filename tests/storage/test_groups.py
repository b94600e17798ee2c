"""Groups of a school and of a membership."""

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import groups
from storage.groups import GroupRow
from storage.tables import Group, GroupKind, MembershipGroup
from tests.support.databases import statements_on
from tests.support.people import MadePerson, MadeSchool


def class_5b(school: MadeSchool) -> GroupRow:
    return GroupRow(school.groups["5B"], "5B", GroupKind.CLASS, 5, 24, 0, True)


def class_6a(school: MadeSchool) -> GroupRow:
    return GroupRow(school.groups["6A"], "6A", GroupKind.CLASS, 6, 22, 1, True)


def sfo(school: MadeSchool) -> GroupRow:
    return GroupRow(school.groups["SFO"], "SFO", GroupKind.SFO, None, 60, 2, True)


async def test_a_teachers_groups_come_in_the_schools_order(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson, stranger_teacher: MadePerson
) -> None:
    with statements_on(db) as seen:
        mine = await groups.of_membership(db, heia.id, tor.membership_id)

    assert mine == [class_5b(heia), class_6a(heia)]
    assert len([statement for statement in seen if not statement.startswith("BEGIN")]) == 1
    assert await groups.of_membership(db, heia.id, greet.membership_id) == [class_5b(heia)]


async def test_a_strangers_groups_are_not_ours(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, stranger_teacher: MadePerson
) -> None:
    assert await groups.of_membership(db, heia.id, stranger_teacher.membership_id) == []
    assert await groups.of_membership(db, fjern.id, stranger_teacher.membership_id) == [class_5b(fjern)]
    assert await groups.by_id(db, heia.id, fjern.groups["5B"]) is None

    db.add(MembershipGroup(membership_id=stranger_teacher.membership_id, group_id=heia.groups["5B"]))
    await db.flush()
    assert await groups.of_membership(db, heia.id, stranger_teacher.membership_id) == []


async def test_a_school_has_its_own_groups(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    assert await groups.all_of(db, heia.id) == [class_5b(heia), class_6a(heia), sfo(heia)]
    assert len(await groups.all_of(db, heia.id)) == 3
    assert await groups.by_id(db, heia.id, heia.groups["SFO"]) == sfo(heia)


async def test_an_inactive_group_is_found_only_by_id(
    db: AsyncSession, heia: MadeSchool, tor: MadePerson
) -> None:
    (await db.get_one(Group, heia.groups["5B"])).active = False
    await db.flush()

    assert await groups.all_of(db, heia.id) == [class_6a(heia), sfo(heia)]
    assert await groups.of_membership(db, heia.id, tor.membership_id) == [class_6a(heia)]
    assert len(await groups.all_of(db, heia.id)) == 2
    assert await groups.by_id(db, heia.id, heia.groups["5B"]) == class_5b(heia)._replace(active=False)
