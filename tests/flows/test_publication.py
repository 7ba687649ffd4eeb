"""What is published of metrics is what the catalogue and the daily table say, after any change."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text

from contracts.tables.published import MetricDay
from flows.steps import publication
from flows.steps.build import build
from flows.steps.export import export
from flows.steps.home import Home
from flows.steps.metrics import show
from flows.steps.publication import KPIS, metric_days, publish_metrics
from flows.steps.report import report
from flows.steps.views import View
from tests.flows.commands import typing
from tests.flows.conftest import Merchant
from transforms.metrics.catalogue import METRICS

LATE = dt.timedelta(hours=1)


def published(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with home.database.read() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def days_of(home: Home) -> dict[tuple[str, str], float | None]:
    rows = published(home, "SELECT metric_date, metric, value FROM metrics_daily")
    return {(str(day), name): value for day, name, value in rows}


def recomputed(home: Home) -> dict[tuple[str, str], float | None]:
    """All days, computed at once."""
    view = View.of(home, home.shop("demo"), home.data_as_of(home.shop("demo")))
    days = publication._days(view)
    frame = metric_days(view, first=days[0], last=days[-1])
    return {(str(d), m): v for d, m, v in frame.select("metric_date", "metric", "value").rows()}


def change_an_old_order(home: Home) -> dt.date:
    """A piece more and another price on the oldest order; its day."""
    orders = home.lake.scan("orders").filter(pl.col("paid_at").is_not_null()).collect()
    old = orders.sort("placed_at").head(1)
    changed = {
        name: home.lake.scan(name)
        .join(old.lazy(), on="order_id", how="semi")
        .with_columns(
            source_updated_at=pl.col("source_updated_at") + LATE,
            content_hash=pl.col("content_hash") + 1,
        )
        .collect()
        for name in ("orders", "order_lines", "order_coupons", "refunds", "shipments")
    }
    more = pl.col("goods_minor") + 100
    changed["orders"] = changed["orders"].with_columns(goods_minor=more)
    merged = home.lake.merge(changed)
    home.readings.record({name: table.version for name, table in merged.items()})
    day: dt.date = (
        old["placed_at"].dt.convert_time_zone(home.shop("demo").settings.time_zone).dt.date()[0]
    )
    return day


def test_every_figure_of_the_daily_table_that_is_a_metric_is_equal_to_it(built: Merchant) -> None:
    also = {
        "returning_buyers": "returning_buyers_units", "visitors": "visitors_units",
        "repurchase_rate": "repurchase_rate",
    }  # fmt: skip
    with built.open() as home:
        kpis = home.scan("kpis_daily", home.shop("demo")).collect()
        span: Any = {"first": kpis["kpi_date"].min(), "last": kpis["kpi_date"].max()}
        for metric, column in {**KPIS, **also}.items():
            shown = dict(show(home, metric, **span).rows.select("period", "value").rows())
            stored = dict(kpis.select("kpi_date", column).rows())
            assert {day: shown[day] for day in stored} == pytest.approx(stored), metric
        aov = dict(show(home, "aov", **span).rows.select("period", "value").rows())
        for day, minor in kpis.select("kpi_date", "aov_minor").rows():
            assert aov[day] is minor is None or round(aov[day]) == minor


def test_a_report_publishes_what_changed_and_nothing_else(built: Merchant) -> None:
    with built.open() as home:
        report(home)
        first = recomputed(home)
        assert days_of(home) == pytest.approx(first)
        shops = home.select(None)
        assert publish_metrics(home, shops) == 0
        day = change_an_old_order(home)
        build(home)
        assert publish_metrics(home, shops) == 1
        then = days_of(home)
        assert then == pytest.approx(recomputed(home))
        assert then[str(day), "gmv"] == (first[str(day), "gmv"] or 0) + 100
        wide = published(home, f"SELECT gmv FROM metrics_wide WHERE metric_date = '{day}'")
        assert wide == [(then[str(day), "gmv"],)]
        titles = published(home, "SELECT metric, title_zh FROM metrics_dictionary")
        assert dict(titles) == {name: one.title.zh for name, one in METRICS.items()}


@pytest.mark.parametrize("is_full", [False, True])
def test_days_before_the_first_order_that_is_left_are_published_no_more(
    built: Merchant, is_full: bool
) -> None:
    with built.open() as home:
        publish_metrics(home, home.select(None))
        last = max(day for day, _ in days_of(home))
        kpis = home.lake.scan("kpis_daily").collect()
        left = kpis.filter(pl.col("kpi_date") >= kpis["kpi_date"].sort()[3])
        merged = home.lake.replace("kpis_daily", left, shop_id="demo")
        home.readings.record({"kpis_daily": merged.version})
        assert merged.removed == kpis.height - left.height > 0
        publish_metrics(home, home.select(None), is_full=is_full)
        days = {day for day, _ in days_of(home)}
        assert (min(days), max(days)) == (str(left["kpi_date"].min()), last)
        assert publish_metrics(home, home.select(None)) == 0


def test_the_trailing_days_are_renewed_once_a_day_and_stock_of_each_day_stays(
    built: Merchant,
) -> None:
    with built.open() as home:
        publish_metrics(home, home.select(None))
        last = max(day for day, _ in days_of(home))
        stock = days_of(home)[last, "stock_value"]
        assert stock is not None
        with home.database.write() as connection:
            connection.execute(
                text("UPDATE metrics_daily SET value = 1 WHERE metric = 'impressions'")
            )
            connection.execute(
                text("DELETE FROM metrics_daily WHERE metric_date = :day"), {"day": last}
            )
            connection.execute(
                text(
                    "INSERT INTO metrics_daily (shop_id, metric_date, metric, currency, unit,"
                    " value) VALUES ('demo', '2026-11-10', 'stock_value', 'USD', 'money', 77)"
                )
            )
        publish_metrics(home, home.select(None))
        found = days_of(home)
        window = [day for day, name in found if name == "impressions" and found[day, name] == 1]
        assert max(window, default="") < "2026-10-20"
        assert found["2026-11-10", "stock_value"] == 77
        assert found[last, "stock_value"] == stock


def test_metrics_are_exported_and_published_by_command(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    code, screen, _ = call("publish", "--full")
    assert (code, "days of metrics" in screen) == (0, True)
    out = built.folder / "metrics.parquet"
    with built.open() as home:
        rows = export(home, "metrics_daily", out=out)
        frame = MetricDay.validate(pl.read_parquet(out))
        assert frame.height == rows == len(days_of(home))
        names = export(home, "metrics_dictionary", out=out, file_format="csv")
        assert pl.read_csv(out)["metric"].to_list() == list(METRICS)
        assert names == len(METRICS)
