"""Days of decisions in many shops at once, from what feeds tell to the prices that leave.

What is read goes through the row checks, the transforms that make the derived tables, policy, guard
and the ledger's past, as `pull`, `build`, `decide` and `act` put them together. Each case of a feed
that goes wrong is a shop of its own with the same goods, so that a day of all cases costs as much
as a day of one large shop.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import polars as pl

from actions.guard import GuardFacts, Limits, judge
from actions.guard.facts import HISTORY_SCHEMA, READING_SCHEMA
from actions.policies import repricing
from checks.readings import check_quarantine
from checks.rows import split
from contracts.codes import ElasticitySource, PolicyMode
from contracts.economics import Confirmed, Economics
from contracts.streams import Context, Mapped
from contracts.tables import (
    CompetitorOffer,
    Cost,
    Coupon,
    Elasticity,
    Listing,
    Order,
    OrderLine,
    Price,
    StockFact,
    StockLevel,
    Velocity,
)
from tests.actions.feeds.told import DAY, START, Feeds, rates
from tests.actions.feeds.truth import RIGHT, USUAL_OFF, Article, Case, Change, articles
from tests.warehouse.rows import rows
from transforms.costs import costs_in_use
from transforms.pricing import price_facts, rival_offers

ECONOMICS: Final = Economics(
    fee_rate=0.08, vat_rate=0.07, min_margin_rate=0.05, shipping_minor=60, fixed_fee_minor=20,
    return_rate=0.05, return_cost_minor=150,
)  # fmt: skip
# Bounds of the merchant that are far away: what holds a price is what is judged here.
LOOSE: Final[dict[str, Any]] = {"min_factor": 0.05, "max_factor": 10.0}
_READ: Final = {"costs": Cost, "competitor_offers": CompetitorOffer, "prices": Price}
_LINES_DAYS: Final = 28
Rule = Literal["match", "optimum"]


@dataclass
class Market:
    """Days of all cases side by side."""

    cases: list[Case]
    rule: Rule = "match"
    count: int = 12
    articles: list[Article] = field(init=False)
    changes: list[Change] = field(default_factory=list)
    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    """How often each guard refused in each shop."""
    _tables: dict[str, Any] = field(default_factory=dict)
    _feeds: Feeds = field(default_factory=Feeds)
    _counts: dict[str, list[dict[str, tuple[int, int]]]] = field(default_factory=dict)
    _history: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=dict(HISTORY_SCHEMA))
    )
    _facts: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        self.articles = [one for case in self.cases for one in articles(case, self.count)]
        self._by_id = {one.id: one for one in self.articles}
        self._case = {case.shop_id: case for case in self.cases}

    def run(self, days: int) -> None:
        """From the first day on, one decision each; the goods were sold for weeks before."""
        for ago in range(_LINES_DAYS, 0, -1):
            self._sell(-ago)
        for day in range(days):
            self._read(day)
            self._decide(day)
            self._sell(day)

    def _read(self, day: int) -> None:
        """Read every feed; what the row checks hold does not reach the lake."""
        at = START + day * DAY
        listed = [self._feeds.of(one, day) for one in self.articles]
        for name, schema in _READ.items():
            frame = _frame(schema, [row for tables in listed for row in tables.get(name, ())])
            good = split(Mapped({name: frame}), Context("s", "USD", "UTC", at)).good[name]
            read, passed = (_per_shop(one) for one in (frame, good))
            counts = {shop: (all_, all_ - passed.get(shop, 0)) for shop, all_ in read.items()}
            self._counts.setdefault(name, []).append(counts)
            self._tables[name] = _kept(self._tables.get(name), good, name)

    def _decide(self, day: int) -> None:
        at = START + day * DAY
        rivals: Any = rival_offers(self._tables["competitor_offers"].lazy(), as_of=at).collect()
        self._facts = price_facts(
            self._listings().lazy(), self._tables["prices"].lazy(),
            costs=pl.concat(self._costs(day), how="vertical_relaxed").lazy(), rivals=rivals.lazy(),
            stock_levels=StockLevel.create_empty().lazy(), velocity=self._velocity().lazy(),
            elasticities=self._elasticities().lazy(), lines=self._tables["order_lines"].lazy(),
            orders=Order.create_empty().lazy(), coupons=Coupon.create_empty().lazy(), as_of=at,
            confirmed=Confirmed(),
        ).collect()  # fmt: skip
        proposed = repricing.propose(
            prices=self._facts.lazy(), rivals=rivals.lazy(), economics=ECONOMICS, as_of=at,
            params=repricing.Params(**LOOSE, rule=self.rule), time_zone="UTC",
        )  # fmt: skip
        given = GuardFacts(
            depends=repricing.DEPENDS, price_facts=self._facts, history=self._history,
            stock_facts=StockFact.create_empty(), readings=self._readings(at),
            failed=self._failed(at),
            platforms={(case.shop_id, "set_price"): "shopify" for case in self.cases},
        )  # fmt: skip
        limits = Limits(max_actions=1000, max_exposure_minor=10**9)
        judged = judge(
            proposed, given, limits=limits, economics=ECONOMICS, mode=PolicyMode.AUTO, at=at
        )
        self._act(judged, day)

    def _costs(self, day: int) -> list[pl.DataFrame]:
        """Costs in use; what the last build used is known, and each case has rates of its own."""
        every: Any = self._tables["costs"].filter(pl.col("deleted_at").is_null())
        known = pl.DataFrame(
            schema={"shop_id": pl.String, "sku_id": pl.String, "known_minor": pl.Int64}
        )
        if self._facts is not None:
            known = self._facts.select("shop_id", "sku_id", known_minor="unit_cost_minor")
        own = {case.shop_id: case for case in self.cases if case.feed == "fx"}
        parts: list[tuple[pl.Expr, Case]] = [(~pl.col("shop_id").is_in(list(own)), RIGHT)]
        parts += [(pl.col("shop_id") == shop_id, case) for shop_id, case in own.items()]
        return [
            costs_in_use(
                every.filter(mine).lazy(), known=known.lazy(), currency="USD",
                fx=rates(case, day), confirmed=Confirmed(),
                max_jump_rate=ECONOMICS.max_cost_jump_rate,
                max_fall_rate=ECONOMICS.max_cost_fall_rate, as_of=START + day * DAY,
                time_zone="UTC",
            ).collect()
            for mine, case in parts
        ]  # fmt: skip

    def _act(self, judged: pl.DataFrame, day: int) -> None:
        """Send what passed and whose price the shop still shows."""
        sent = []
        for row in judged.to_dicts():
            one = self._by_id[row["target_id"]]
            if row["guard"] is not None:
                key = (one.case.shop_id, row["guard"])
                self.refused[key] = self.refused.get(key, 0) + 1
                continue
            is_sent = row["before_value"] == self._feeds.live(one, day)
            self.changes.append(Change(one, day, row["before_value"], row["after_value"], is_sent))
            if is_sent:
                one.price = row["after_value"]
                past = {name: row[name] for name in HISTORY_SCHEMA.keys() & row.keys()}
                done = {"run_id": str(day), "state": "confirmed", "is_undo": False}
                sent.append({**past, **done, "at": START + day * DAY})
        new = pl.DataFrame(sent, schema=dict(HISTORY_SCHEMA))
        since = START + (day - 91) * DAY
        self._history = pl.concat([self._history, new]).filter(pl.col("at") > since)

    def _sell(self, day: int) -> None:
        """A line of each article; every second buyer has the usual discount."""
        at = START + day * DAY + DAY / 2
        lines = []
        for one in (one for one in self.articles if one.sells):
            units = one.sold()
            listed = one.price * units
            off = round(listed * USUAL_OFF) if day % 2 else 0
            lines.append({
                "shop_id": one.case.shop_id, "order_id": f"{one.id}-{day}", "line_id": "1",
                "listing_id": one.id, "sku_id": one.id, "placed_at": at, "quantity_units": units,
                "unit_price_minor": one.price, "discount_minor": off, "total_minor": listed - off,
            })  # fmt: skip
        known = self._tables.get("order_lines", OrderLine.create_empty())
        kept = known.filter(pl.col("placed_at") > at - (_LINES_DAYS + 1) * DAY)
        self._tables["order_lines"] = pl.concat([kept, rows(OrderLine, lines)])

    def _listings(self) -> Any:
        if "listings" not in self._tables:
            listed = [
                {"shop_id": one.case.shop_id, "listing_id": one.id, "sku_id": one.id}
                for one in self.articles
            ]
            self._tables["listings"] = rows(Listing, listed)
        return self._tables["listings"]

    def _velocity(self) -> Any:
        """Pieces per day of four weeks: here nothing was ever out of stock."""
        daily = self._tables["order_lines"].group_by("shop_id", "sku_id").agg(
            daily_units=pl.col("quantity_units").mean()
        )  # fmt: skip
        return rows(Velocity, daily.to_dicts())

    def _elasticities(self) -> Any:
        listed = [
            {"shop_id": one.case.shop_id, "sku_id": one.id, "elasticity": -3.0,
             "elasticity_sd": 0.1, "elasticity_source": ElasticitySource.OWN}
            for one in self.articles
        ]  # fmt: skip
        return rows(Elasticity, listed)

    def _readings(self, at: dt.datetime) -> pl.DataFrame:
        listed = [
            {"shop_id": case.shop_id, "table": table, "read_at": at}
            for case in self.cases
            for table in ("prices", "costs")
        ]
        return pl.DataFrame(listed, schema=dict(READING_SCHEMA))

    def _failed(self, at: dt.datetime) -> list[Any]:
        """The check of what seven days left in quarantine, where it fails."""
        found = []
        for table, days in self._counts.items():
            for case in self.cases:
                week = [counts.get(case.shop_id, (0, 0)) for counts in days[-7:]]
                read, held = (sum(one[at_] for one in week) for at_ in (0, 1))
                found.append(
                    check_quarantine(
                        case.shop_id, table, rows=read, quarantined_rows=held, checked_at=at
                    )
                )
        return [one for one in found if not one.passed]


def _frame(schema: type[Any], told: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table; what a feed left out is null there, and not made up."""
    names = schema.column_names()
    return rows(schema, [{name: row[name] for name in names if name in row} for row in told])


def _per_shop(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.group_by("shop_id").len().iter_rows())


def _kept(known: pl.DataFrame | None, read: pl.DataFrame, table: str) -> pl.DataFrame:
    """What of the lake is still read: the newest version of each cost, the first and the newest
    price of each listing, the offers of today."""
    if table == "competitor_offers":
        return read
    every = (read if known is None else pl.concat([known, read])).sort("read_at")
    key = ["shop_id", "sku_id", "valid_from"] if table == "costs" else ["shop_id", "listing_id"]
    newest = every.unique(key, keep="last", maintain_order=True)
    if table == "costs":
        return newest
    return pl.concat([every.unique(key, keep="first", maintain_order=True), newest]).unique()
