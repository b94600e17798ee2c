"""A school file becomes rows, and rows become the same file."""

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from bot.content.school_file import SchoolFile, read
from bot.services import schools
from pals.weeks import IsoWeek
from pals.yearwheel import practice_index
from storage import year_wheels
from storage.database import Database

NOW = datetime(2026, 8, 1, 6, tzinfo=UTC)


@pytest.fixture
def liten() -> SchoolFile:
    with resources.as_file(resources.files("bot.content") / "schools" / "liten.yaml") as path:
        return read(Path(path))


async def test_a_loaded_school_is_exported_as_the_same_file(database: Database, liten: SchoolFile) -> None:
    async with database.writing() as db:
        await schools.load(db, liten, NOW)
    async with database.reading() as db:
        assert await schools.export(db, liten.school.slug) == liten


async def test_loading_twice_changes_nothing(database: Database, liten: SchoolFile) -> None:
    async with database.writing() as db:
        first = await schools.load(db, liten, NOW)
    async with database.writing() as db:
        second = await schools.load(db, liten, NOW)
    assert (first.new, first.changed > 20) == (True, True)
    assert second == schools.Loaded(first.school_id, new=False, changed=0)


async def test_a_changed_file_changes_just_what_differs(database: Database, liten: SchoolFile) -> None:
    fewer = liten.model_copy(
        update={
            "groups": liten.groups[:-1],
            "focuses": liten.focuses[1:],
            "campaigns": (),
            "school": liten.school.model_copy(update={"name": "Ny skole"}),
        }
    )
    async with database.writing() as db:
        await schools.load(db, liten, NOW)
    async with database.writing() as db:
        loaded = await schools.load(db, fewer, NOW)
        assert await schools.export(db, liten.school.slug) == fewer
    assert (loaded.new, loaded.changed) == (False, 4)


async def test_the_year_wheel_of_a_loaded_school_knows_its_weeks(
    database: Database, liten: SchoolFile
) -> None:
    async with database.writing() as db:
        loaded = await schools.load(db, liten, NOW)
        wheel = await year_wheels.of_school(db, loaded.school_id)
    month = liten.focuses[0].month
    day = wheel.calendar.first_school_day(month.year, month.month)
    assert day is not None
    assert practice_index(wheel, IsoWeek.of(day)) == (str(month), 0)
    assert [(r.key, r.kind) for r in wheel.meeting_series] == [(m.key, m.kind) for m in liten.meetings]


async def test_no_school_of_that_name_exports_as_nothing(database: Database) -> None:
    async with database.reading() as db:
        assert await schools.export(db, "ingen") is None
