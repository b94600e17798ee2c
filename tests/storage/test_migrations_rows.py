"""Migrations keep every row and every id, from each revision up and from head down and up; no id is given twice."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, insert, or_, select, text, true
from sqlalchemy.types import TypeEngine

from storage import migrations
from storage.database import Database
from storage.tables import Heartbeat, metadata, table_of
from tests.support import version_0004

REVISIONS = sorted(
    step.revision for step in ScriptDirectory.from_config(migrations.config()).walk_revisions()
)
NAMES = import_module("storage.migrations.versions.0005_the_names_of_the_field")
NEW_SINCE = {"heartbeat": "0002", "lease": "0002", "read_receipt": "0003"}
"""The tables that revision 0001 does not know, by the revision that made them."""

ROWS = 3

Rows = dict[str, list[dict[str, Any]]]


# --- rows in whatever tables there are ----------------------------------------------------------------------


def reflected(connection: Connection) -> list[Table]:
    """The tables of the database as it is just now, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def fill(connection: Connection) -> None:
    for table in reflected(connection):
        for number in range(1, ROWS + 1):
            connection.execute(insert(table).values(row_of(table, number)))


def row_of(table: Table, number: int) -> dict[str, Any]:
    """A row that refers to row `number` of other tables; a generated id is left to the database."""
    return {c.name: value_of(c, number) for c in table.c if not is_generated(c)}


def is_generated(column: Column[Any]) -> bool:
    return column.name == "id" and column.primary_key


def value_of(column: Column[Any], number: int) -> object:
    if column.name == "idempotency_key":
        return f"{number}:{number}"  # as the way down to 0006 can split it
    kind = python_type(column.type)
    match kind.__name__:
        case "int":
            return number
        case "str" if column.name == "idempotency_key":
            return f"{number}:{number}"
        case "str":
            return f"{number} {column.name}"[: getattr(column.type, "length", None) or 100]
        case "bool":
            return True
        case "datetime":
            return datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(days=number)
        case "date":
            return date(2026, 11, number)
        case "time":
            return time(number)
        case _:
            return {"number": number}


def python_type(kind: TypeEngine[Any]) -> type:
    return kind.python_type


def contents(connection: Connection) -> Rows:
    """Every row of every table, in the order of their keys."""
    return {
        table.name: [
            dict(row)
            for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        ]
        for table in reflected(connection)
    }


async def run(database: Database, what: Callable[[Connection], Any]) -> Any:
    async with database.writing() as db:
        return await (await db.connection()).run_sync(what)


# --- names through time -------------------------------------------------------------------------------------


def renamed(rows: Rows) -> Rows:
    """Rows of before revision 0005, under the names that it gave their tables and columns."""
    columns = {(table, old): new for table, old, new in NAMES.COLUMNS}
    return {
        NAMES.TABLES.get(table, table): [
            {columns.get((table, name), name): value for name, value in row.items()} for row in found
        ]
        for table, found in rows.items()
    }


def keyed(rows: Rows) -> Rows:
    """Rows of before revision 0007, which made one key of the chat and the message."""
    return {table: [with_key(row) for row in found] for table, found in rows.items()}


def with_key(row: dict[str, Any]) -> dict[str, Any]:
    if "origin_chat" not in row:
        return row
    others = {name: value for name, value in row.items() if not name.startswith("origin_")}
    return others | {"idempotency_key": f"{row['origin_chat']}:{row['origin_message']}"}


def at_head(rows: Rows, revision: str) -> Rows:
    """Rows of an earlier revision, as they are expected after the upgrade."""
    rows = renamed(rows) if revision < "0005" else rows
    return keyed(rows) if revision < "0007" else rows


def only_columns_of(rows: Rows, others: Rows) -> Rows:
    """Those of `rows` whose table and columns `others` has too."""
    return {
        table: [{name: value for name, value in row.items() if name in found[0]} for row in rows[table]]
        for table, found in others.items()
        if found
    }


# --- tests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", REVISIONS)
async def test_an_upgrade_from_each_revision_keeps_every_row_and_reuses_no_id(
    untouched: Database, revision: str
) -> None:
    """An old button with the id of a deleted row would otherwise point at a new one."""
    await untouched.migrate(revision)
    await run(untouched, fill)
    before = at_head(await run(untouched, contents), revision)
    assert {len(rows) for rows in before.values()} == {ROWS}

    await untouched.upgrade()

    after = await run(untouched, contents)
    assert only_columns_of(after, before) == before
    given = await run(untouched, ids_after_deleting_the_newest)
    assert given == dict.fromkeys(tables_with_generated_ids(), ROWS + 1)


