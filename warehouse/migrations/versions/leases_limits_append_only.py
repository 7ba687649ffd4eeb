"""Leases, request limits, and a database that itself keeps events append-only."""

import sqlalchemy as sa
from alembic import op

from warehouse.append_only import TRIGGERS

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create two tables and the triggers."""
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "limits",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("maximum", sa.Float(), nullable=False),
        sa.Column("available", sa.Float(), nullable=False),
        sa.Column("restore_rate", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
