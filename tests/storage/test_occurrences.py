"""Occurrences: inserted idempotently, found by their own school only."""

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage.delivery import occurrences
from storage.tables import OccurrenceStatus
from tests.support.people import MadeSchool

DUE = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


async def plan(db: AsyncSession, school: MadeSchool, slot: str) -> int | None:
    return await occurrences.insert_once(
        db,
        school.id,
        kind="prompt",
        ref="2026-W45",
        slot=slot,
        due_at=DUE,
        too_late_at=DUE + timedelta(hours=9),
        status=OccurrenceStatus.PLANNED,
        now=DUE,
    )


async def test_inserting_an_occurrence_is_idempotent_at_each_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    first, again = await plan(db, heia, "2026-11-02"), await plan(db, heia, "2026-11-02")
    elsewhere, later = await plan(db, fjern, "2026-11-02"), await plan(db, heia, "2026-11-03")
    assert again is None
    assert len({first, elsewhere, later} - {None}) == 3


async def test_an_occurrence_is_found_by_its_own_school_only(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    made = await plan(db, heia, "2026-11-02")
    found = await occurrences.find(db, heia.id, "prompt", "2026-W45", "2026-11-02")
    assert found is not None
    assert (found.id, found.due_at, found.status) == (made, DUE, OccurrenceStatus.PLANNED)
    assert await occurrences.find(db, fjern.id, "prompt", "2026-W45", "2026-11-02") is None
    assert await occurrences.find(db, heia.id, "prompt", "2026-W45", "2026-11-09") is None
