"""Readings that cannot be mapped are set aside, and what they hold that nobody knows is named."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; readings of before were made with an unknown fingerprint."""
    with op.batch_alter_table("readings") as readings:
        for name in ("fingerprint", "unknown_fields", "failure"):
            readings.add_column(sa.Column(name, sa.Text(), nullable=True))
        readings.add_column(sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
