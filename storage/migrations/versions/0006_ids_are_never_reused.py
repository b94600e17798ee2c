"""Never reuse an id: AUTOINCREMENT on SQLite, as sequences do on PostgreSQL.

Without it SQLite gives a new row the highest id plus one, which may be the id of a row that was just deleted, and an
old button would point at the new row. Each table is rebuilt from its own DDL; rows keep their ids, and the sequence
(sqlite_sequence) goes on from the highest one.
"""

import re

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

PLAIN = r"id INTEGER NOT NULL"
KEY = r",\s*CONSTRAINT pk_{table} PRIMARY KEY \(id\)"
COUNTED = "id INTEGER NOT NULL CONSTRAINT pk_{table} PRIMARY KEY AUTOINCREMENT"


def upgrade() -> None:
    for table, sql in _tables():
        key = KEY.format(table=table)
        if table != "heartbeat" and re.search(key, sql):
            _rebuild(table, re.sub(key, "", re.sub(PLAIN, COUNTED.format(table=table), sql, count=1)))


def downgrade() -> None:
    for table, sql in _tables():
        counted = COUNTED.format(table=table)
        if counted in sql:
            plain = sql.replace(counted, PLAIN)
            _rebuild(table, f"{plain.rstrip().removesuffix(')')}, CONSTRAINT pk_{table} PRIMARY KEY (id))")


def _tables() -> list[tuple[str, str]]:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return []
    found = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
    )
    return [(name, sql) for name, sql in found if not name.startswith(("sqlite_", "alembic_"))]


def _rebuild(table: str, sql: str) -> None:
    connection = op.get_bind()
    indexes = connection.execute(
        sa.text(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL"
        ),
        {"table": table},
    ).scalars()
    statements = list(indexes)
    columns = ", ".join(f'"{column["name"]}"' for column in sa.inspect(connection).get_columns(table))
    op.execute(re.sub(rf'CREATE TABLE "?{table}"?', f'CREATE TABLE "_{table}"', sql, count=1))
    op.execute(f'INSERT INTO "_{table}" ({columns}) SELECT {columns} FROM "{table}"')  # noqa: S608 - our own names
    op.drop_table(table)
    op.rename_table(f"_{table}", table)
    for statement in statements:
        op.execute(statement)
