"""The tables go up, down and up again on both databases, and are what tables.py says."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import migrations
from storage.database import Database
from storage.tables import metadata

TABLES = sorted(table.name for table in metadata.sorted_tables)


async def tables(database: Database) -> list[str]:
    def names(connection: Connection) -> list[str]:
        return sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})

    async with database.reading() as db:
        return await (await db.connection()).run_sync(names)


async def differences(database: Database) -> list[object]:
    """What tables.py says and the database does not, or the other way round; empty when they agree."""

    def compared(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True, "compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.reading() as db:
        return await (await db.connection()).run_sync(compared)


async def test_tables_go_up_down_and_up_again(untouched: Database) -> None:
    seen = []
    for revision in ("head", "base", "head"):
        await untouched.migrate(revision)
        seen.append(await tables(untouched))

    assert seen == [TABLES, [], TABLES]
    assert await differences(untouched) == []


async def test_a_missing_column_is_a_difference(untouched: Database) -> None:
    """Shows that the comparison above can fail."""
    await untouched.upgrade()
    async with untouched.writing() as db:
        await (await db.connection()).execute(text("ALTER TABLE campaign DROP COLUMN week"))

    assert [change[0] for change in await differences(untouched) if isinstance(change, tuple)] == [
        "add_column"
    ]


async def test_upgrading_again_changes_nothing(database: Database) -> None:
    await database.upgrade()

    assert await tables(database) == TABLES


async def test_replicas_that_start_at_once_upgrade_once(untouched_url: str) -> None:
    replicas = [Database.open(untouched_url) for _ in range(4)]

    await asyncio.gather(*(replica.upgrade() for replica in replicas))

    assert [await tables(replica) for replica in replicas] == [TABLES] * 4
    for replica in replicas:
        await replica.close()


async def test_a_database_from_a_newer_version_is_left_alone(untouched: Database) -> None:
    await untouched.upgrade()
    async with untouched.writing() as db:
        await (await db.connection()).execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(migrations.NewerDatabaseError) as refusal:
        await untouched.upgrade()

    assert str(refusal.value) == (
        "The database is at version 9999, which this palsbot does not know. "
        "It was written by a newer one: update palsbot, or point it at another database."
    )
    assert await tables(untouched) == TABLES


async def test_an_upgrade_that_fails_half_way_leaves_nothing_behind(untouched: Database) -> None:
    """A table of somebody else's is in the way of one of ours."""
    async with untouched.writing() as db:
        await (await db.connection()).execute(text("CREATE TABLE recognition (ours INTEGER)"))

    with pytest.raises(DBAPIError, match="recognition"):
        await untouched.upgrade()

    assert await tables(untouched) == ["recognition"]


# --- 0007: the chat and the message of a tap become one idempotency key -------------------------------------

PAIRS = [(901, 17), (-100, 5), (0, 3)]
RECORDS = {
    "praise": ("group_id, expectation_id", "1, 1"),
    "incident": ("area_id, behaviour, possible_offence", "1, 'late', false"),
}
SCHOOL = (
    """INSERT INTO school (
        id, slug, name, timezone, languages, words, calendar, times, quiet_hours, version, planned_until, created_at
    ) VALUES (
        1, 'heia', 'Heia', 'Europe/Oslo', '["nb"]', '{}', '{}', '{}', '{}', 1, '2026-11-02 09:00', '2026-11-02 09:00'
    )""",
    """INSERT INTO "group" (id, school_id, name, kind, size, position, active)
    VALUES (1, 1, '5B', 'class', 20, 0, true)""",
    "INSERT INTO area (id, school_id, key, name, position, active) VALUES (1, 1, 'gang', '{}', 0, true)",
    "INSERT INTO value (id, school_id, key, name, position, active) VALUES (1, 1, 'bry', '{}', 0, true)",
    """INSERT INTO expectation (id, school_id, key, value_id, area_id, short, position, active)
    VALUES (1, 1, 'hilser', 1, 1, '{}', 0, true)""",
)


async def run(database: Database, *statements: str) -> list[tuple[object, ...]]:
    """The rows of the last statement."""
    async with database.writing() as db:
        connection = await db.connection()
        for statement in statements:
            result = await connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


@pytest.mark.parametrize("table", RECORDS)
async def test_idempotency_keys_are_made_from_origins_and_split_again(
    untouched: Database, table: str
) -> None:
    """Neither way loses a row; an erased person's origin (0, row id) stays unique; no id is given out again."""
    columns, values = RECORDS[table]
    await untouched.migrate("0006")
    await run(untouched, *SCHOOL)
    for chat, message in [*PAIRS, (7, 7)]:
        await run(
            untouched,
            f"INSERT INTO {table} (school_id, at, day, origin_chat, origin_message, {columns}) "  # noqa: S608
            f"VALUES (1, '2026-11-02 09:00', '2026-11-02', {chat}, {message}, {values})",
        )
    await run(untouched, f"DELETE FROM {table} WHERE id = 4")  # noqa: S608

    await untouched.migrate("0007")
    keys = await run(untouched, f"SELECT id, idempotency_key FROM {table} ORDER BY id")  # noqa: S608
    await run(
        untouched,
        f"INSERT INTO {table} (school_id, at, day, idempotency_key, {columns}) "  # noqa: S608
        f"VALUES (1, '2026-11-02 09:00', '2026-11-02', 'demo:12', {values})",
    )
    await untouched.migrate("0006")
    pairs = await run(untouched, f"SELECT id, origin_chat, origin_message FROM {table} ORDER BY id")  # noqa: S608

    assert keys == [(1, "901:17"), (2, "-100:5"), (3, "0:3")]
    assert pairs == [(1, 901, 17), (2, -100, 5), (3, 0, 3), (5, 0, 5)]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_foreign_keys_hold_again_after_an_upgrade(untouched: Database) -> None:
    await untouched.upgrade()

    async with untouched.writing() as db:
        assert (await (await db.connection()).execute(text("PRAGMA foreign_keys"))).scalar_one() == 1