async def test_down_revision_by_revision_and_up_again_keeps_every_row(untouched: Database) -> None:
    """Of columns and tables that a revision has; what it does not know is lost, as a downgrade must."""
    await untouched.upgrade()
    await run(untouched, fill)
    before = await run(untouched, contents)

    for revision in reversed(REVISIONS[:-1]):
        await untouched.migrate(revision)
        oldest = at_head(await run(untouched, contents), revision)
        assert only_columns_of(before, oldest) == oldest, revision
        assert set(before) - set(oldest) == {
            table for table, since in NEW_SINCE.items() if revision < since
        }, "only tables that the revision does not know are missing"
    await untouched.upgrade()

    assert only_columns_of(await run(untouched, contents), oldest) == oldest


async def test_rows_of_an_old_version_are_the_same_after_up_and_down(untouched: Database) -> None:
    """With that version's own codes, which the way up renames and the way down gives back."""
    await version_0004.write_to(untouched)
    before = await run(untouched, contents)

    await untouched.upgrade()
    await untouched.migrate(version_0004.REVISION)

    assert await run(untouched, contents) == before


async def test_down_from_idempotency_keys_no_row_is_lost(untouched: Database) -> None:
    """The chat and message of a key may occur twice, at two times; before revision 0007 they could not."""
    await untouched.upgrade()
    await run(untouched, fill)

    def rekey(connection: Connection) -> None:
        for number, key in enumerate(("901:17:1793600000", "901:17:1793700000"), 1):
            values = {"key": key, "number": number}
            connection.execute(text("UPDATE praise SET idempotency_key = :key WHERE id = :number"), values)

    await run(untouched, rekey)
    await untouched.migrate("0006")

    found = (await run(untouched, contents))["praise"]
    assert [(row["id"], row["origin_chat"], row["origin_message"]) for row in found[:2]] == [
        (1, 901, 17),
        (2, 0, 2),
    ]


def tables_with_generated_ids() -> list[str]:
    return sorted(
        table.name
        for table in metadata.sorted_tables
        if table is not table_of(Heartbeat) and any(is_generated(column) for column in table.c)
    )


def ids_after_deleting_the_newest(connection: Connection) -> dict[str, int]:
    """The id that each table gives to a row after its newest was deleted, with all rows that refer to it."""
    tables = {table.name: table for table in reflected(connection)}
    for table in reversed(tables.values()):
        newest = [column == ROWS for column in table.c if column.foreign_keys or is_generated(column)]
        connection.execute(table.delete().where(or_(*newest) if newest else true()))
    given: dict[str, int] = {}
    for name, table in tables.items():
        row = row_of(table, ROWS) | {
            c.name: given[k.column.table.name] for c in table.c for k in c.foreign_keys
        }
        made = connection.execute(insert(table).values(row).returning(*table.primary_key.columns)).one()
        given[name] = made[0]
    return {name: given[name] for name in tables_with_generated_ids()}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", [["head"], ["0005", "head"], ["head", "0004", "head"]])
async def test_sqlite_counts_ids_with_autoincrement(untouched: Database, path: list[str]) -> None:
    """Also after a migration that rebuilds a table: a batch operation of alembic drops AUTOINCREMENT."""
    for revision in path:
        await untouched.migrate(revision)

    def counted(connection: Connection) -> list[str]:
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"))
        return sorted(found.scalars())

    assert await run(untouched, counted) == tables_with_generated_ids()
    declared = [t.name for t in metadata.sorted_tables if t.dialect_options["sqlite"]["autoincrement"]]
    assert sorted(declared) == tables_with_generated_ids()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_sqlite_remembers_the_highest_id_of_each_table(untouched: Database) -> None:
    await untouched.migrate("0005")
    await run(untouched, fill)
    await untouched.upgrade()

    def sequences(connection: Connection) -> dict[str, int]:
        found = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        return {row.name: row.seq for row in found}

    assert await run(untouched, sequences) == dict.fromkeys(tables_with_generated_ids(), ROWS)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_sqlite_without_autoincrement_gives_an_id_again(untouched: Database) -> None:
    """Shows that the tests above can fail."""
    await untouched.migrate("0005")
    await run(untouched, fill)

    assert await run(untouched, ids_after_deleting_the_newest) == dict.fromkeys(
        tables_with_generated_ids(), ROWS
    )
