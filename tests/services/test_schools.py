"""A school is loaded, changed by a diff, taken back and exported: round trips and idempotence."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.school import read
from bot.content.schools import FURULIA, LITEN
from bot.services import schools
from bot.services.schools import Impact
from pals.content import (
    Change,
    ContentError,
    SchoolContent,
    StaleChangeError,
    plan_changes,
    taken_back,
)
from pals.weeks import IsoWeek
from pals.yearwheel import practice_index
from storage import school_content, year_wheels
from storage.database import Database
from storage.tables import Expectation, Group, Praise, Prompt, School
from tests.support.people import MadePerson, MadeSchool

NOW = datetime(2026, 8, 1, 6, tzinfo=UTC)


@pytest.fixture
def liten() -> SchoolContent:
    return read(LITEN)


def changed(content: SchoolContent) -> SchoolContent:
    """Another year of the same school: something added, changed, moved and left out in every section."""
    first, *others = content.focuses
    group = content.groups[0]
    return replace(
        content,
        school=replace(content.school, name="Ny skole"),
        calendar=replace(content.calendar, planning_days=content.calendar.planning_days[1:]),
        times={**content.times, "meeting_minutes_before": 30},
        groups=(*content.groups[1:-1], replace(group, size=group.size + 1), replace(group, name="1Z")),
        areas=(*content.areas, replace(content.areas[0], key="kantine")),
        expectations=(replace(content.expectations[-1], area="kantine"), *content.expectations[:-1]),
        focuses=(
            replace(first, practice=(*first.practice, *first.practice)),
            *(replace(focus, question={"nb": "Hva lærte du?"}) for focus in others[1:]),
        ),
        campaigns=(),
        meetings=(replace(content.meetings[0], key="ny"), *content.meetings[1:]),
    )


async def load(database: Database, content: SchoolContent) -> schools.Loaded:
    async with database.writing() as db:
        return await schools.load(db, content, NOW)


async def exported(database: Database, slug: str) -> SchoolContent | None:
    async with database.reading() as db:
        return await school_content.stored(db, slug)


@pytest.mark.parametrize("path", [LITEN, FURULIA], ids=lambda path: path.stem)
async def test_a_loaded_school_is_exported_as_the_same_file(database: Database, path: Any) -> None:
    file = read(path)
    await load(database, file)
    assert await exported(database, file.school.slug) == file


async def test_loading_twice_changes_nothing(database: Database, liten: SchoolContent) -> None:
    first = await load(database, liten)
    second = await load(database, liten)
    assert (first.new, len(first.changes) > 20) == (True, True)
    assert second == schools.Loaded(first.school_id, new=False, changes=())
    async with database.reading() as db:
        assert (await db.exec(select(School.version))).one() == 1


async def test_a_changed_file_changes_just_what_differs(database: Database, liten: SchoolContent) -> None:
    fewer = replace(
        liten,
        groups=liten.groups[:-1],
        focuses=liten.focuses[1:],
        campaigns=(),
        school=replace(liten.school, name="Ny skole"),
    )
    await load(database, liten)
    loaded = await load(database, fewer)
    assert await exported(database, "liten") == fewer
    assert [(change.section, change.key, str(change.kind)) for change in loaded.changes] == [
        ("school", "", "changed"),
        ("groups", liten.groups[-1].name, "laid aside"),
        ("focuses", str(liten.focuses[0].month), "removed"),
        ("campaigns", "sprak-vinter", "removed"),
    ]


@pytest.mark.parametrize("path", [LITEN, FURULIA], ids=lambda path: path.stem)
async def test_changes_that_are_taken_back_restore_the_export(database: Database, path: Any) -> None:
    before = read(path)
    await load(database, before)
    loaded = await load(database, changed(before))
    slug = before.school.slug
    assert await exported(database, slug) == changed(before)
    async with database.writing() as db:
        await schools.apply(db, taken_back(loaded.changes), NOW)
    assert await exported(database, slug) == before
    async with database.writing() as db:
        await schools.apply(db, loaded.changes, NOW)
    assert await exported(database, slug) == changed(before)


async def test_the_wheel_of_a_load_that_was_rolled_back_is_not_cached(
    database: Database, liten: SchoolContent
) -> None:
    school_id = (await load(database, liten)).school_id
    with pytest.raises(LookupError):
        async with database.writing() as db:
            await schools.load(db, changed(liten), NOW)
            assert (await year_wheels.of_school(db, school_id)).campaigns == ()
            raise LookupError
    await load(database, replace(liten, school=replace(liten.school, name="Ny skole")))
    async with database.reading() as db:
        assert (await year_wheels.of_school(db, school_id)).campaigns != ()


async def test_one_change_of_several_is_taken_back_by_itself(
    database: Database, liten: SchoolContent
) -> None:
    await load(database, liten)
    loaded = await load(database, changed(liten))
    (campaign,) = [change for change in loaded.changes if change.section == "campaigns"]
    async with database.writing() as db:
        await schools.apply(db, taken_back([campaign]), NOW)
    assert await exported(database, "liten") == replace(changed(liten), campaigns=liten.campaigns)


async def test_a_stale_or_invalid_change_is_refused_and_changes_nothing(
    database: Database, liten: SchoolContent
) -> None:
    loaded = await load(database, liten)
    area = liten.areas[0]
    for refused, changes in (
        (StaleChangeError, [Change("liten", "areas", "gang", replace(area, key="gang"), None)]),
        (StaleChangeError, taken_back(loaded.changes)),
        (ContentError, [Change("liten", "areas", area.key, area, None)]),
    ):
        async with database.writing() as db:
            with pytest.raises(refused):
                await schools.apply(db, changes, NOW)
    assert await exported(database, "liten") == liten


async def test_a_laid_aside_entry_keeps_its_records_and_comes_back_as_itself(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    stored = await school_content.stored(db, "heia")
    assert stored is not None
    db.add(
        Praise(
            school_id=heia.id,
            group_id=heia.groups["6A"],
            expectation_id=next(iter(heia.expectations.values())),
            person_id=greet.id,
            at=NOW,
            day=NOW.date(),
            idempotency_key="1:1",
        )
    )
    without = replace(stored, groups=tuple(group for group in stored.groups if group.name != "6A"))
    await school_content.apply(db, "heia", plan_changes(stored, without), NOW)
    rows = await db.exec(
        select(Group.id, Group.active).where(col(Group.name) == "6A", col(Group.school_id) == heia.id)
    )
    assert list(rows) == [(heia.groups["6A"], False)]
    await school_content.apply(db, "heia", plan_changes(without, stored), NOW)
    rows = await db.exec(
        select(Group.id, Group.active).where(col(Group.name) == "6A", col(Group.school_id) == heia.id)
    )
    assert list(rows) == [(heia.groups["6A"], True)]
    assert await school_content.stored(db, "heia") == stored


async def test_unchanged_practices_keep_their_rows(database: Database, liten: SchoolContent) -> None:
    """Buttons that people have got hold the number of a prompt."""
    await load(database, liten)
    async with database.reading() as db:
        before = list(await db.exec(select(Prompt.id, Prompt.script)))
    titled = replace(liten, focuses=tuple(replace(focus, title={"nb": "Ny"}) for focus in liten.focuses))
    await load(database, titled)
    async with database.reading() as db:
        assert list(await db.exec(select(Prompt.id, Prompt.script))) == before


async def test_a_school_that_is_alike_is_neither_read_nor_changed(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    mine, theirs = await school_content.stored(db, "heia"), await school_content.stored(db, "fjern")
    assert mine is not None
    assert theirs is not None
    emptied = replace(mine, focuses=(), campaigns=(), meetings=(), groups=mine.groups[:1])
    await schools.load(db, emptied, NOW)
    assert await school_content.stored(db, "heia") == emptied
    assert await school_content.stored(db, "fjern") == theirs
    moved = await db.exec(
        select(Expectation.school_id).where(col(Expectation.id).in_(fjern.expectations.values()))
    )
    assert set(moved) == {fjern.id}


async def test_a_dry_run_counts_the_people_of_each_change_and_writes_nothing(
    db: AsyncSession,
    heia: MadeSchool,
    greet: MadePerson,
    tor: MadePerson,
    lise: MadePerson,
    amir: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    stored = await school_content.stored(db, "heia")
    assert stored is not None
    focus, campaign = stored.focuses[0], stored.campaigns[0]
    wanted = replace(
        stored,
        groups=(replace(stored.groups[0], size=9), *stored.groups[1:]),
        focuses=(replace(focus, question={"nb": "Hva så du?"}),),
        campaigns=(replace(campaign, staff={"nb": "Nytt"}),),
        meetings=(replace(stored.meetings[0], minutes=45),),
    )
    new, found = await schools.dry_run(db, wanted)
    assert not new
    of_5b, families_of_the_month, staff_of_the_campaign, team = (2, 1), (0, 1), (3, 0), (1, 0)
    assert found == [
        Impact(change, *counts)
        for change, counts in zip(
            plan_changes(stored, wanted),
            [of_5b, families_of_the_month, staff_of_the_campaign, team],
            strict=True,
        )
    ]
    assert await school_content.stored(db, "heia") == stored


async def test_the_year_wheel_of_a_loaded_school_knows_its_weeks(
    database: Database, liten: SchoolContent
) -> None:
    loaded = await load(database, liten)
    async with database.reading() as db:
        wheel = await year_wheels.of_school(db, loaded.school_id)
    month = liten.focuses[0].month
    day = wheel.calendar.first_school_day(month.year, month.month)
    assert day is not None
    assert practice_index(wheel, IsoWeek.of(day)) == (str(month), 0)
    assert [(r.key, r.kind) for r in wheel.meeting_series] == [(m.key, m.kind) for m in liten.meetings]


async def test_no_school_of_that_name_exports_as_nothing(database: Database) -> None:
    async with database.reading() as db:
        assert await school_content.stored(db, "ingen") is None
