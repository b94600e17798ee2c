"""What is stored about me: everything that a column declares as shown is on the page."""

from datetime import datetime, time
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.data_protection import declared
from storage.personal_data import belongs_to_person
from storage.tables import Membership, MembershipGroup, Person, Standing, metadata
from tests.support.chats import Chat
from tests.support.people import MadePerson, MadeSchool, make_person

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

OTHER_VALUES: dict[str, Any] = {
    "person.telegram_id": 7_999_999_999,
    "person.language": "nn",
    "person.quiet_from": time(16),
    "person.quiet_to": time(8),
    "person.created_at": datetime.fromisoformat("2025-02-03T10:00+00:00"),
    "membership.school_id": "fjern",
    "membership.role": Role.TEAM,
    "membership.standing": Standing.PENDING,
    "membership.name": "Grete",
    "membership.muted": True,
    "membership_group.group_id": "6A",
}
"""Another value for each column whose value is shown; a school or a group by its name."""


def shown_values() -> list[str]:
    """The columns about a person whose value the person is shown."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        if belongs_to_person(table) is not None
        for column in table.c
        if isinstance(getattr(declared(column), "shown_as", None), str)
    ]


def test_each_shown_column_has_another_value_to_try() -> None:
    assert sorted(shown_values()) == sorted(OTHER_VALUES)


@on_sqlite
@pytest.mark.parametrize("column", OTHER_VALUES)
async def test_another_value_in_the_column_is_another_page(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, column: str
) -> None:
    greet = await make_person(db, heia, Role.STAFF, ["5B"], name="Greet", quiet=(time(17), time(7)))
    before = await page_of(db, greet.telegram_id)

    row, name = await row_of(db, greet, column)
    value = {"fjern": fjern.id, "6A": heia.groups["6A"]}.get(OTHER_VALUES[column], OTHER_VALUES[column])
    setattr(row, name, value)
    await db.flush()

    person = await db.get_one(Person, greet.id)
    assert await page_of(db, person.telegram_id) != before


async def row_of(db: AsyncSession, who: MadePerson, column: str) -> tuple[object, str]:
    table, _, name = column.partition(".")
    keys: dict[str, tuple[Any, Any]] = {
        "person": (Person, who.id),
        "membership": (Membership, who.membership_id),
        "membership_group": (MembershipGroup, (who.membership_id, who.groups[0])),
    }
    model, key = keys[table]
    return await db.get_one(model, key), name


async def page_of(db: AsyncSession, telegram_id: int) -> str:
    return str((await Chat(db, telegram_id).write("/personvern")).text)


@on_sqlite
@pytest.mark.parametrize(
    ("standing", "line"),
    [
        (Standing.PENDING, "· You have asked to join.\n"),
        (Standing.DECLINED, "· You asked to join, and the school said no.\n"),
    ],
)
async def test_a_request_to_join_is_shown_with_its_answer(
    db: AsyncSession, heia: MadeSchool, standing: Standing, line: str
) -> None:
    ida = await make_person(db, heia, Role.STAFF, name="Ida", standing=standing)
    assert f"<b>Heia skole</b>\n{line}· Your name, as your phone showed it: Ida.\n" in await page_of(
        db, ida.telegram_id
    )
