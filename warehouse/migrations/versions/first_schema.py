"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_IS_LIVE = sa.text(
    "state IN ('approved', 'sending', 'sent', 'confirmed', 'unknown') AND undoes IS NULL"
)


def upgrade() -> None:
    """Create every table."""
    _actions()
    _check_results()
    _event_head()
    _events()
    _quarantine()
    _readings()
    _switches()
    _table_versions()
    _watermarks()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _count(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("action_id", sa.String(length=32), nullable=False),
        _text("run_id"),
        _text("policy"),
        _count("policy_version"),
        _text("shop_id"),
        _text("target_id"),
        _text("parent_id", nullable=True),
        _text("sku_id"),
        _text("write_kind"),
        _text("currency", nullable=True),
        _count("before_value", nullable=True),
        _count("after_value"),
        _text("reason_code"),
        _text("numbers"),
        sa.Column("units_at_risk", sa.Float(), nullable=False),
        _count("effect_minor", nullable=True),
        _instant("window_start"),
        _instant("expires_at"),
        _text("evidence"),
        _text("state"),
        _text("guard", nullable=True),
        _text("guard_reason", nullable=True),
        _instant("decided_at"),
        _instant("updated_at"),
        _text("approved_by", nullable=True),
        _count("observed_value", nullable=True),
        _text("message", nullable=True),
        _text("undoes", nullable=True),
        _count("fence"),
        _text("holder", nullable=True),
        _instant("lease_until", nullable=True),
        sa.PrimaryKeyConstraint("action_id"),
    )
    op.create_index("actions_of_run", "actions", ["run_id"], unique=False)
    op.create_index("actions_of_target", "actions", ["shop_id", "target_id"], unique=False)
    op.create_index("actions_to_do", "actions", ["shop_id", "state"], unique=False)
    op.create_index(
        "one_live_action",
        "actions",
        ["policy", "shop_id", "target_id", "window_start"],
        unique=True,
        sqlite_where=_IS_LIVE,
        postgresql_where=_IS_LIVE,
    )


def _check_results() -> None:
    op.create_table(
        "check_results",
        _text("shop_id"),
        _text("table_name"),
        _text("check_name"),
        sa.Column("passed", sa.Boolean(), nullable=False),
        _text("measured"),
        _text("limit"),
        _instant("checked_at"),
        sa.Column("is_blocking", sa.Boolean(), nullable=False),
        _count("rows"),
        sa.PrimaryKeyConstraint("shop_id", "table_name", "check_name"),
    )


def _event_head() -> None:
    op.create_table(
        "event_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _count("event_id"),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("kind"),
        _text("subject"),
        _text("by"),
        _instant("at"),
        _text("details"),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("events_of_subject", "events", ["subject"], unique=False)


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        _text("shop_id"),
        _text("table_name"),
        _text("document_id"),
        _text("reading_id"),
        _text("reasons"),
        _text("payload"),
        _instant("first_seen_at"),
        _instant("last_seen_at"),
        _instant("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("shop_id", "table_name", "document_id"),
    )
    op.create_index("quarantine_open", "quarantine", ["closed_at"], unique=False)


def _readings() -> None:
    op.create_table(
        "readings",
        _text("reading_id"),
        _text("shop_id"),
        _text("stream"),
        _instant("window_start"),
        _instant("window_end"),
        _instant("read_at"),
        _count("mapping_version"),
        _instant("loaded_at", nullable=True),
        _count("pages", nullable=True),
        _count("new_pages", nullable=True),
        _count("size_bytes", nullable=True),
        _count("new_bytes", nullable=True),
        _count("landed_rows", nullable=True),
        _count("loaded_rows", nullable=True),
        _count("quarantined_rows", nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("reading_id"),
    )
    op.create_index(
        "readings_of_stream", "readings", ["shop_id", "stream", "window_end"], unique=False
    )


def _switches() -> None:
    op.create_table(
        "switches",
        _text("scope"),
        _text("name"),
        _instant("since"),
        _text("by"),
        sa.PrimaryKeyConstraint("scope", "name"),
    )


def _table_versions() -> None:
    op.create_table(
        "table_versions",
        _text("table_name"),
        _count("version"),
        sa.PrimaryKeyConstraint("table_name"),
    )


def _watermarks() -> None:
    op.create_table(
        "watermarks",
        _text("shop_id"),
        _text("stream"),
        _instant("loaded_until"),
        sa.PrimaryKeyConstraint("shop_id", "stream"),
    )
