import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from contracts.actions import Action
from contracts.checks import CheckResult
from contracts.codes import ActionState, WriteKind
from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from contracts.streams import Quarantined
from reports.daily import (
    DailyReport,
    PulledStream,
    ReportedAction,
    ReportedShop,
    ReportedStock,
    ReportLink,
    count_actions,
)
from reports.spans import day

AT = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
HOSTILE = "<img src=x onerror=alert(1)>"
ACTION: dict[str, Any] = {
    "run_id": "run-1",
    "policy": "repricing",
    "policy_version": 1,
    "shop_id": "demo",
    "parent_id": "p1",
    "write_kind": WriteKind.SET_PRICE,
    "currency": "USD",
    "numbers": "{}",
    "units_at_risk": 3.0,
    "effect_minor": 120,
    "reason_code": "match_rival",
    "window_start": AT,
    "expires_at": AT + dt.timedelta(days=1),
    "evidence": "{}",
    "decided_at": AT,
    "updated_at": AT,
    "approved_by": None,
    "message": None,
    "undoes": None,
    "fence": 1,
}


def action(number: int, state: ActionState, **changes: Any) -> Action:
    own = {
        "action_id": f"a{number}",
        "target_id": f"v{number}",
        "sku_id": f"SKU-{1000 + number}",
        "before_value": 1299 + number,
        "after_value": 1249 + number,
        "observed_value": 1249 + number if state is ActionState.CONFIRMED else None,
        "guard": None,
        "guard_reason": None,
        "state": state,
    }
    return Action(**{**ACTION, **own, **changes})


def restock(number: int, **changes: Any) -> Action:
    values = {
        "policy": "restock",
        "write_kind": WriteKind.NONE,
        "currency": None,
        "before_value": None,
        "after_value": 48,
    }
    return action(number, ActionState.PROPOSED, **{**values, **changes})


def reported(actions: list[Action]) -> list[ReportedAction]:
    price = (
        "Change the price to match: the lowest of 3 usable competitors asks 12.49 with shipping."
    )
    stock = (
        "Order 48 pieces: the 9 in stock last 3 days at 3.1 a day, but an order takes 7 days; "
        "the reorder point for a cycle service level of 95.0% is 31."
    )
    return [
        ReportedAction(action=one, sentence=stock if one.policy == "restock" else price)
        for one in actions
    ]


METRICS = [
    Metric(name=name, title=Bilingual(en, zh), definition=Bilingual(en, zh), unit=unit,
           fact="orders", value=pl.lit(0), is_better="lower" if name == "refunded" else "higher")
    for name, en, zh, unit in (
        ("gmv", "GMV", "成交额", Unit.MONEY),
        ("orders", "Orders", "订单数", Unit.COUNT),
        ("aov", "Average order", "客单价", Unit.MONEY),
        ("buyers", "Buyers", "买家数", Unit.COUNT),
        ("new_buyers", "New buyers", "新客数", Unit.COUNT),
        ("repurchase_rate", "Repurchase rate", "复购率", Unit.RATE),
        ("refunded", "Refunded", "退款额", Unit.MONEY),
        ("conversion", "Conversion", "转化率", Unit.RATE),
    )
]  # fmt: skip


def days_of(number_of_days: int = 90) -> pl.DataFrame:
    """A shop whose weekends are stronger and which grows a little, but not known visitors; the
    last day holds a document in quarantine."""
    last = dt.date(2026, 11, 15)
    dates = pl.date_range(last - dt.timedelta(days=number_of_days - 1), last, eager=True)
    number = pl.int_range(pl.len()) + 9
    wave = 1 + 0.2 * (pl.col("day").dt.weekday() >= 6) + number / 500
    frame = pl.DataFrame({"day": dates}).with_columns(
        orders=(400 * wave + (number * 37) % 29).cast(pl.Int64).cast(pl.Float64)
    )
    return frame.select(
        "day",
        "orders",
        shop_id=pl.lit("demo"),
        currency=pl.lit("USD"),
        gmv=pl.col("orders") * 2987,
        buyers=pl.col("orders") - 20,
        new_buyers=pl.col("orders") // 20,
        aov=pl.lit(2987.0),
        repurchase_rate=pl.lit(0.942),
        refunded=pl.col("orders") * 31,
        conversion=pl.lit(None, pl.Float64),
        is_complete=pl.col("day") != last,
    ).with_columns(
        pl.lit(Gap.NO_DATA if one.name == "conversion" else None, pl.String).alias(
            f"{one.name}_gap"
        )
        for one in METRICS
    )


SPAN = day(dt.date(2026, 11, 15))


