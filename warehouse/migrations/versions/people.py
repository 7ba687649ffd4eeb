"""Actions towards people: what is written, to whom, at what worst cost and after which other."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_IS_LIVE = sa.text(
    "state IN ('approved', 'sending', 'sent', 'confirmed', 'unknown') AND undoes IS NULL"
)


def upgrade() -> None:
    """Add the columns; a SKU may be missing from now on."""
    # SQLite cannot loosen a column, so its table is copied: without the partial index, whose
    # condition the copy would have to guess.
    op.drop_index("one_live_action", table_name="actions")
    with op.batch_alter_table("actions") as actions:
        actions.alter_column("sku_id", existing_type=sa.Text(), nullable=True)
        for name in ("payload", "member_id", "channel", "purpose", "needs"):
            actions.add_column(sa.Column(name, sa.Text(), nullable=True))
        actions.add_column(sa.Column("exposure_minor", sa.BigInteger(), nullable=True))
    op.create_index(
        "one_live_action",
        "actions",
        ["policy", "shop_id", "target_id", "window_start"],
        unique=True,
        sqlite_where=_IS_LIVE,
        postgresql_where=_IS_LIVE,
    )
    op.create_index("actions_of_member", "actions", ["shop_id", "member_id"], unique=False)
    op.create_index("actions_that_need", "actions", ["needs"], unique=False)
