"""What the guard knows beside the proposals: facts, the ledger's recent past, stops, promotions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from contracts.actions import Action, KillSwitch, Live
from contracts.checks import CheckResult
from contracts.codes import ActionState, WriteKind
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
    "target_id": pl.String(),
    "before_value": pl.Int64(),
    "after_value": pl.Int64(),
    "units_at_risk": pl.Float64(),
    "state": pl.String(),
    "is_undo": pl.Boolean(),
    "at": _INSTANT,
}
"""One row per past price action of any policy."""

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


def _empty(schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFacts:
    """Everything the guard reads; what is not given holds writes rather than lets them pass."""

    depends: tuple[str, ...]
    """Tables the policy reads: a failed check of one of them holds its writes."""
    price_facts: pl.DataFrame = field(default_factory=lambda: PriceFact.create_empty())
    stock_facts: pl.DataFrame = field(default_factory=lambda: StockFact.create_empty())
    readings: pl.DataFrame = field(default_factory=lambda: _empty(READING_SCHEMA))
    history: pl.DataFrame = field(default_factory=lambda: _empty(HISTORY_SCHEMA))
    """Of 7 days at least; of 28 where the breaker shall know what a usual run is."""
    failed: Sequence[CheckResult] = ()
    """The latest result of each check that failed."""
    campaigns: pl.DataFrame = field(default_factory=lambda: _empty(CAMPAIGN_SCHEMA))
    switches: Sequence[KillSwitch] = ()
    platforms: Mapping[str, str] = field(default_factory=dict)
    """Platform of each shop, by id."""
    holdout_salt: str = ""
    holdout_share: float = 0.0
    """Part of the SKUs whose prices no policy touches, so that its effect can be measured."""


def history_of(actions: Sequence[Action]) -> pl.DataFrame:
    """Past price actions as the guard reads them (`HISTORY_SCHEMA`).

    A change counts from when it was decided: a policy that runs daily at nine may change a price
    every day, however many minutes its approval and its sending took yesterday.
    """
    prices = [action for action in actions if action.write_kind is WriteKind.SET_PRICE]
    rows = [
        (
            action.policy,
            action.shop_id,
            action.run_id,
            action.target_id,
            action.before_value,
            action.after_value,
            action.units_at_risk,
            str(action.state),
            action.undoes is not None,
            action.decided_at,
        )
        for action in prices
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
