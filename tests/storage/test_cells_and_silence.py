"""Where an expectation stands in the matrix, and which groups have not answered the week's practice."""

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Answer
from pals.roles import Role
from storage import matrix, practices
from storage.matrix import CellRow
from storage.tables import Expectation, Group, Standing
from tests.support.people import START, MadePerson, MadeSchool, make_person

WEEK = "2026-W45"


async def test_an_expectation_has_its_value_and_its_area(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    calm = heia.expectations["gang-gaar-rolig"]
    cell = CellRow({"nb": "Respekt", "en": "Respect"}, {"nb": "Gang", "en": "Corridor"})
    assert await matrix.cell(db, heia.id, calm) == cell
    await db.exec(update(Expectation).where(col(Expectation.id) == calm).values(active=False))
    assert await matrix.cell(db, heia.id, calm) == cell
    assert await matrix.cell(db, fjern.id, calm) is None


async def test_groups_with_an_adult_and_no_answer_are_silent(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    greet: MadePerson,
    tor: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    """SFO has a parent, and an adult who only asks to join: nobody there was asked."""
    await make_person(db, heia, Role.FAMILY, ["SFO"])
    await make_person(db, heia, Role.STAFF, ["SFO"], standing=Standing.PENDING)
    assert await practices.silent(db, heia.id, WEEK) == ["5B", "6A"]
    assert await practices.silent(db, fjern.id, WEEK) == ["5B"]
    await practices.report(
        db, heia.id, heia.groups["5B"], WEEK, Answer.NOT_YET, person_id=greet.id, now=START
    )
    assert await practices.silent(db, heia.id, WEEK) == ["6A"]
    assert await practices.silent(db, heia.id, "2026-W46") == ["5B", "6A"]
    assert await practices.silent(db, fjern.id, WEEK) == ["5B"]
    await db.exec(update(Group).where(col(Group.id) == heia.groups["6A"]).values(active=False))
    assert await practices.silent(db, heia.id, WEEK) == []
