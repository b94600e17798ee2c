"""Personal data is declared at its column; erasure, retention and access follow from the declarations."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String, Table
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from docs.personal_data import PAGE, stored, written
from pals.behaviour import Answer, Behaviour
from storage import audits, drafts, incidents, people, personal_data, practices, praises, retention
from storage.data_protection import (
    DELETE_ROW,
    RECORDS,
    WHO_LOGGED,
    Counted,
    Expiry,
    OnForget,
    declared,
    expires,
    impersonal,
    personal,
)
from storage.personal_data import personal_columns
from storage.tables import Incident, Praise, metadata
from tests.support.people import START, MadePerson, MadeSchool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)

# --- every column that may hold personal data says so, or says why not ----------------------------------------

ABOUT_PEOPLE = ("person", "membership")
LIKE_PERSONAL_DATA = re.compile(
    r"name|telegram|chat|text|message|language|quiet|person|member|phone|mail|address|birth|gender|note|comment"
)


def undeclared(tables: MetaData) -> list[str]:
    """Columns that refer to a person or a membership, or are named like personal data, and declare nothing."""
    return [
        f"{table.name}.{column.name}"
        for table in tables.sorted_tables
        for column in table.c
        if declared(column) is None and (_refers(column) or LIKE_PERSONAL_DATA.search(column.name))
    ]


def _refers(column: Column[Any]) -> bool:
    return any(key.column.table.name in ABOUT_PEOPLE for key in column.foreign_keys)


def test_every_column_with_personal_data_declares_it() -> None:
    assert undeclared(metadata) == []


@pytest.mark.parametrize(
    ("name", "column", "found"),
    [
        ("owner_id", Column("owner_id", ForeignKey("person.id")), ["new.owner_id"]),
        ("by", Column("by", ForeignKey("membership.id")), ["new.by"]),
        ("phone", Column("phone", String), ["new.phone"]),
        ("reply_text", Column("reply_text", String), ["new.reply_text"]),
        ("chat", Column("chat", BigInteger), ["new.chat"]),
        ("size", Column("size", Integer), []),
        ("chat", Column("chat", BigInteger, **personal(on_forget=DELETE_ROW)), []),
        ("name", Column("name", String, **impersonal("of a thing")), []),
    ],
)
def test_a_column_that_says_nothing_is_found(name: str, column: Column[Any], found: list[str]) -> None:
    """Shows that the test above can fail."""
    tables = MetaData()
    for other in ABOUT_PEOPLE:
        Table(other, tables, Column("id", Integer, primary_key=True))
    Table("new", tables, Column("id", Integer, primary_key=True), column)
    assert undeclared(tables) == found, name


def test_a_foreign_key_to_a_person_leads_erasure_and_access_to_the_row() -> None:
    """A table whose declared columns lead to no person would be left out of both."""
    about_people = {table.name for table in metadata.sorted_tables if personal_columns(table)}
    led_to = {t.name for t in metadata.sorted_tables if personal_data.belongs_to_person(t) is not None}
    assert about_people - led_to == {"occurrence"}, "its audience holds an id, and is kept"


def test_every_row_of_a_person_is_counted_or_shown() -> None:
    """What a foreign key leads to is either counted for the person, or shown with its values."""
    for table in metadata.sorted_tables:
        if personal_data.belongs_to_person(table) is not None:
            shown = [declared(column) for column in table.c]
            assert any(getattr(what, "shown_as", None) for what in shown), table.name


def test_columns_that_may_not_be_null_are_not_set_to_null() -> None:
    for table in metadata.sorted_tables:
        for name, what in personal_columns(table).items():
            assert what.on_forget is not OnForget.SET_NULL or table.c[name].nullable, f"{table.name}.{name}"
            assert what.keep is None or isinstance(table.c[what.keep.since].type.python_type, type)


def test_each_anonymized_column_is_anonymized_before_its_row_is_deleted() -> None:
    for table, longest in _row_periods():
        for name, what in personal_columns(table).items():
            assert what.keep is None or what.keep.period < longest, f"{table.name}.{name}"


def _row_periods() -> Iterator[tuple[Table, timedelta]]:
    for table in metadata.sorted_tables:
        periods = [what.period for column in table.c if isinstance(what := declared(column), Expiry)]
        if periods:
            yield table, max(periods)


def test_an_expiry_is_declared_like_personal_data() -> None:
    column = Column("at", Integer, **expires(DAY, shown_as="day first met"))
    assert declared(column) == Expiry(DAY, shown_as="day first met")


# --- the table in the docs ----------------------------------------------------------------------------------


def test_the_table_in_the_docs_is_what_the_columns_declare() -> None:
    """`make stored` writes it."""
    page = PAGE.read_text("utf-8")
    assert page == written(page, stored())


def test_an_outdated_table_in_the_docs_is_found() -> None:
    """Shows that the test above can fail."""
    page = PAGE.read_text("utf-8")
    assert page.count("90 days") == 1
    assert written(page.replace("90 days", "91 days"), stored()) == page


# --- access -------------------------------------------------------------------------------------------------


async def counts(db: AsyncSession, person_id: int) -> dict[str, int]:
    return {each.table: each.rows for each in await personal_data.count_rows(db, person_id)}


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
    assert await counts(db, greet.id) == {"practice": 1, "audit": 1}
    assert await counts(db, tor.id) == {"practice": 1, "draft": 1, "audit": 2}


async def test_nothing_is_nothing(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    assert await personal_data.count_rows(db, greet.id) == []


def test_every_table_that_names_a_person_is_told_of() -> None:
    """A new table with a person in it must be shown to that person, here or as a role of theirs."""
    naming = {name for name, table in metadata.tables.items() if "person_id" in table.c}
    counted = {
        name
        for name, table in metadata.tables.items()
        if any(isinstance(what.shown_as, Counted) for what in personal_columns(table).values())
    }
    shown = {"praise", "incident", "handover", "practice", "announcement", "draft", "delivery", "audit"}
    assert naming - {"membership"} == shown
    assert counted == shown | {"read_receipt"}


# --- erasure and retention ----------------------------------------------------------------------------------


async def _logged(db: AsyncSession, heia: MadeSchool, who: MadePerson, at: datetime, message: int) -> None:
    common: dict[str, Any] = {
        "person_id": who.id,
        "at": at,
        "day": at.date(),
        "idempotency_key": f"{who.telegram_id}:{message}",
    }
    group, expectation = heia.groups["5B"], heia.expectations["gang-hilser"]
    await praises.add(db, heia.id, group_id=group, expectation_id=expectation, **common)
    await incidents.add(db, heia.id, behaviour=Behaviour.LATE, area_id=heia.areas["gang"], **common)


async def _whose(db: AsyncSession, model: type[Praise | Incident]) -> list[tuple[int | None, str]]:
    """Of each record: who logged it, and its idempotency key without the row's own id."""
    found = await db.exec(select(model.person_id, model.idempotency_key, model.id).order_by(col(model.id)))
    return [(person, key.removesuffix(f":{row}")) for person, key, row in found]


