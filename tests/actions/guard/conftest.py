"""One listing of one shop at 10.00 USD, cost 5.00, and what the guard says of a new price."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import pytest

from actions.guard import GuardFacts, Limits, judge, per_item_recheck
from actions.guard.facts import HISTORY_SCHEMA, READING_SCHEMA
from contracts.actions import Action, Live, Proposal
from contracts.codes import ActionState, PolicyMode, WriteKind
from contracts.economics import Economics
from contracts.tables.derived import PriceFact, StockFact

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
KEPT = frozenset({"max_spend_minor", "listing_ids", "excluded_listing_ids"})

_PROPOSAL: dict[str, Any] = {
    "policy": "repricing",
    "policy_version": 1,
    "shop_id": "north",
    "target_id": "v1",
    "parent_id": "p1",
    "sku_id": "SKU-1",
    "write_kind": "set_price",
    "currency": "USD",
    "before_value": 1000,
    "after_value": 970,
    "reason_code": "beat_rival",
    "numbers": "{}",
    "units_at_risk": 2.0,
    "effect_minor": 10,
    "window_start": NOW,
    "expires_at": NOW + 24 * HOUR,
    "evidence": "{}",
}
_PRICE: dict[str, Any] = {
    "shop_id": "north",
    "listing_id": "v1",
    "product_id": "p1",
    "sku_id": "SKU-1",
    "currency": "USD",
    "price_minor": 1000,
    "price_observed_at": NOW - 500 * HOUR,
    "median_28d_minor": 1000,
    "anchor_minor": 1000,
    "low_anchor_minor": 1000,
    "discount_rate": 0.0,
    "unit_cost_minor": 500,
    "cost_currency": "USD",
    "charged_shipping_minor": 0,
    "rival_observed_at": NOW - HOUR,
    "available_units": 100,
    "daily_units": 2.0,
    "cover_days": 50.0,
}
_STOCK: dict[str, Any] = {
    "shop_id": "north",
    "sku_id": "SKU-1",
    "on_hand_units": 100,
    "available_units": 100,
    "inbound_units": 0,
    "next_inbound_date": None,
    "daily_units": 2.0,
    "daily_sd_units": 1.0,
    "sold_units": 56,
    "lead_time_days": 7.0,
    "lead_time_sd_days": 1.0,
    "minimum_order_units": 10,
    "case_pack_units": 10,
    "observed_at": NOW - HOUR,
}
_HISTORY: dict[str, Any] = {
    "policy": "repricing",
    "shop_id": "north",
    "run_id": "earlier",
    "write_kind": "set_price",
    "target_id": "v1",
    "before_value": 1000,
    "after_value": 1000,
    "units_at_risk": 2.0,
    "state": "confirmed",
    "is_undo": False,
    "at": NOW - 48 * HOUR,
}


def _frame(schema: Any, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    columns = {name: column.dtype for name, column in schema.columns().items()}
    return pl.DataFrame(rows, schema=columns)


@dataclass(frozen=True)
class Case:
    """A decision to be judged; each method returns the case with something changed."""

    proposals: list[dict[str, Any]] = field(default_factory=lambda: [_PROPOSAL])
    prices: list[dict[str, Any]] = field(default_factory=lambda: [_PRICE])
    stock: list[dict[str, Any]] = field(default_factory=lambda: [_STOCK])
    past: list[dict[str, Any]] = field(default_factory=list)
    limits: Limits = field(
        default_factory=lambda: Limits(max_actions=200, max_exposure_minor=100_000)
    )
    economics: Economics = field(
        default_factory=lambda: Economics(fee_rate=0.05, min_margin_rate=0.10)
    )
    read_at: dt.datetime | None = NOW - HOUR
    more: dict[str, Any] = field(default_factory=dict)
    mode: PolicyMode = PolicyMode.AUTO
    at: dt.datetime = NOW

    def proposing(self, **values: Any) -> "Case":
        return replace(self, proposals=[{**_PROPOSAL, **values}])

    def priced(self, **values: Any) -> "Case":
        return replace(self, prices=[{**_PRICE, **values}])

    def stocked(self, **values: Any) -> "Case":
        return replace(self, stock=[{**_STOCK, **values}])

    def after(self, *changes: dict[str, Any]) -> "Case":
        return replace(self, past=[*self.past, *({**_HISTORY, **change} for change in changes)])

    def limited(self, **values: Any) -> "Case":
        return replace(self, limits=Limits(**{**self.limits.model_dump(), **values}))

    def costing(self, **values: Any) -> "Case":
        return replace(self, economics=Economics(**{**self.economics.model_dump(), **values}))

    def having(self, **fields: Any) -> "Case":
        return replace(self, **fields)

    def knowing(self, **values: Any) -> "Case":
        return replace(self, more=values)

    def batch(self, size: int, **values: Any) -> "Case":
        """The same change for `size` different listings."""
        keys = [{"target_id": f"v{n}", "sku_id": f"SKU-{n}"} for n in range(size)]
        prices = [
            {**_PRICE, "listing_id": key["target_id"], "sku_id": key["sku_id"]} for key in keys
        ]
        return replace(
            self, proposals=[{**_PROPOSAL, **values, **key} for key in keys], prices=prices
        )

    def facts(self) -> GuardFacts:
        tables = ("prices", "costs") if self.read_at else ()
        readings = [{"shop_id": "north", "table": name, "read_at": self.read_at} for name in tables]
        values: dict[str, Any] = {
            "depends": ("prices", "costs", "orders"),
            "price_facts": _frame(PriceFact, self.prices),
            "stock_facts": _frame(StockFact, self.stock),
            "readings": pl.DataFrame(readings, schema=dict(READING_SCHEMA)),
            "history": pl.DataFrame(self.past, schema=dict(HISTORY_SCHEMA)),
            "platforms": {("north", "set_price"): "shopify"},
            "coupon_terms": {"north": KEPT},
        }
        return GuardFacts(**{**values, **self.more})

    def judged(self) -> pl.DataFrame:
        return judge(
            _frame(Proposal, self.proposals),
            self.facts(),
            limits=self.limits,
            economics=self.economics,
            mode=self.mode,
            at=self.at,
        )

    def guards(self) -> list[str | None]:
        return self.judged()["guard"].to_list()

    def reason(self) -> str:
        return str(self.judged()["guard_reason"].item())


@pytest.fixture
def case() -> Case:
    return Case()


@pytest.fixture
def refused() -> Callable[..., list[str]]:
    """What the guard says at the door to approved actions; the platform shows 10.00 USD."""
    return _refused


def _refused(case: Case, *, at: dt.datetime = NOW) -> list[str]:
    actions = [_approved(row) for row in case.proposals]
    found = per_item_recheck(
        actions,
        {action.target_id: Live(value=1000, currency="USD") for action in actions},
        case.facts(),
        limits=case.limits,
        economics=case.economics,
        at=at,
    )
    return [guard for guard, _ in found.values()]


def _approved(row: dict[str, Any]) -> Action:
    ledger: dict[str, Any] = {name: row[name] for name in row if name != "needs_target_id"}
    ledger |= {"write_kind": WriteKind(row["write_kind"]), "state": ActionState.APPROVED}
    ledger |= dict.fromkeys(("guard", "guard_reason", "observed_value", "message", "undoes"))
    return Action(
        **ledger,
        action_id=f"a-{row['target_id']}",
        run_id="run",
        decided_at=NOW,
        updated_at=NOW,
        approved_by="policy",
        fence=1,
    )
