"""The tables of the database: what changes under a transaction."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
)
from sqlalchemy.types import TypeDecorator

from contracts.codes import LIVE_STATES
from warehouse.words import Words


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant in UTC; a database without zones holds it bare."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[dt.datetime]:
        """As it comes back."""
        return dt.datetime

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Refuse what is not in UTC."""
        if value is not None and value.utcoffset() != dt.timedelta(0):
            raise ValueError("an instant in the database is UTC")
        return value

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Attach the zone that SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


metadata = MetaData()


def _text(name: str, **more: Any) -> Column[str]:
    return Column(name, Text, **{"nullable": False, **more})


def _words(name: str, **more: Any) -> Column[str]:
    return Column(name, Words, **{"nullable": False, **more})


def _count(name: str, **more: Any) -> Column[int]:
    return Column(name, BigInteger, **{"nullable": False, **more})


def _instant(name: str, **more: Any) -> Column[dt.datetime]:
    return Column(name, UtcDateTime, **{"nullable": False, **more})


# Grain: reading_id. Planned before it is fetched, so that a crash resumes it with its read_at.
# `fingerprint`: what the last mapping was made with; `unknown_fields`: JSON list of names;
# `set_aside_at` and `failure`: since when and why it cannot be mapped.
readings = Table(
    "readings",
    metadata,
    _text("reading_id", primary_key=True),
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
    Column("seconds", Float),
    _text("fingerprint", nullable=True),
    _text("unknown_fields", nullable=True),
    _instant("set_aside_at", nullable=True),
    _text("failure", nullable=True),
    Index("readings_of_stream", "shop_id", "stream", "window_end"),
)

# Grain: (shop_id, stream).
watermarks = Table(
    "watermarks",
    metadata,
    _text("shop_id", primary_key=True),
    _text("stream", primary_key=True),
    _instant("loaded_until"),
)

# Grain: (shop_id, stream, read_at). Snapshots that were whole: what they lack is gone.
snapshots = Table(
    "snapshots",
    metadata,
    _text("shop_id", primary_key=True),
    _text("stream", primary_key=True),
    _instant("read_at", primary_key=True),
)

# Grain: reading_id, of the last readings of each stream. `profile`: NDJSON, a line per column.
profiles = Table(
    "profiles",
    metadata,
    _text("reading_id", primary_key=True),
    _text("shop_id"),
    _text("stream"),
    _instant("window_start"),
    _instant("read_at"),
    _text("profile"),
    Index("profiles_of_stream", "shop_id", "stream", "read_at"),
)

# Grain: table_name. Readers open these versions of the lake.
table_versions = Table(
    "table_versions",
    metadata,
    _text("table_name", primary_key=True),
    _count("version"),
)

# Grain: (shop_id, table_name, document_id).
quarantine = Table(
    "quarantine",
    metadata,
    _text("shop_id", primary_key=True),
    _text("table_name", primary_key=True),
    _text("document_id", primary_key=True),
    _text("reading_id"),
    _text("reasons"),
    _text("payload"),
    _instant("first_seen_at"),
    _instant("last_seen_at"),
    _instant("closed_at", nullable=True),
    Index("quarantine_open", "closed_at"),
)

# Grain: (shop_id, table_name, check_name): the latest result.
check_results = Table(
    "check_results",
    metadata,
    _text("shop_id", primary_key=True),
    _text("table_name", primary_key=True),
    _text("check_name", primary_key=True),
    Column("passed", Boolean, nullable=False),
    _text("measured"),
    _text("limit"),
    _instant("checked_at"),
    Column("is_blocking", Boolean, nullable=False),
    _count("rows"),
)

# Grain: (shop_id, policy, reason): what the last decision left alone. `samples`: a JSON list.
left_alone = Table(
    "left_alone",
    metadata,
    _text("shop_id", primary_key=True),
    _text("policy", primary_key=True),
    _text("reason", primary_key=True),
    _count("targets"),
    _text("samples"),
    _instant("decided_at"),
)

