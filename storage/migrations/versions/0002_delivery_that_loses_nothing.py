"""Delivery that loses nothing: audiences are kept, what is on its way is marked, one process delivers at a time.

Occurrences from before have all the deliveries they will get: they are closed.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("life", sa.String(length=16), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_status_due_at"))
        batch_op.create_index(
            "ix_delivery_unsettled",
            ["occurrence_id"],
            unique=False,
            sqlite_where=sa.text("status IN ('waiting', 'claimed', 'sending')"),
            postgresql_where=sa.text("status IN ('waiting', 'claimed', 'sending')"),
        )
        batch_op.create_index(
            "ix_delivery_waiting",
            ["asked", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("audience", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("asked", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("words", sa.String(length=200), nullable=True))
        batch_op.create_index("ix_occurrence_status_due_at", ["status", "due_at"], unique=False)

    op.execute("UPDATE occurrence SET status = 'closed' WHERE status = 'planned'")


def downgrade() -> None:
    op.execute("UPDATE delivery SET status = 'uncertain' WHERE status = 'sending'")
    op.execute("UPDATE occurrence SET status = 'planned' WHERE status IN ('going', 'closed')")
    op.execute("UPDATE occurrence SET status = 'missed' WHERE status IN ('refused', 'held')")
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.drop_index("ix_occurrence_status_due_at")
        batch_op.drop_column("words")
        batch_op.drop_column("asked")
        batch_op.drop_column("audience")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_waiting")
        batch_op.drop_index("ix_delivery_unsettled")
        batch_op.create_index(batch_op.f("ix_delivery_status_due_at"), ["status", "due_at"], unique=False)

    op.drop_table("lease")
    op.drop_table("heartbeat")
