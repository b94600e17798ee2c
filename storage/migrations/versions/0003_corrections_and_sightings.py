"""Announcements can be corrected and withdrawn, and ask whether they were seen."""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "sighting",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_sighting_delivery_id_delivery")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_sighting_school_id_school")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_sighting")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("new_text", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("asks_seen", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.execute("UPDATE announcement SET status = 'stopped' WHERE status IN ('withdrawing', 'withdrawn')")
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.drop_column("asks_seen")
        batch_op.drop_column("revision")
        batch_op.drop_column("new_text")

    op.drop_table("sighting")
