"""The matrix: areas and the expectations in its cells, active ones in the school's order."""

import pytest
from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import matrix
from storage.matrix import AreaRow, CellRow, ExpectationRow
from storage.tables import Area, Expectation, FocusExpectation
from tests.support.people import AREAS, EXPECTATIONS, IN_FOCUS, MadeSchool


def expectation_rows(school: MadeSchool) -> dict[str, ExpectationRow]:
    return {
        key: ExpectationRow(
            id=school.expectations[key],
            key=key,
            value_id=school.values[value],
            area_id=school.areas[area],
            short={"nb": nb, "en": en},
            position=position,
            active=True,
        )
        for position, (key, value, area, nb, en) in enumerate(EXPECTATIONS)
    }


async def test_the_matrix_is_the_schools_own_in_its_order(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    assert await matrix.areas(db, heia.id) == [
        AreaRow(heia.areas[key], key, {"nb": nb, "en": en}, position, True)
        for position, (key, nb, en) in enumerate(AREAS)
    ]
    assert await matrix.expectations(db, heia.id) == list(expectation_rows(heia).values())


async def test_expectations_of_an_area(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    ours = expectation_rows(heia)

    assert await matrix.expectations(db, heia.id, heia.areas["gang"]) == [
        ours["gang-gaar-rolig"],
        ours["gang-hilser"],
    ]
    assert await matrix.expectations(db, heia.id, fjern.areas["gang"]) == []


async def test_expectations_of_a_focus_in_its_own_order(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    ours = expectation_rows(heia)

    assert await matrix.of_focus(db, heia.id, heia.focus_id) == [ours[key] for key in IN_FOCUS]
    assert await matrix.of_focus(db, heia.id, fjern.focus_id) == []

    ours_in_theirs = FocusExpectation(
        focus_id=fjern.focus_id, expectation_id=heia.expectations["gang-hilser"], position=9
    )
    db.add(ours_in_theirs)
    await db.flush()
    assert await matrix.of_focus(db, heia.id, fjern.focus_id) == []


async def test_cell_of_an_expectation_is_its_value_and_area_active_or_not(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    calm = heia.expectations["gang-gaar-rolig"]
    cell = CellRow({"nb": "Respekt", "en": "Respect"}, {"nb": "Gang", "en": "Corridor"})
    assert await matrix.cell(db, heia.id, calm) == cell
    await db.exec(update(Expectation).where(col(Expectation.id) == calm).values(active=False))
    assert await matrix.cell(db, heia.id, calm) == cell
    assert await matrix.cell(db, fjern.id, calm) is None


async def test_area_of_another_school_is_none(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    assert await matrix.area(db, heia.id, heia.areas["gang"]) == AreaRow(
        heia.areas["gang"], "gang", {"nb": "Gang", "en": "Corridor"}, 1, True
    )
    assert await matrix.area(db, heia.id, fjern.areas["gang"]) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_inactive_rows_are_found_only_by_id(db: AsyncSession, heia: MadeSchool) -> None:
    hello, corridor = heia.expectations["gang-hilser"], heia.areas["gang"]
    (await db.get_one(Expectation, hello)).active = False
    (await db.get_one(Area, corridor)).active = False
    await db.flush()

    assert hello not in [row.id for row in await matrix.expectations(db, heia.id)]
    assert hello not in [row.id for row in await matrix.of_focus(db, heia.id, heia.focus_id)]
    assert [row.key for row in await matrix.areas(db, heia.id)] == ["klasserom", "ute"]
    area = await matrix.area(db, heia.id, corridor)
    assert area is not None
    assert not area.active