def spans_of(days: pl.DataFrame) -> pl.DataFrame:
    """The last day, the one a week before and, for that of a year before, the first."""
    last = dt.date(2026, 11, 15)
    at = {"now": last, "before": last - dt.timedelta(weeks=1), "year": days["day"][0]}
    rows = [
        days.filter(pl.col("day") == found).select(
            pl.lit(one).alias("against"), pl.col("day").alias("first"),
            pl.col("day").alias("last"), pl.exclude("day"),
        )
        for one, found in at.items()
    ]  # fmt: skip
    return pl.concat(rows)


def trend_of(days: pl.DataFrame) -> pl.DataFrame:
    """GMV a tenth less a year before, and a campaign on two days."""
    gmv = pl.col("gmv").cast(pl.Int64)
    is_sale = pl.col("day").is_in([dt.date(2026, 11, 10), dt.date(2026, 11, 11)])
    return days.select(
        "shop_id", "currency", "day", gmv_minor=gmv, last_year_minor=gmv * 9 // 10,
        campaign=pl.when(is_sale).then(pl.lit("11.11")),
    )  # fmt: skip


def movers_of(spans: pl.DataFrame) -> pl.DataFrame:
    """Visitors took 100.00 away, conversion made the rest."""
    now, before = (int(spans["gmv"][place]) for place in (0, 1))
    return pl.DataFrame({
        "shop_id": ["demo", "demo"],
        "effect": ["visitors", "conversion"],
        "effect_minor": [-10_000, now - before + 10_000],
        "start_minor": [before, before - 10_000],
        "end_minor": [before - 10_000, now],
    })  # fmt: skip


def risks() -> pl.DataFrame:
    """Two goods at risk, the title of one hostile."""
    return pl.DataFrame({
        "shop_id": ["demo", "demo"],
        "sku_id": ["SKU-1", "SKU-2"],
        "title": [HOSTILE, ""],
        "missing_minor": [90_000, None],
        "cover_days": [1.5, 0.0],
        "lead_time_days": [7.0, 21.0],
    }, schema_overrides={"missing_minor": pl.Int64})  # fmt: skip


def unusual() -> pl.DataFrame:
    return pl.DataFrame({
        "shop_id": ["demo"], "day": [dt.date(2026, 11, 15)], "metric": ["gmv"],
        "change_rate": [-0.314], "score": [-5.1],
    })  # fmt: skip


def cohorts() -> pl.DataFrame:
    """Of forty members half came back in the first month, the second has not ended; and three."""
    return pl.DataFrame({
        "shop_id": "demo",
        "cohort": [dt.date(2026, 9, 1)] * 3 + [dt.date(2026, 10, 1)] * 2,
        "months_since": [0, 1, 2, 0, 1],
        "members": [40, 40, 40, 3, 3],
        "retention_rate": [1.0, 0.5, None, 1.0, 0.333],
    })  # fmt: skip


def ads() -> pl.DataFrame:
    """One that loses, one of which that is not known."""
    return pl.DataFrame({
        "shop_id": "demo", "sku": ["SKU-7", "SKU-8"], "title": [HOSTILE, ""],
        "ad_spend": [90_000.0, 5_000.0], "roas": [1.234, 7.0], "is_losing": [True, None],
    })  # fmt: skip


def funnel() -> pl.DataFrame:
    return pl.DataFrame({
        "shop_id": "demo", "path": ["search"] * 3, "step": [1, 2, 3],
        "page_kind": ["search", "item", "order"], "sessions_units": [8_000.0, 2_000.0, 100.0],
    })  # fmt: skip


def classes() -> pl.DataFrame:
    return pl.DataFrame({
        "shop_id": "demo", "product_id": ["p1", "p2", "p3"],
        "product_class": ["core", "star", "core"], "visitors_units": [900, 150, 4_000],
        "conversion_rate": [0.02, 0.11, 0.03],
    })  # fmt: skip


def targets() -> pl.DataFrame:
    """GMV behind its time, a level, which has no time, and what is no metric."""
    return pl.DataFrame({
        "shop_id": "demo",
        "metric": ["returns_gone", "conversion", "gmv"],
        "first_date": dt.date(2026, 11, 1),
        "last_date": dt.date(2026, 11, 30),
        "target": [7.0, 0.05, 3_000_000.0],
        "value": [None, 0.04, 1_200_000.0],
        "gap": ["unknown_metric", None, None],
        "reached_rate": [None, 0.8, 0.4],
        "gone_rate": [None, None, 0.5],
        "pace": [None, 0.8, 0.8],
        "currency": "USD",
    })  # fmt: skip


