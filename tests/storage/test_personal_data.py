"""What a person has left behind: every table that names somebody is counted."""

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Answer
from storage import audits, drafts, personal_data, practices
from storage.personal_data import PersonalDataCounts
from tests.support.people import START, MadePerson, MadeSchool


async def test_only_ones_own_rows_are_counted(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    for person, group in ((greet, "5B"), (tor, "6A")):
        await practices.report(
            db, heia.id, heia.groups[group], "2026-W45", Answer.DONE, person_id=person.id, now=START
        )
        await audits.record(db, heia.id, person.id, START, "practice")
    await audits.record(db, heia.id, tor.id, START, "practice")
    await drafts.put(db, tor.id, "something", {}, now=START)
    assert await personal_data.count_rows(db, greet.id) == PersonalDataCounts(0, 0, 0, 1, 0, 0, 0, 0, 1)
    assert await personal_data.count_rows(db, tor.id) == PersonalDataCounts(0, 0, 0, 1, 0, 1, 0, 0, 2)


async def test_nothing_is_nothing(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    assert (await personal_data.count_rows(db, greet.id)).any is False


def test_every_table_that_names_a_person_is_told_of() -> None:
    """A new table with a person in it must be shown to that person, here or as a role of theirs."""
    naming = {name for name, table in SQLModel.metadata.tables.items() if "person_id" in table.c}
    shown = {"praise", "incident", "handover", "practice", "announcement", "draft", "delivery", "audit"}
    assert naming - {"membership"} == shown
