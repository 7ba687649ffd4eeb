"""What the last readings of each stream looked like."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table; of readings of before nothing was noted."""
    op.create_table(
        "profiles",
        sa.Column("reading_id", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reading_id"),
    )
    op.create_index("profiles_of_stream", "profiles", ["shop_id", "stream", "read_at"])
