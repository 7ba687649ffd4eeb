"""Recipients: by what a member is reached, looked up in the lake at the moment of sending.

An address is opened from its seal for the change that needs it, and stored and logged nowhere.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from actions.guard.facts import CONTACT_SCHEMA
from actions.guard.people import Way, is_addressed, way_of
from contracts.actions import Change
from contracts.codes import Channel, WriteKind
from flows.steps.home import Home
from flows.steps.shop import Shop

_ADDRESSES = {Channel.EMAIL: Way.EMAIL, Channel.SMS: Way.SMS, Channel.PUSH: Way.PUSH}


def contacts(home: Home, shop: Shop) -> pl.DataFrame:
    """Who can be reached how (schema `CONTACT_SCHEMA`); those who were forgotten cannot be."""
    reached = _sealed_addresses(home, shop).select(CONTACT_SCHEMA.keys())
    return reached.filter(pl.col("way").is_not_null()).collect()


def with_recipients(
    home: Home, shop: Shop, kind: WriteKind, changes: Sequence[Change]
) -> list[Change]:
    """The changes with their recipients; without one a change that needs it is left out.

    Taking back what is ours needs none: a code is closed whoever holds it.
    """
    wanted = {
        change.action_id: way_of(kind, change.channel)
        for change in changes
        if not change.is_undo and is_addressed(kind, has_member=change.member_id is not None)
    }
    if not wanted:
        return list(changes)
    found = _addresses(home, shop, [one for one in changes if one.action_id in wanted])
    return [
        replace(change, recipient=found.get((change.member_id, wanted.get(change.action_id))))
        for change in changes
        if change.action_id not in wanted or (change.member_id, wanted[change.action_id]) in found
    ]


def _addresses(
    home: Home, shop: Shop, changes: Sequence[Change]
) -> dict[tuple[str | None, Way | None], str]:
    """Address by member and way."""
    members = {change.member_id for change in changes if change.member_id is not None}
    if not members:
        return {}
    rows = _sealed_addresses(home, shop).filter(pl.col("member_id").is_in(list(members))).collect()
    opened: dict[tuple[str | None, Way | None], str] = {}
    for (table, column), some in rows.group_by("table", "column"):
        sealed = some.select("member_id", "way", pl.col("sealed").alias(str(column)))
        clear = home.keys.vault.open_frame(sealed, str(table))
        for member_id, way, address in clear.iter_rows():
            opened.setdefault((member_id, Way(way)), address)
    return opened


def _sealed_addresses(home: Home, shop: Shop) -> pl.LazyFrame:
    """Every way to every member, still sealed, and the column that it lies in."""
    known = home.scan("contacts", shop)
    ways = {str(channel): str(way) for channel, way in _ADDRESSES.items()}
    address = known.filter(pl.col("channel").is_in(list(ways))).select(
        "shop_id",
        "member_id",
        "time_zone",
        way=pl.col("channel").replace_strict(ways, default=None, return_dtype=pl.String),
        sealed="address",
        table=pl.lit("contacts"),
        column=pl.lit("address"),
    )
    profile = known.select(
        "shop_id",
        "member_id",
        "time_zone",
        way=pl.lit(str(Way.PROFILE_ID)),
        sealed="profile_id",
        table=pl.lit("contacts"),
        column=pl.lit("profile_id"),
    )
    own = home.scan("members", shop).select(
        "shop_id",
        "member_id",
        time_zone=pl.lit(None, dtype=pl.String),
        way=pl.lit(str(Way.PLATFORM_ID)),
        sealed="platform_member_id",
        table=pl.lit("members"),
        column=pl.lit("platform_member_id"),
    )
    gone = list(home.members(shop).forgotten)
    return (
        pl.concat([address, profile, own])
        .filter(pl.col("sealed").is_not_null(), ~pl.col("member_id").is_in(gone))
        .sort("member_id", "way", "sealed")
    )
