"""Rename tables, columns and stored codes to the terms of the code, such as praise, invitation, read receipt, epoch.

PostgreSQL renames constraints, indexes and sequences in place. SQLite knows no such statement, so the renamed tables
are rebuilt from their own DDL; every row is copied with its id.
"""

import re

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = {
    "recognition": "praise",
    "rhythm": "meeting_series",
    "invite": "invitation",
    "sighting": "read_receipt",
}
COLUMNS = (
    ("school", "revision", "version"),
    ("announcement", "revision", "correction_number"),
    ("occurrence", "asked", "immediate"),
    ("occurrence", "waited", "joins_digest"),
    ("occurrence", "words", "refusal"),
    ("delivery", "asked", "immediate"),
    ("delivery", "waited", "joins_digest"),
    ("heartbeat", "life", "epoch"),
    ("heartbeat", "beat", "sequence"),
)
CODES = (
    ("membership", "standing", "asked", "pending"),
    ("occurrence", "kind", "announcement_edit", "announcement_correction"),
    ("occurrence", "kind", "join_asked", "join_requested"),
)


def upgrade() -> None:
    for old, new in TABLES.items():
        _rename_table(old, new)
    for table, old, new in COLUMNS:
        op.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{old}" TO "{new}"')
    for table, column, old, new in CODES:
        op.execute(_recode(table, column, old, new))


def downgrade() -> None:
    for table, column, old, new in CODES:
        op.execute(_recode(table, column, new, old))
    for table, old, new in COLUMNS:
        op.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{new}" TO "{old}"')
    for old, new in TABLES.items():
        _rename_table(new, old)


def _recode(table: str, column: str, old: str, new: str) -> sa.Update:
    rows = sa.table(table, sa.column(column, sa.String()))
    return sa.update(rows).where(rows.c[column] == old).values({column: new})


def _rename_table(old: str, new: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(old, new)
        return
    op.rename_table(old, new)
    connection = op.get_bind()
    named = sa.text(
        "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:new AS regclass) AND contype IN ('p', 'u', 'f')"
    )
    for (name,) in connection.execute(named, {"new": new}).all():
        op.execute(f'ALTER TABLE "{new}" RENAME CONSTRAINT "{name}" TO "{_renamed(name, old, new)}"')
    indexes = sa.text(
        "SELECT indexname FROM pg_indexes WHERE tablename = :new AND schemaname = current_schema()"
    )
    for (name,) in connection.execute(indexes, {"new": new}).all():
        if (wanted := _renamed(name, old, new)) != name:
            op.execute(f'ALTER INDEX "{name}" RENAME TO "{wanted}"')
    op.execute(f'ALTER SEQUENCE IF EXISTS "{old}_id_seq" RENAME TO "{new}_id_seq"')


def _rebuild(old: str, new: str) -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = :old AND sql IS NOT NULL"),
        {"old": old},
    ).all()
    (table,) = (sql for kind, _, sql in found if kind == "table")
    columns = ", ".join(f'"{column["name"]}"' for column in sa.inspect(connection).get_columns(old))
    op.execute(_renamed(table, old, new))
    op.execute(f'INSERT INTO "{new}" ({columns}) SELECT {columns} FROM "{old}"')  # noqa: S608 - our own names
    op.drop_table(old)
    for kind, _, sql in found:
        if kind == "index":
            op.execute(_renamed(sql, old, new))


def _renamed(text: str, old: str, new: str) -> str:
    """`text` with the table's name exchanged, alone or as a part of a constraint's or index's name."""
    return re.sub(rf"(?<![a-z]){old}(?![a-z])", new, text)
