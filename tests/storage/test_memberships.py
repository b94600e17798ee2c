"""Memberships: pending, active, groups, removal; the other school is unchanged."""

from datetime import UTC, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import groups, memberships, people
from storage.memberships import MembershipRow
from storage.tables import Delivery, DeliveryStatus, Membership, MembershipGroup, Occurrence, OccurrenceStatus
from storage.tables import Standing as At
from tests.support.people import START, MadePerson, MadeSchool, join

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def row_of(school: MadeSchool, who: MadePerson, name: str | None) -> MembershipRow:
    return MembershipRow(
        id=who.membership_id,
        person_id=who.id,
        telegram_id=who.telegram_id,
        language=who.language,
        reachable=True,
        school_id=school.id,
        slug=school.slug,
        school_name=school.name,
        role=who.role,
        standing=At.ACTIVE,
        name=name,
        muted=False,
        created_at=START,
    )


async def everything(db: AsyncSession, school: MadeSchool) -> tuple[object, ...]:
    """A school's memberships and their groups, to compare before and after."""
    roles = await db.exec(
        select(Membership.id, Membership.role, Membership.standing, Membership.muted)
        .where(Membership.school_id == school.id)
        .order_by(col(Membership.id))
    )
    links = await db.exec(
        select(MembershipGroup.membership_id, MembershipGroup.group_id)
        .join(Membership, col(Membership.id) == col(MembershipGroup.membership_id))
        .where(Membership.school_id == school.id)
        .order_by(col(MembershipGroup.membership_id), col(MembershipGroup.group_id))
    )
    return roles.all(), links.all()


async def test_memberships_are_found_by_role_within_the_school(
    db: AsyncSession,
    heia: MadeSchool,
    *,
    greet: MadePerson,
    lise: MadePerson,
    amir: MadePerson,
    stranger_teacher: MadePerson,
    stranger_leader: MadePerson,
) -> None:
    teacher, leader, parent = (
        row_of(heia, greet, "Greet"),
        row_of(heia, lise, "Lise"),
        row_of(heia, amir, None),
    )

    assert await memberships.of_role(db, heia.id, Role.STAFF) == [teacher]
    assert await memberships.of_role(db, heia.id, Role.FAMILY, Role.LEADER) == [leader, parent]
    assert await memberships.leaders(db, heia.id) == [leader]
    assert await memberships.of_role(db, heia.id, Role.OWNER) == []
    assert await memberships.by_id(db, heia.id, greet.membership_id) == teacher
    assert await memberships.find(db, heia.id, greet.id, Role.STAFF) == teacher


async def test_a_strangers_membership_is_not_found(
    db: AsyncSession, heia: MadeSchool, *, greet: MadePerson, tor: MadePerson, stranger_teacher: MadePerson
) -> None:
    assert await memberships.find(db, heia.id, tor.id, Role.STAFF) == row_of(heia, tor, "Tor")
    assert await memberships.by_id(db, heia.id, stranger_teacher.membership_id) is None
    assert await memberships.find(db, heia.id, stranger_teacher.id, Role.STAFF) is None
    assert await memberships.find(db, heia.id, greet.id, Role.LEADER) is None


async def test_a_role_is_unique_for_a_person_at_a_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    async def add(school: MadeSchool) -> int | None:
        return await memberships.add(db, school.id, greet.id, Role.STAFF, At.ACTIVE, now=NOW, name="Greet")

    assert await add(heia) is None
    added = await add(fjern)
    assert added is not None
    assert await memberships.by_id(db, fjern.id, added) == row_of(fjern, greet, "Greet")._replace(
        id=added, created_at=NOW
    )


async def test_a_request_is_pending_until_its_own_school_confirms_it(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, amir: MadePerson
) -> None:
    here, _ = await join(db, amir.id, heia, Role.STAFF, standing=At.PENDING)
    there, _ = await join(db, amir.id, fjern, Role.STAFF, standing=At.PENDING)
    other_school = await everything(db, fjern)

    assert [row.id for row in await memberships.pending(db, heia.id)] == [here]
    assert [row.person_id for row in await memberships.of_role(db, heia.id, Role.STAFF)] == [greet.id]
    assert not await memberships.activate(db, heia.id, there)
    assert [await memberships.activate(db, heia.id, here) for _ in range(2)] == [True, False]
    assert await memberships.pending(db, heia.id) == []
    assert [row.id for row in await memberships.of_role(db, heia.id, Role.STAFF)] == [
        greet.membership_id,
        here,
    ]
    assert await everything(db, fjern) == other_school


async def test_muting_is_limited_to_the_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, amir: MadePerson, stranger_teacher: MadePerson
) -> None:
    other_school = await everything(db, fjern)

    assert await memberships.mute(db, heia.id, amir.membership_id, True)
    assert not await memberships.mute(db, heia.id, stranger_teacher.membership_id, True)

    assert [row.muted for row in await memberships.of_role(db, heia.id, Role.FAMILY)] == [True]
    assert await everything(db, fjern) == other_school


async def test_set_groups_replaces_them_and_ignores_other_schools_groups(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, tor: MadePerson, stranger_teacher: MadePerson
) -> None:
    other_school = await everything(db, fjern)

    await memberships.set_groups(
        db, heia.id, tor.membership_id, [heia.groups["SFO"], heia.groups["5B"], fjern.groups["6A"]]
    )
    await memberships.set_groups(db, heia.id, stranger_teacher.membership_id, [heia.groups["6A"]])

    _, links = await everything(db, heia)
    assert links == [(tor.membership_id, heia.groups["5B"]), (tor.membership_id, heia.groups["SFO"])]
    assert await everything(db, fjern) == other_school

    await memberships.set_groups(db, heia.id, tor.membership_id, [])
    assert await groups.of_membership(db, heia.id, tor.membership_id) == []


async def test_removal_cancels_pending_deliveries_and_keeps_sent_ones(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    other_school = await everything(db, fjern)
    for slot, status in (("2026-11-02", DeliveryStatus.SENT), ("2026-11-09", DeliveryStatus.WAITING)):
        await deliver(db, heia, greet, slot, status)

    assert not await memberships.remove(db, heia.id, stranger_teacher.membership_id)
    assert [await memberships.remove(db, heia.id, greet.membership_id) for _ in range(2)] == [True, False]

    actor = await people.actor(db, greet.telegram_id)
    assert actor is not None
    assert actor.membership_id is None
    kept = select(Delivery.person_id, Delivery.membership_id, Delivery.status).order_by(col(Delivery.id))
    assert (await db.exec(kept)).all() == [
        (greet.id, None, DeliveryStatus.SENT),
        (None, None, DeliveryStatus.CANCELLED),
    ]
    assert await everything(db, heia) == ([], [])
    assert await everything(db, fjern) == other_school


async def deliver(
    db: AsyncSession, school: MadeSchool, who: MadePerson, slot: str, status: DeliveryStatus
) -> None:
    occurrence = Occurrence(
        school_id=school.id,
        kind="prompt",
        ref="2026-W45",
        slot=slot,
        due_at=NOW,
        too_late_at=NOW,
        status=OccurrenceStatus.PLANNED,
        planned_at=NOW,
    )
    db.add(occurrence)
    await db.flush()
    assert occurrence.id is not None
    db.add(
        Delivery(
            school_id=school.id,
            occurrence_id=occurrence.id,
            person_id=who.id,
            membership_id=who.membership_id,
            due_at=NOW,
            status=status,
        )
    )
    await db.flush()