# Grain: action_id. Columns as in contracts.actions.Action, and who holds it until when.
actions = Table(
    "actions",
    metadata,
    Column("action_id", String(32), primary_key=True),
    _text("run_id"),
    _text("policy"),
    _count("policy_version"),
    _text("shop_id"),
    _words("target_id"),
    _words("parent_id", nullable=True),
    _text("sku_id", nullable=True),
    _text("write_kind"),
    _text("currency", nullable=True),
    _count("before_value", nullable=True),
    _count("after_value"),
    _text("reason_code"),
    _words("numbers"),
    Column("units_at_risk", Float, nullable=False),
    _count("effect_minor", nullable=True),
    _instant("window_start"),
    _instant("expires_at"),
    _words("evidence"),
    _text("state"),
    _text("guard", nullable=True),
    _text("guard_reason", nullable=True),
    _instant("decided_at"),
    _instant("updated_at"),
    _text("approved_by", nullable=True),
    _count("observed_value", nullable=True),
    _text("message", nullable=True),
    _text("undoes", nullable=True),
    _count("fence", default=0),
    _text("holder", nullable=True),
    _instant("lease_until", nullable=True),
    _words("payload", nullable=True),
    _text("member_id", nullable=True),
    _text("channel", nullable=True),
    _text("purpose", nullable=True),
    _count("exposure_minor", nullable=True),
    _text("needs", nullable=True),
)
_is_live = and_(actions.c.state.in_(LIVE_STATES), actions.c.undoes.is_(None))
Index(
    "one_live_action",
    actions.c.policy,
    actions.c.shop_id,
    actions.c.target_id,
    actions.c.window_start,
    unique=True,
    sqlite_where=_is_live,
    postgresql_where=_is_live,
)
Index("actions_to_do", actions.c.shop_id, actions.c.state)
Index("actions_of_target", actions.c.shop_id, actions.c.target_id)
Index("actions_of_run", actions.c.run_id)
Index("actions_of_member", actions.c.shop_id, actions.c.member_id)
Index("actions_that_need", actions.c.needs)

# Grain: event_id, counted from 1 without gaps; each holds the hash of the one before.
# `key_id`: the key that the hash is made with, null before there was one; `os_user`: whose process.
events = Table(
    "events",
    metadata,
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("subject"),
    _text("by"),
    _instant("at"),
    _text("details"),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("key_id", String(8)),
    _text("os_user", nullable=True),
    Index("events_of_subject", "subject"),
)

# One row: the last event, so that events cut off the end are missed.
event_head = Table(
    "event_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _count("event_id"),
    Column("hash", String(64), nullable=False),
)

# Grain: (scope, name): a stop in force.
switches = Table(
    "switches",
    metadata,
    _text("scope", primary_key=True),
    _text("name", primary_key=True),
    _instant("since"),
    _text("by"),
)

# Grain: name, of what only one may do at a time. The fence counts its holders.
leases = Table(
    "leases",
    metadata,
    _text("name", primary_key=True),
    _text("holder"),
    _count("fence"),
    _instant("lease_until"),
)

# Grain: account, at a platform: the bucket that all its clients share, in points.
limits = Table(
    "limits",
    metadata,
    _text("account", primary_key=True),
    Column("maximum", Float, nullable=False),
    Column("available", Float, nullable=False),
    Column("restore_rate", Float, nullable=False),
    _instant("updated_at"),
)

# Grain: (shop_id, member_id): a member of whom nothing may be kept, by pseudonym.
erasures = Table(
    "erasures",
    metadata,
    _text("shop_id", primary_key=True),
    _text("member_id", primary_key=True),
    _instant("asked_at"),
    _text("by"),
    _instant("done_at", nullable=True),
)

# Grain: (shop_id, alias): an id of something that was a forgotten member's, as a keyed hash.
erased_ids = Table(
    "erased_ids",
    metadata,
    _text("shop_id", primary_key=True),
    _text("alias", primary_key=True),
)

# Grain: name of work that a newer release has to do once on what is stored.
due = Table("due", metadata, _text("name", primary_key=True))

# Grain: name of a key of the home: the public name of the one in use.
key_ids = Table(
    "key_ids",
    metadata,
    _text("name", primary_key=True),
    _text("key_id"),
)

# Grain: account, at a platform: its newest tokens, sealed.
tokens = Table(
    "tokens",
    metadata,
    _text("account", primary_key=True),
    _text("sealed"),
    _instant("saved_at"),
)