@pytest.mark.parametrize("model", [Praise, Incident])
async def test_after_a_year_a_record_holds_neither_the_person_nor_their_chat(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, model: type[Praise | Incident]
) -> None:
    """The chat has the number of the account: with it the record would still say who logged it."""
    await _logged(db, heia, greet, NOW, 71)
    await _logged(db, heia, greet, NOW + DAY, 72)

    assert await retention.expire(db, model, NOW + WHO_LOGGED + DAY / 2) == 1
    assert await _whose(db, model) == [(None, "0"), (greet.id, f"{greet.telegram_id}:72")]
    assert await retention.expire(db, model, NOW + WHO_LOGGED + DAY / 2) == 0, (
        "once anonymized, not written again"
    )
    assert await retention.expire(db, model, NOW + RECORDS + DAY / 2) == 2, "one deleted, one anonymized"


async def test_a_record_that_kept_only_the_chat_is_anonymized_too(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    """As versions before this one left it."""
    await _logged(db, heia, greet, NOW, 71)
    praise = (await db.exec(select(Praise))).one()
    praise.person_id = None
    await db.flush()

    await retention.apply_retention(db, NOW + WHO_LOGGED + DAY)
    db.expire_all()
    assert await _whose(db, Praise) == [(None, "0")]


async def test_erasure_leaves_no_value_of_the_person_in_any_table(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    """Searched in every column of every table, whatever the columns declare."""
    await _logged(db, heia, greet, NOW, 71)
    await _logged(db, heia, tor, NOW, 72)
    await drafts.put(db, greet.id, "something", {"text": "Greet"}, now=START)
    assert await _cells_with(db, greet.telegram_id, "Greet") == [
        "draft.data",
        "incident.idempotency_key",
        "membership.name",
        "person.telegram_id",
        "praise.idempotency_key",
    ]

    await people.forget(db, greet.id)

    assert await _cells_with(db, greet.telegram_id, "Greet") == []
    assert await _cells_with(db, tor.telegram_id) != []


async def _cells_with(db: AsyncSession, *values: object) -> list[str]:
    """The columns in which any of these values stands, alone or as a part of what stands there."""
    connection = await db.connection()
    cells = set()
    for table in metadata.sorted_tables:
        for found in (await connection.execute(table.select())).mappings():
            cells |= {
                f"{table.name}.{name}"
                for name, cell in found.items()
                if any(str(value) in str(cell) for value in values)
            }
    return sorted(cells)
