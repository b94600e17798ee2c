"""A database and the buttons of the version before the renames (revision 0004), written by that version's own code.

`rows.json` holds every table of a small school on a Monday: announcements sent, corrected and withdrawn, requests to
join, a handover, drafts, deliveries in every status, and a worker that died. `buttons.json` holds the callback data
of each press, with each code that may stand in it, and all else that a chat or a row may still name: commands,
keyboard buttons, drafts and kinds of messages.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Table, func, insert, select

from storage.database import Database

HERE = Path(__file__).parent
REVISION = "0004"
LATER = datetime(2026, 11, 2, 8, 10, tzinfo=UTC)
"""When the rows were written."""

HEIA, GROUP_5B = 1, 1
LIV, NILS, ADA, CATO = 7_000_000_001, 7_000_000_002, 7_000_000_003, 7_000_000_004
"""Accounts: two leaders, the teacher of 5B, and one of the PALS team."""
FAMILIES = (7_000_000_005, 7_000_000_006, 7_000_000_007)
IDA, OLA, UNA = 7_100_000_001, 7_100_000_002, 7_100_000_003
"""Accounts that have asked to join: one waits, one was turned away, one let in."""


@dataclass(frozen=True)
class Buttons:
    presses: list[str]
    commands: list[str]
    drafts: list[str]
    messages: list[str]
    keys: dict[str, str]
    in_digest: str


def buttons() -> Buttons:
    return Buttons(**json.loads((HERE / "buttons.json").read_text("utf-8")))


async def write_to(database: Database) -> None:
    """Brings an empty database to the old revision, with the old rows."""
    await database.migrate(REVISION)
    async with database.writing() as db:
        await (await db.connection()).run_sync(_insert)


def _insert(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    for name, written in json.loads((HERE / "rows.json").read_text("utf-8")).items():
        table = tables.tables[name]
        for row in written["rows"]:
            values = dict(zip(written["columns"], row, strict=True))
            connection.execute(insert(table).values({n: _value(table.c[n], v) for n, v in values.items()}))
        if connection.dialect.name == "postgresql":
            _continue_sequence(connection, table)


def _value(column: Column[Any], written: Any) -> object:
    """A value as it is in JSON, as the column's type has it."""
    if written is None or isinstance(column.type, JSON):
        return written
    kind = column.type.python_type
    if issubclass(kind, datetime):
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    if issubclass(kind, date | time):
        return kind.fromisoformat(written)
    return kind(written)


def _continue_sequence(connection: Connection, table: Table) -> None:
    if "id" in table.c and table.name != "heartbeat":
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        highest = connection.scalar(select(func.max(table.c.id)))
        if highest:
            connection.execute(select(func.setval(sequence, highest)))
