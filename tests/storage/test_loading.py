"""Loading brings one school in line and leaves a stranger that is alike to the letter as it stands."""

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import loading
from storage.tables import Expectation, Focus, Group, Value
from tests.support.people import MadeSchool


async def test_only_the_schools_own_rows_are_brought_in_line(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    before = [g.model_dump() for g in await loading.rows(db, Group, fjern.id)]
    wanted = [{"name": "5B", "kind": "class", "grade": 5, "size": 1, "position": 0}]
    assert await loading.bring_in_line(db, Group, heia.id, wanted, by="name") == 3
    assert [(g.name, g.size, g.active) for g in await loading.rows(db, Group, heia.id)] == [
        ("5B", 1, True),
        ("6A", 22, False),
        ("SFO", 60, False),
    ]
    assert [g.model_dump() for g in await loading.rows(db, Group, fjern.id)] == before


async def test_keys_lead_to_the_schools_own_numbers(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    assert await loading.ids(db, Value, heia.id) == heia.values
    assert await loading.ids(db, Expectation, fjern.id) == fjern.expectations


async def test_a_strangers_focus_is_neither_read_nor_emptied_nor_filled(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    theirs = await loading.contents(db, fjern.id, fjern.focus_id)
    assert (len(theirs[0]), len(theirs[1])) == (3, 3)
    assert await loading.contents(db, heia.id, fjern.focus_id) == ([], [])
    await loading.clear_contents(db, heia.id, fjern.focus_id)
    assert not await loading.replace_contents(db, heia.id, fjern.focus_id, [], [])
    assert await loading.contents(db, fjern.id, fjern.focus_id) == theirs
    assert await loading.replace_contents(db, heia.id, heia.focus_id, [], [])
    assert await loading.contents(db, heia.id, heia.focus_id) == ([], [])
    assert [f.id for f in await loading.rows(db, Focus, heia.id, "month")] == [heia.focus_id]


async def test_a_school_is_found_by_its_own_slug(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    found = await loading.school(db, "heia")
    assert found is not None
    assert found.id == heia.id
    assert await loading.school(db, "ingen") is None
