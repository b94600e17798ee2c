"""Messages that wait for the end of quiet hours are known as such, so that they can arrive as one."""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


TABLES = ("occurrence", "delivery")


def upgrade() -> None:
    # Not in a batch: the tables may be large, and both databases add such a column without writing them anew.
    for table in TABLES:
        op.add_column(table, sa.Column("waited", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "waited")
