"""Metrics of a home equal what happened and the daily table; wrong use is one sentence."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from flows.steps.build import build
from flows.steps.metrics import show
from flows.steps.pull import pull
from tests.flows.commands import typing
from tests.flows.conftest import Merchant
from transforms.days import local_day

ZONE = "America/New_York"


@pytest.fixture
def built(merchant: Merchant) -> Merchant:
    with merchant.open() as home:
        pull(home)
        build(home)
    return merchant


def test_sales_of_every_day_are_what_really_happened_and_what_the_daily_table_holds(
    built: Merchant,
) -> None:
    truth = {dt.date.fromisoformat(day["date"]): day for day in built.truth()}
    first, last = min(truth), max(truth)
    with built.open() as home:
        stored = home.scan("kpis_daily", home.shop("demo")).collect()
        # The world counts what was placed; an order that was never paid is in no metric.
        unpaid = home.scan("orders", home.shop("demo")).filter(pl.col("paid_at").is_null())
        left_out = {
            *stored.filter(~pl.col("is_complete"))["kpi_date"],
            *unpaid.select(local_day("placed_at", ZONE)).collect().to_series(),
        }
        for name, column, theirs in (
            ("gmv", "gmv_minor", "gmv_minor"),
            ("orders", "orders_count", "orders"),
            ("units", "sold_units", "units"),
        ):
            rows = show(home, name, shop_id="demo", first=first, last=last).rows
            ours = dict(rows.select("period", "value").rows())
            days = dict(stored.select("kpi_date", column).rows())
            assert {day: ours[day] for day in days} == days
            whole = [day for day in truth if day not in left_out]
            assert len(whole) > 20
            assert [ours[day] for day in whole] == [truth[day][theirs] for day in whole]


def test_a_metric_is_shown_by_dimension_and_period_and_as_json(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    code, screen, _ = call("metrics", "show", "gmv", "--by", "month")
    assert code == 0
    assert "成交额" in screen
    code, document, _ = call("--json", "metrics", "show", "orders", "--by", "span,buyer")
    answer: Any = json.loads(document)
    assert (code, answer["title"]["zh"], answer["by"]) == (0, "订单数", ["buyer"])
    with built.open() as home:
        whole = show(home, "orders", by=["span"]).rows["value"].item()
    assert sum(row["value"] for row in answer["rows"]) == whole > 0


WRONG = {
    ("gnv",): "did you mean 'gmv'?",
    ("gmv", "--by", "sku"): (
        "--by 'sku': gmv is broken down by span, day, week, month, buyer, hour"
    ),
    ("gmv", "--by", "day,week"): "--by takes one period",
    ("gmv", "--from", "2026-11-12", "--to", "2026-11-11"): "is later than",
}


def test_wrong_use_is_one_sentence(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    for words, sentence in WRONG.items():
        code, _, error = call("metrics", "show", *words)
        assert (code, error.count("\n"), sentence in error) == (2, 1, True), error
