"""When a stream was read whole, so that what it lacks is known to be gone."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table; of readings of before nobody says that they were whole."""
    op.create_table(
        "snapshots",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "stream", "read_at"),
    )
