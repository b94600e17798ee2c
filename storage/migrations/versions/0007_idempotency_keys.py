"""One opaque idempotency key for praise and incidents, in place of the chat and the message of the tap.

A row from message 17 in chat 901 gets the key "901:17"; new keys end with the message's time. On the way down a key
of no chat and message becomes (0, row id), as in the rows of an erased person, and so does a pair's second row.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = ("praise", "incident")
PAIR = re.compile(r"(0|-?[1-9][0-9]{0,17}):(0|-?[1-9][0-9]{0,17})(?::[0-9]+)?")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("idempotency_key", sa.String(80)))
        op.execute(f"UPDATE {table} SET idempotency_key = origin_chat || ':' || origin_message")  # noqa: S608
        with _rebuilt(table) as batch:
            batch.drop_constraint(f"uq_{table}_origin_chat_origin_message", type_="unique")
            batch.drop_column("origin_chat")
            batch.drop_column("origin_message")
            batch.alter_column("idempotency_key", existing_type=sa.String(80), nullable=False)
            batch.create_unique_constraint(f"uq_{table}_idempotency_key", ["idempotency_key"])


def downgrade() -> None:
    connection = op.get_bind()
    for table in TABLES:
        op.add_column(table, sa.Column("origin_chat", sa.BigInteger()))
        op.add_column(table, sa.Column("origin_message", sa.BigInteger()))
        rows = sa.table(table, *map(sa.column, ("id", "idempotency_key", "origin_chat", "origin_message")))
        split = sa.update(rows).where(rows.c.id == sa.bindparam("this"))
        given: set[tuple[int, int]] = set()
        for number, key in connection.execute(sa.select(rows.c.id, rows.c.idempotency_key)).all():
            pair = PAIR.fullmatch(key)
            chat, message = (int(pair[1]), int(pair[2])) if pair else (0, number)
            if (chat, message) in given:
                chat, message = 0, number
            given.add((chat, message))
            connection.execute(split, {"this": number, "origin_chat": chat, "origin_message": message})
        with _rebuilt(table) as batch:
            batch.drop_constraint(f"uq_{table}_idempotency_key", type_="unique")
            batch.drop_column("idempotency_key")
            batch.alter_column("origin_chat", existing_type=sa.BigInteger(), nullable=False)
            batch.alter_column("origin_message", existing_type=sa.BigInteger(), nullable=False)
            batch.create_unique_constraint(
                f"uq_{table}_origin_chat_origin_message", ["origin_chat", "origin_message"]
            )


@contextmanager
def _rebuilt(table: str) -> Iterator[BatchOperations]:
    """SQLite copies the table; AUTOINCREMENT and its sequence are carried over, so no id is ever reused."""
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    named = {"table": table}
    last = sqlite and connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :table"), named)
    with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as batch:
        yield batch
    if last:
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :table"), named)
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence VALUES (:table, :last)"), {**named, "last": last}
        )
