"""People: the actor of an account or a message, settings, and erasure."""

from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Answer, Behaviour
from pals.roles import Role
from storage import (
    announcements,
    audits,
    drafts,
    handovers,
    incidents,
    memberships,
    people,
    practices,
    praises,
)
from storage.people import ActorRow, PersonRow
from storage.tables import (
    Announcement,
    Audit,
    Delivery,
    DeliveryStatus,
    Draft,
    Handover,
    Incident,
    MembershipGroup,
    Occurrence,
    OccurrenceStatus,
    Person,
    Practice,
    Praise,
    Standing,
)
from tests.support.databases import statements_on
from tests.support.people import START, MadePerson, MadeSchool, join

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def staff_at(school: MadeSchool, who: MadePerson) -> ActorRow:
    return ActorRow(
        person_id=who.id,
        telegram_id=who.telegram_id,
        language=who.language,
        reachable=True,
        membership_id=who.membership_id,
        role=who.role,
        standing=Standing.ACTIVE,
        school_id=school.id,
        slug=school.slug,
        school_name=school.name,
        timezone="Europe/Oslo",
        languages=["nb", "nn", "en", "ar"],
    )


# --- the actor ----------------------------------------------------------------------------------------------


async def test_the_actor_is_the_person_and_the_role_in_one_query(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    with statements_on(db) as seen:
        actor = await people.actor(db, greet.telegram_id)

    assert actor == staff_at(heia, greet)
    assert len([statement for statement in seen if not statement.startswith("BEGIN")]) == 1


async def test_a_stranger_is_an_actor_at_their_own_school(
    db: AsyncSession, greet: MadePerson, fjern: MadeSchool, stranger_teacher: MadePerson
) -> None:
    assert await people.actor(db, stranger_teacher.telegram_id) == staff_at(fjern, stranger_teacher)


async def test_an_unknown_account_has_no_actor(db: AsyncSession, greet: MadePerson) -> None:
    assert await people.actor(db, 1) is None
    assert await people.by_telegram(db, 1) is None


async def test_the_chosen_role_takes_precedence_over_a_newer_one(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    at_fjern, _ = await join(db, greet.id, fjern, Role.LEADER)

    assert await people.actor(db, greet.telegram_id) == staff_at(heia, greet)._replace(has_other_roles=True)

    assert await people.choose_membership(db, greet.id, at_fjern)
    assert await people.actor(db, greet.telegram_id) == staff_at(fjern, greet)._replace(
        membership_id=at_fjern, role=Role.LEADER, has_other_roles=True
    )


async def test_a_pending_role_is_not_another_role(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    await join(db, greet.id, fjern, Role.STAFF, standing=Standing.PENDING)
    assert await people.actor(db, greet.telegram_id) == staff_at(heia, greet)


# --- the reader of a message --------------------------------------------------------------------------------


async def delivered(
    db: AsyncSession, school: MadeSchool, person_id: int, membership_id: int, message_id: int
) -> None:
    """Delivers a message of this school under this message id of the person's chat."""
    occurrence = Occurrence(
        school_id=school.id,
        kind="prompt",
        ref=f"{message_id}",
        slot="",
        due_at=NOW,
        too_late_at=NOW,
        status=OccurrenceStatus.PLANNED,
        planned_at=NOW,
    )
    db.add(occurrence)
    await db.flush()
    db.add(
        Delivery(
            school_id=school.id,
            occurrence_id=occurrence.id or 0,
            person_id=person_id,
            membership_id=membership_id,
            due_at=NOW,
            status=DeliveryStatus.SENT,
            message_id=message_id,
        )
    )
    await db.flush()


async def test_the_actor_of_a_message_is_the_role_it_was_sent_to(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    at_fjern, _ = await join(db, greet.id, fjern, Role.LEADER)
    await delivered(db, fjern, greet.id, at_fjern, 57)
    await delivered(db, fjern, stranger_teacher.id, stranger_teacher.membership_id, 58)

    as_leader = staff_at(fjern, greet)._replace(
        membership_id=at_fjern, role=Role.LEADER, has_other_roles=True
    )
    assert await people.actor_of_message(db, greet.id, 57) == as_leader
    assert await people.actor_of_message(db, greet.id, 58) is None  # the stranger's, in a chat of their own
    assert await people.actor_of_message(db, stranger_teacher.id, 57) is None
    assert await people.actor_of_message(db, greet.id, 59) is None


async def test_a_message_to_an_ended_role_has_no_actor(
    db: AsyncSession, fjern: MadeSchool, greet: MadePerson
) -> None:
    at_fjern, _ = await join(db, greet.id, fjern, Role.LEADER)
    await delivered(db, fjern, greet.id, at_fjern, 57)
    await memberships.remove(db, fjern.id, at_fjern)
    assert await people.actor_of_message(db, greet.id, 57) is None


async def test_without_a_choice_the_newest_active_role_counts(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    at_fjern = await memberships.add(
        db, fjern.id, greet.id, Role.TEAM, Standing.ACTIVE, now=START + timedelta(days=1)
    )
    await memberships.add(
        db, fjern.id, greet.id, Role.LEADER, Standing.PENDING, now=START + timedelta(days=2)
    )
    (await db.get_one(Person, greet.id)).membership_id = None
    await db.flush()

    assert await people.actor(db, greet.telegram_id) == staff_at(fjern, greet)._replace(
        membership_id=at_fjern, role=Role.TEAM, has_other_roles=True
    )


async def test_a_person_without_a_role_keeps_their_language(db: AsyncSession, greet: MadePerson) -> None:
    person_id = await people.create(db, 8_000_000_000, "uk", NOW)

    assert await people.actor(db, 8_000_000_000) == ActorRow(
        person_id, 8_000_000_000, "uk", True, None, None, None, None, None, None, None, None
    )


async def test_another_persons_role_cannot_be_chosen(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, stranger_leader: MadePerson
) -> None:
    assert not await people.choose_membership(db, greet.id, stranger_leader.membership_id)
    assert await people.actor(db, greet.telegram_id) == staff_at(heia, greet)


# --- the person ---------------------------------------------------------------------------------------------


async def test_a_person_is_created_once(db: AsyncSession, greet: MadePerson) -> None:
    made = await people.create(db, 8_000_000_000, "en", NOW)

    assert await people.create(db, 8_000_000_000, "nb", NOW) == made
    assert await people.by_telegram(db, 8_000_000_000) == PersonRow(
        made, 8_000_000_000, "en", False, None, None, None, True, NOW
    )


async def test_settings_change_only_that_person(db: AsyncSession, greet: MadePerson, tor: MadePerson) -> None:
    before = await people.by_telegram(db, tor.telegram_id)

    await people.set_language(db, greet.id, "nn")
    await people.set_quiet(db, greet.id, time(20), time(7, 30))

    assert await people.by_telegram(db, greet.telegram_id) == PersonRow(
        greet.id, greet.telegram_id, "nn", True, time(20), time(7, 30), greet.membership_id, True, START
    )
    assert await people.by_telegram(db, tor.telegram_id) == before

    await people.set_quiet(db, greet.id, None, None)
    after = await people.by_telegram(db, greet.telegram_id)
    assert after is not None
    assert (after.quiet_from, after.quiet_to) == (None, None)


async def test_set_reachable_reports_a_change_once(
    db: AsyncSession, greet: MadePerson, tor: MadePerson
) -> None:
    assert [await people.set_reachable(db, greet.telegram_id, False) for _ in range(2)] == [True, False]

    actors = [await people.actor(db, who.telegram_id) for who in (greet, tor)]
    assert [actor.reachable for actor in actors if actor] == [False, True]


async def test_a_persons_roles_at_every_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    await join(db, greet.id, fjern, Role.ADVISOR, standing=Standing.PENDING)

    roles = [(row.slug, row.role, row.standing) for row in await memberships.of_person(db, greet.id)]
    assert roles == [("heia", Role.STAFF, Standing.ACTIVE), ("fjern", Role.ADVISOR, Standing.PENDING)]


# --- erasure -----------------------------------------------------------------------------------------------


async def test_erasure_removes_the_person_from_every_row_and_keeps_the_schools_records(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    """Two people with rows in every table; one is erased, and the other's rows are unchanged."""
    for who in (greet, tor):
        await leave_traces(db, heia, who)

    await people.forget(db, greet.id)

    assert await people.by_telegram(db, greet.telegram_id) is None
    assert {model: await owners(db, model) for model in OWNED} == {model: [None, tor.id] for model in OWNED}
    for model in (Praise, Incident):
        keys = (
            await db.exec(select(col(model.id), col(model.idempotency_key)).order_by(col(model.id)))
        ).all()
        assert [key.split(":")[0] for _, key in keys] == ["0", str(tor.telegram_id)]
        assert keys[0][1] == f"0:{keys[0][0]}"
    assert [row.person_id for row in await memberships.of_role(db, heia.id, Role.STAFF)] == [tor.id]
    assert (await db.exec(select(Draft.person_id))).all() == [tor.id]
    assert set((await db.exec(select(MembershipGroup.membership_id))).all()) == {tor.membership_id}


async def test_erasure_cancels_pending_deliveries(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    occurrence = Occurrence(
        school_id=heia.id,
        kind="prompt",
        ref="2026-W45",
        slot="2026-11-02",
        due_at=NOW,
        too_late_at=NOW,
        status=OccurrenceStatus.PLANNED,
        planned_at=NOW,
    )
    db.add(occurrence)
    await db.flush()
    assert occurrence.id is not None
    db.add_all(
        Delivery(
            school_id=heia.id,
            occurrence_id=occurrence.id,
            person_id=who.id,
            membership_id=who.membership_id,
            due_at=NOW,
        )
        for who in (greet, tor)
    )
    await db.flush()

    await people.forget(db, greet.id)

    kept = select(Delivery.person_id, Delivery.membership_id, Delivery.status).order_by(col(Delivery.id))
    assert (await db.exec(kept)).all() == [
        (None, None, DeliveryStatus.CANCELLED),
        (tor.id, tor.membership_id, DeliveryStatus.WAITING),
    ]


Owned = type[Praise | Incident | Handover | Practice | Announcement | Audit]
OWNED: tuple[Owned, ...] = (Praise, Incident, Handover, Practice, Announcement, Audit)


async def owners(db: AsyncSession, model: Owned) -> list[int | None]:
    return list((await db.exec(select(col(model.person_id)).order_by(col(model.id)))).all())


async def leave_traces(db: AsyncSession, school: MadeSchool, who: MadePerson) -> None:
    day = date(2026, 11, 2)
    incident_id = await incidents.add(
        db,
        school.id,
        behaviour=Behaviour.UNKIND,
        area_id=school.areas["gang"],
        person_id=who.id,
        at=NOW,
        day=day,
        idempotency_key=f"{who.telegram_id}:2",
    )
    assert incident_id is not None
    await praises.add(
        db,
        school.id,
        group_id=school.groups["5B"],
        expectation_id=school.expectations["gang-hilser"],
        person_id=who.id,
        at=NOW,
        day=day,
        idempotency_key=f"{who.telegram_id}:1",
    )
    await handovers.add(db, school.id, incident_id, who.id, NOW, by_adult=False)
    await practices.report(db, school.id, who.groups[0], "2026-W45", Answer.DONE, person_id=who.id, now=NOW)
    await announcements.create(db, school.id, who.id, "staff", "Hei", now=NOW)
    await drafts.put(db, who.id, "announcement", {}, NOW)
    await audits.record(db, school.id, who.id, NOW, "recognition.add")
