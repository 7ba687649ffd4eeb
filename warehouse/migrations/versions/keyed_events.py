"""Events are sealed under a key of the home, and tell whose process wrote them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns; events of before have neither, and an event that follows seals them."""
    op.add_column("events", sa.Column("key_id", sa.String(8), nullable=True))
    op.add_column("events", sa.Column("os_user", sa.Text(), nullable=True))
