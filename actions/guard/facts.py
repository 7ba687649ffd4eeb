"""What the guard knows beside the proposals: facts, the ledger's recent past, stops, promotions."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from contracts.actions import Action, KillSwitch, Live
from contracts.checks import CheckResult
from contracts.clearance import Clearance
from contracts.codes import ActionState, WriteKind
from contracts.fx import FX_SCHEMA
from contracts.tables.derived import PriceFact, StockFact

_INSTANT = pl.Datetime("us", "UTC")

HISTORY_STATES = (
    ActionState.APPROVED,
    ActionState.SENDING,
    ActionState.SENT,
    ActionState.CONFIRMED,
    ActionState.UNKNOWN,
    ActionState.REVERTED,
)
"""States of the actions that `history_of` is to be given: under way, done, or perhaps done."""

HISTORY_SCHEMA: Mapping[str, pl.DataType] = {
    "policy": pl.String(),
    "shop_id": pl.String(),
    "run_id": pl.String(),
    "write_kind": pl.String(),
    "target_id": pl.String(),
    "member_id": pl.String(),
    "purpose": pl.String(),
    "window_start": _INSTANT,
    "before_value": pl.Int64(),
    "after_value": pl.Int64(),
    "units_at_risk": pl.Float64(),
    "exposure_minor": pl.Int64(),
    "currency": pl.String(),
    "payload": pl.String(),
    "state": pl.String(),
    "is_undo": pl.Boolean(),
    "at": _INSTANT,
}
"""One row per past write of any policy."""

CAMPAIGN_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "sku_id": pl.String(),
    "starts_at": _INSTANT,
    "ends_at": _INSTANT,
    "kind": pl.String(),
}
"""One row per promotion whose prices are locked in [starts_at, ends_at); null SKU: all of them."""

READING_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "table": pl.String(),
    "read_at": _INSTANT,
}
"""One row per shop and table: the newest complete reading, by the platform's clock."""

CONTACT_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "member_id": pl.String(),
    "way": pl.String(),
    "time_zone": pl.String(),
}
"""One row per member and way in which we can reach them (`Way`); never the address itself."""

CONSENT_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "member_id": pl.String(),
    "channel": pl.String(),
    "purpose": pl.String(),
    "consent_status": pl.String(),
}
"""One row per member, channel and purpose."""

ORDER_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "order_id": pl.String(),
    "is_cancelled": pl.Boolean(),
    "is_refunded": pl.Boolean(),
    "has_open_case": pl.Boolean(),
    "is_delivered": pl.Boolean(),
    "is_reviewed": pl.Boolean(),
}
"""One row per order of which a review may be asked: where its goods and its money stand."""

CHANNEL_PRICE_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "sku_id": pl.String(),
    "currency": pl.String(),
    "price_minor": pl.Int64(),
}
"""One row per listing of the merchant's other shops."""


def _empty(schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFacts:
    """Everything the guard reads; what is not given holds writes rather than lets them pass."""

    depends: tuple[str, ...]
    """Tables the policy reads: a failed check of one of them holds its writes."""
    now: dt.datetime | None = None
    """What the clock says while it is decided, which may be long after anything was read."""
    price_facts: pl.DataFrame = field(default_factory=lambda: PriceFact.create_empty())
    stock_facts: pl.DataFrame = field(default_factory=lambda: StockFact.create_empty())
    readings: pl.DataFrame = field(default_factory=lambda: _empty(READING_SCHEMA))
    history: pl.DataFrame = field(default_factory=lambda: _empty(HISTORY_SCHEMA))
    """Of 7 days at least; of 28 where the breaker shall know what a usual run is, of 90 where
    prices are judged; as far back as the caps and the budget count."""
    earlier: pl.DataFrame = field(default_factory=lambda: _empty(HISTORY_SCHEMA))
    """All writes ever of the targets that are written once for life."""
    failed: Sequence[CheckResult] = ()
    """The latest result of each check that failed."""
    campaigns: pl.DataFrame = field(default_factory=lambda: _empty(CAMPAIGN_SCHEMA))
    switches: Sequence[KillSwitch] = ()
    platforms: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Platform that writes a kind for a shop, by shop and kind."""
    coupon_terms: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Fields of `CouponTerms`, beyond the usual ones, that each shop's platform can keep."""
    time_zones: Mapping[str, str] = field(default_factory=dict)
    """Zone of each shop, for members whose own is not known."""
    contacts: pl.DataFrame = field(default_factory=lambda: _empty(CONTACT_SCHEMA))
    consents: pl.DataFrame = field(default_factory=lambda: _empty(CONSENT_SCHEMA))
    orders: pl.DataFrame = field(default_factory=lambda: _empty(ORDER_SCHEMA))
    channel_prices: pl.DataFrame = field(default_factory=lambda: _empty(CHANNEL_PRICE_SCHEMA))
    channel_order: Sequence[str] = ()
    """Shops, dearest first: one that comes later may not become dearer than one before it."""
    fx: pl.DataFrame = field(default_factory=lambda: _empty(FX_SCHEMA))
    clearance: Clearance = field(default_factory=Clearance)
    """The clearance that the policy's settings define for its shop."""
    holdout_salt: str = ""
    holdout_share: float = 0.0
    """Part of the SKUs, and of the members, that no policy touches to measure the others by."""


def history_of(actions: Sequence[Action]) -> pl.DataFrame:
    """Past writes as the guard reads them (`HISTORY_SCHEMA`).

    A change counts from when it was decided: a policy that runs daily at nine may change a price
    every day, however many minutes its approval and its sending took yesterday.
    """
    writes = [action for action in actions if action.write_kind is not WriteKind.NONE]
    rows = [
        (
            action.policy,
            action.shop_id,
            action.run_id,
            str(action.write_kind),
            action.target_id,
            action.member_id,
            action.purpose,
            action.window_start,
            action.before_value,
            action.after_value,
            action.units_at_risk,
            action.exposure_minor,
            action.currency,
            action.payload,
            str(action.state),
            action.undoes is not None,
            action.decided_at,
        )
        for action in writes
    ]
    return pl.DataFrame(rows, schema=dict(HISTORY_SCHEMA), orient="row")


def at_live(facts: GuardFacts, live: Mapping[str, Live]) -> GuardFacts:
    """The same facts with the prices that the platform shows now, per target."""
    seen = pl.DataFrame(
        [(target, now.value, now.currency) for target, now in live.items()],
        schema={"listing_id": pl.String, "live_minor": pl.Int64, "live_currency": pl.String},
        orient="row",
    )
    prices = facts.price_facts.join(seen, on="listing_id", how="left").with_columns(
        price_minor=pl.coalesce("live_minor", "price_minor"),
        currency=pl.coalesce("live_currency", "currency"),
    )
    return replace(facts, price_facts=prices.drop("live_minor", "live_currency"))
