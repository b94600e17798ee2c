"""Occurrences: planned once at each school, found and told by their own school alone."""

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import occurrences, schools
from storage.tables import OccurrenceStatus
from tests.people import START, MadeSchool

DUE = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


async def plan(
    db: AsyncSession, school: MadeSchool, slot: str, *, missed: bool = False, due: datetime = DUE
) -> int | None:
    return await occurrences.plan(
        db,
        school.id,
        kind="prompt",
        ref="2026-W45",
        slot=slot,
        due_at=due,
        too_late_at=due + timedelta(hours=9),
        status=OccurrenceStatus.MISSED if missed else OccurrenceStatus.PLANNED,
        now=due,
    )


async def test_an_occurrence_is_planned_once_at_each_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    first, again = await plan(db, heia, "2026-11-02"), await plan(db, heia, "2026-11-02")
    elsewhere, later = await plan(db, fjern, "2026-11-02"), await plan(db, heia, "2026-11-03")
    assert again is None
    assert len({first, elsewhere, later} - {None}) == 3


async def test_an_occurrence_is_found_by_its_own_school_alone(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    made = await plan(db, heia, "2026-11-02")
    found = await occurrences.find(db, heia.id, "prompt", "2026-W45", "2026-11-02")
    assert found is not None
    assert (found.id, found.due_at, found.status) == (made, DUE, OccurrenceStatus.PLANNED)
    assert await occurrences.find(db, fjern.id, "prompt", "2026-W45", "2026-11-02") is None
    assert await occurrences.find(db, heia.id, "prompt", "2026-W45", "2026-11-09") is None


async def test_what_was_missed_is_told_to_its_own_school_oldest_first(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    second = await plan(db, heia, "b", missed=True, due=DUE + timedelta(days=1))
    first = await plan(db, heia, "a", missed=True)
    await plan(db, heia, "sent")
    await plan(db, heia, "long ago", missed=True, due=DUE - timedelta(days=30))
    await plan(db, fjern, "a", missed=True)
    assert [o.id for o in await occurrences.missed(db, heia.id, DUE - timedelta(days=14))] == [first, second]


async def test_a_school_is_planned_forward_and_never_back(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    assert await schools.planned(db, heia.id, DUE)
    assert not await schools.planned(db, heia.id, DUE - timedelta(days=1))
    assert [(s.id, s.planned_until) for s in await schools.to_plan(db)] == [(heia.id, DUE), (fjern.id, START)]
