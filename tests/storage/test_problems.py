"""Delivery problems: uncertain, missed and forgotten occurrences, found by their own school only."""

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import people, problems
from storage.delivery import claims, deliveries, occurrences, outcomes
from storage.delivery.audiences import Audience
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus, OccurrenceStatus
from tests.support.people import MadeSchool, make_person

DUE = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOO_LATE = DUE + 9 * HOUR
STAFF = Audience(frozenset({Role.STAFF}))


async def plan(
    db: AsyncSession,
    school: MadeSchool,
    slot: str,
    *,
    kind: str = "prompt",
    due: datetime = DUE,
    planned: datetime = DUE,
    missed: bool = False,
) -> int:
    made = await occurrences.insert_once(
        db,
        school.id,
        kind=kind,
        ref="2026-W45",
        slot=slot,
        due_at=due,
        too_late_at=due + 9 * HOUR,
        status=OccurrenceStatus.MISSED if missed else OccurrenceStatus.CLOSED,
        now=planned,
        audience=STAFF,
    )
    assert made is not None
    return made


async def ended(db: AsyncSession, school: MadeSchool, occurrence: int, *ends: DeliveryStatus) -> None:
    """Creates a delivery for each of the staff, with these outcomes; the others wait."""
    await deliveries.create_for_audience(db, school.id, occurrence, STAFF, DUE)
    held = await claims.claim(db, "w", DUE, DUE + HOUR, len(ends))
    await outcomes.record(db, "w", [Outcome(c.id, end) for c, end in zip(held, ends, strict=True)])


async def test_uncertain_missed_and_forgotten_occurrences_are_listed_oldest_first(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    for _ in range(3):
        await make_person(db, heia, Role.STAFF)
    late = await plan(db, heia, "missed", planned=TOO_LATE + HOUR, missed=True)
    forgotten = await plan(db, heia, "forgotten", planned=DUE + HOUR, missed=True)
    mixed = await plan(db, heia, "mixed", due=DUE + HOUR)
    await ended(db, heia, mixed, DeliveryStatus.UNCERTAIN, DeliveryStatus.MISSED, DeliveryStatus.SENT)
    fine = await plan(db, heia, "sent", due=DUE + 3 * HOUR)
    await ended(db, heia, fine, *[DeliveryStatus.SENT] * 3)
    waiting = await plan(db, heia, "waits beyond its time", due=DUE + 2 * HOUR)
    await ended(db, heia, waiting)
    await plan(db, heia, "long ago", due=DUE - 30 * DAY, missed=True)
    await plan(db, heia, "of no interest", kind="refused", missed=True)
    await plan(db, fjern, "another school's", missed=True)
    found = await problems.of_school(db, heia.id, DUE - 14 * DAY, TOO_LATE + DAY, ["refused"])
    assert [
        (one.id, one.planned, one.uncertain, one.missed, one.was_never_expanded, one.lost) for one in found
    ] == [
        (late, 0, 0, 0, True, False),
        (forgotten, 0, 0, 0, True, True),
        (mixed, 3, 1, 1, False, False),
        (waiting, 3, 0, 3, False, False),
    ]
    assert found[0].readers == STAFF
    in_time = await problems.of_school(db, heia.id, DUE - 14 * DAY, TOO_LATE, ["refused"])
    assert [one.id for one in in_time] == [late, forgotten, mixed]


async def test_deliveries_of_readers_who_left_are_not_uncertain(db: AsyncSession, heia: MadeSchool) -> None:
    reader = await make_person(db, heia, Role.STAFF)
    await ended(db, heia, await plan(db, heia, "x"), DeliveryStatus.UNCERTAIN)
    assert len(await problems.of_school(db, heia.id, DUE, DUE, [])) == 1
    await people.forget(db, reader.id)
    assert await problems.of_school(db, heia.id, DUE, DUE, []) == []


async def test_a_school_is_found_when_a_deadline_has_just_passed(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    await make_person(db, heia, Role.STAFF)
    await ended(db, heia, await plan(db, heia, "waits"))
    await plan(db, fjern, "off for long", due=DUE - DAY, planned=TOO_LATE, missed=True)
    later = TOO_LATE + timedelta(minutes=1)
    found = [
        await problems.just_missed(db, since, now, ["refused"])
        for since, now in ((DUE, TOO_LATE - HOUR), (DUE, later), (later, later + HOUR))
    ]
    assert found == [[fjern.id], [heia.id, fjern.id], []]
    assert await problems.just_missed(db, DUE, later, ["prompt"]) == []


async def test_a_missed_occurrence_is_reopened_once_and_by_its_own_school_only(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    this = await plan(db, heia, "x", missed=True)
    until = TOO_LATE + DAY
    assert not await problems.reopen(db, fjern.id, this, until)
    assert [await problems.reopen(db, heia.id, this, until) for _ in range(2)] == [True, False]
    row = await occurrences.by_id(db, heia.id, this)
    assert row is not None
    assert (row.status, row.too_late_at) == (OccurrenceStatus.CLOSED, until)


async def test_the_last_notice_is_each_schools_own(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    for days in (0, 1):
        await plan(db, heia, str(days), kind="missed", due=DUE + days * DAY)
    assert await problems.last_notice(db, heia.id, "missed", DUE + 7 * DAY) == DUE + DAY
    assert await problems.last_notice(db, heia.id, "missed", DUE + DAY) == DUE
    assert await problems.last_notice(db, heia.id, "missed", DUE) is None
    assert await problems.last_notice(db, fjern.id, "missed", DUE + 7 * DAY) is None
