"""Memberships from request to decision, and which messages a person has already been sent."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import groups, memberships, people, retention
from storage.data_protection import OUTSIDE
from storage.delivery import audiences, claims, deliveries, occurrences, outcomes
from storage.delivery.audiences import Audience
from storage.tables import DeliveryStatus, Membership, OccurrenceStatus, Person, Standing
from tests.support.people import START, MadePerson, MadeSchool, make_person

LATER = START + timedelta(days=1)


async def how(db: AsyncSession, school: MadeSchool, person: MadePerson) -> tuple[Role, Standing, str | None]:
    row = await memberships.by_id(db, school.id, person.membership_id)
    assert row is not None
    return row.role, row.standing, row.name


async def test_declining_deletes_the_name_and_only_of_a_pending_request_here(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, tor: MadePerson
) -> None:
    ida = await make_person(db, heia, Role.STAFF, name="Ida", standing=Standing.PENDING)
    assert await memberships.decline(db, fjern.id, ida.membership_id) is False
    assert await memberships.decline(db, heia.id, tor.membership_id) is False, (
        "an active membership is not declined"
    )
    assert await memberships.decline(db, heia.id, ida.membership_id) is True
    assert await memberships.decline(db, heia.id, ida.membership_id) is False
    assert await how(db, heia, ida) == (Role.STAFF, Standing.DECLINED, None)
    assert await how(db, heia, tor) == (Role.STAFF, Standing.ACTIVE, "Tor")
    assert await memberships.activate(db, heia.id, ida.membership_id) is False, (
        "a no stands until asked again"
    )


async def test_requesting_again_is_pending_from_now(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    ida = await make_person(db, heia, Role.STAFF, standing=Standing.DECLINED)
    assert await memberships.request_again(db, fjern.id, ida.membership_id, "Ida", LATER) is False
    assert await memberships.request_again(db, heia.id, ida.membership_id, "Ida", LATER) is True
    assert await memberships.request_again(db, heia.id, ida.membership_id, "Ida", LATER) is False
    (row,) = await memberships.pending(db, heia.id)
    assert (row.id, row.name, row.created_at) == (ida.membership_id, "Ida", LATER)


async def test_a_new_role_keeps_the_membership(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, tor: MadePerson
) -> None:
    assert await memberships.set_role(db, fjern.id, tor.membership_id, Role.LEADER, "Tor") is False
    assert await memberships.set_role(db, heia.id, tor.membership_id, Role.TEAM, "Tor Dal") is True
    assert await how(db, heia, tor) == (Role.TEAM, Standing.ACTIVE, "Tor Dal")


async def test_groups_are_added_and_removed_one_by_one_within_the_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    mine = greet.membership_id
    assert await memberships.take_group(db, heia.id, mine, heia.groups["6A"]) is True
    assert await memberships.take_group(db, heia.id, mine, heia.groups["6A"]) is False
    assert await memberships.take_group(db, heia.id, mine, fjern.groups["6A"]) is False
    assert await memberships.take_group(db, fjern.id, mine, fjern.groups["6A"]) is False
    assert await memberships.leave_group(db, fjern.id, mine, heia.groups["5B"]) is False
    assert await memberships.leave_group(db, heia.id, mine, heia.groups["5B"]) is True
    assert await memberships.leave_group(db, heia.id, mine, heia.groups["5B"]) is False
    assert [g.name for g in await groups.of_membership(db, heia.id, mine)] == ["6A"]


async def test_a_declined_membership_is_reached_only_by_that_standing(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    ida = await make_person(db, heia, Role.STAFF, standing=Standing.DECLINED)
    alone = Audience(membership_id=ida.membership_id)
    told = Audience(membership_id=ida.membership_id, standing=Standing.DECLINED)
    assert [await audiences.reach(db, heia.id, each) for each in (alone, told)] == [0, 1]
    assert await audiences.reach(db, fjern.id, told) == 0


async def test_has_message_matches_person_kind_and_ref_in_any_slot(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    occurrence = await occurrences.insert_once(
        db,
        heia.id,
        kind="focus_staff",
        ref="2026-11",
        slot="2026-11-02",
        due_at=START,
        too_late_at=LATER,
        status=OccurrenceStatus.PLANNED,
        now=START,
    )
    assert occurrence is not None
    await deliveries.create_for_audience(
        db, heia.id, occurrence, Audience(membership_id=greet.membership_id), START
    )

    async def told(school: MadeSchool, person: MadePerson, kind: str, ref: str) -> bool:
        return await deliveries.has_message(db, school.id, person.id, kind, ref)

    assert await told(heia, greet, "focus_staff", "2026-11") is True
    assert await told(heia, greet, "focus_staff", "2026-12") is False
    assert await told(heia, greet, "focus_family", "2026-11") is False
    assert await told(heia, tor, "focus_staff", "2026-11") is False
    assert await told(fjern, greet, "focus_staff", "2026-11") is False
    (claimed,) = await claims.claim(db, "test", LATER, LATER, 10)
    await outcomes.record(db, "test", [outcomes.Outcome(claimed.id, DeliveryStatus.MISSED)])
    assert await told(heia, greet, "focus_staff", "2026-11") is False, "a missed delivery does not count"


async def test_retention_deletes_old_requests_and_people_without_a_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, tor: MadePerson
) -> None:
    waits = await make_person(db, heia, Role.STAFF, name="Ida", standing=Standing.PENDING)
    declined = await make_person(db, fjern, Role.STAFF, standing=Standing.DECLINED)
    assert await retention.expire(db, Membership, START + OUTSIDE) == 0
    assert await retention.expire(db, Membership, LATER + OUTSIDE) == 2
    assert await retention.expire(db, Person, START + OUTSIDE) == 0
    assert await retention.expire(db, Person, LATER + OUTSIDE) == 2
    found = [await people.by_telegram(db, each.telegram_id) for each in (waits, declined, tor)]
    assert [each.id if each else None for each in found] == [None, None, tor.id]