def ratings() -> pl.DataFrame:
    """One that fell, and one without a target."""
    return pl.DataFrame({
        "shop_id": "demo",
        "rating_kind": ["goods", "goods", "service"],
        "day": [dt.date(2026, 10, 19), dt.date(2026, 11, 15), dt.date(2026, 11, 15)],
        "rating_score": [4.8, 4.75, 4.9],
        "industry_score": [4.8, 4.81, None],
        "target": [4.8, 4.8, None],
        "needed": [0.0, 1661.0, None],
    })  # fmt: skip


def held(*documents: tuple[str, str, str, str | None, str | None]) -> pl.DataFrame:
    rows = [
        {
            "table": table,
            "document_id": document_id,
            "reasons": json.dumps(
                [{"reason": reason, "table": table, "column": column, "detail": detail}]
            ),
            "payload": "{}",
        }
        for table, document_id, reason, column, detail in documents
    ]
    return pl.DataFrame(rows, schema=Quarantined.create_empty().schema)


def check(table: str, kind: str, **changes: Any) -> CheckResult:
    values = {
        "shop_id": "demo",
        "table": table,
        "check": kind,
        "passed": True,
        "measured": "0 of 38 expectations failed",
        "limit": "0 failed",
        "checked_at": AT,
        "rows": 1_460_438,
    }
    return CheckResult(**{**values, **changes})


@pytest.fixture
def report() -> DailyReport:
    """See `daily`."""
    return daily()


def daily() -> DailyReport:
    """A day with everything in it, hostile text of a platform included."""
    actions = [
        *(action(number, ActionState.CONFIRMED) for number in range(60)),
        *(
            action(
                number,
                ActionState.REFUSED,
                guard="floor",
                guard_reason="12.49 would leave 0.31 a piece, at least 0.62 is required",
            )
            for number in range(60, 90)
        ),
        action(95, ActionState.UNKNOWN, message="The platform did not answer; look at the price"),
        *(restock(number) for number in range(100, 112)),
        restock(120, sku_id=HOSTILE),
    ]
    days = days_of()
    spans = spans_of(days)
    return DailyReport(
        shops=(
            ReportedShop(
                shop_id="demo",
                name="Demo Grocer",
                platform="shopify",
                time_zone="America/New_York",
                currency="USD",
                since=dt.date(2026, 8, 18),
                span=SPAN,
            ),
        ),
        as_of=AT,
        metrics=METRICS,
        days=days,
        spans=spans,
        trend=trend_of(days),
        movers=movers_of(spans),
        unusual=unusual(),
        risks=risks(),
        cohorts=cohorts(),
        ads=ads(),
        funnel=funnel(),
        classes=classes(),
        campaign=pl.DataFrame(schema={"shop_id": pl.String}),
        targets=targets(),
        ratings=ratings(),
        catalogue={one.name: one for one in METRICS},
        waiting={"ada": 12, "": 1},
        pulled=[
            PulledStream(
                shop_id="demo",
                stream=stream,
                pages=pages,
                new_pages=pages,
                rows=rows,
                loaded_rows=rows,
                quarantined=quarantined,
                seconds=rows / 60_000,
            )
            for stream, pages, rows, quarantined in (
                ("orders", 2, 1_617_000, 3),
                ("products", 1, 137_018, 0),
                ("inventory", 1, 68_509, 0),
                ("customers", 10, 2_469, 0),
                ("discounts", 1, 28, 0),
                ("costs", 1, 68_000, 1),
                ("offers", 3, 9_300, 0),
            )
        ],
        checks=[
            check("order_lines", "suite"),
            check("orders", "suite", rows=155_518),
            check("orders", "freshness", measured="12 min old", limit="1 d 2 h 0 min old", rows=0),
            check(
                "orders",
                "volume",
                passed=False,
                is_blocking=False,
                measured="301 rows (493 expected, -4.1 deviations)",
                limit="3.5 deviations",
                rows=301,
            ),
        ],
        quarantine=held(
            ("orders", "5012345", "penny_price", "unit_price_minor", "minor units: 1"),
            ("orders", "5012399", "future_instant", "placed_at", "future: 2031-01-01T00:00:00"),
            ("orders", "5012401", "foreign_currency", "currency", "not USD: EUR"),
            ("costs", "1029|2026-01-01", "unreadable_money", "unit_cost_minor", HOSTILE),
        ),
        actions=reported(actions),
        counts=count_actions(actions),
        stock=[
            ReportedStock(shop_id="demo", skus=43, sold_out=12, missing_minor=123456, unknown=7)
        ],
        links=(
            ReportLink(label="Data Docs", href="data-docs/index.html"),
            ReportLink(label="Prefect", href="http://127.0.0.1:4200"),
        ),
    )
