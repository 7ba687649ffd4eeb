"""Metrics of a home equal what happened and the daily table; wrong use is one sentence."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from contracts.tables import AdsDaily, Settlement
from flows.steps.metrics import show, show_group
from tests.flows.commands import typing
from tests.flows.conftest import Merchant
from tests.warehouse.rows import rows
from transforms.days import local_day

ZONE = "America/New_York"


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


def test_a_day_to_come_has_no_value_where_it_would_say_that_nothing_was_sold(
    built: Merchant,
) -> None:
    with built.open() as home:
        today = home.data_as_of(home.shop("demo")).date()
        span: Any = {"first": today - dt.timedelta(days=1), "last": today + dt.timedelta(days=2)}
        for found in (
            show(home, "orders", shop_id="demo", **span),
            show_group(home, "orders", **span),
        ):
            assert found.rows["gap"].to_list() == [None, None, "no_data", "no_data"]
            assert found.rows["value"].is_null().to_list() == [False, False, True, True]


def test_a_metric_is_shown_by_dimension_and_period_and_as_json(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    code, screen, _ = call("metrics", "show", "gmv", "--by", "month")
    assert code == 0
    assert "GMV" in screen
    code, document, _ = call("--json", "metrics", "show", "orders", "--by", "span,buyer")
    answer: Any = json.loads(document)
    assert (code, answer["title"]["zh"], answer["by"]) == (0, "订单数", ["buyer"])
    with built.open() as home:
        whole = show(home, "orders", by=["span"]).rows["value"].item()
    assert sum(row["value"] for row in answer["rows"]) == whole > 0


def test_cohorts_of_a_home_hold_every_member_and_stock_is_that_of_the_last_whole_day(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    code, document, _ = call("--json", "metrics", "cohorts")
    cells: Any = json.loads(document)
    with built.open() as home:
        facts = home.scan("member_facts", home.shop("demo")).collect()
        stock = show(home, "stock_units", shop_id="demo").rows["value"].to_list()
        held = home.scan("stock_facts", home.shop("demo")).filter(~pl.col("is_bundle")).collect()
        worth = show(home, "known_members", shop_id="demo").rows["value"].to_list()
    firsts = [cell for cell in cells if cell["months_since"] == 0]
    assert code == 0
    assert sum(cell["members"] for cell in firsts) == facts.height > 0
    # What is there is told of the last whole day alone.
    assert stock[:-1] == [None] * 27
    assert stock[-1] == held["on_hand_units"].clip(0).sum() > 0
    assert worth[-1] == facts.height
    code, screen, _ = call("metrics", "cohorts")
    assert (code, firsts[0]["cohort"][:7] in screen) == (0, True)


def test_ads_of_a_home_are_shown_by_what_they_advertise(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with built.open() as home:
        listing = (
            home.scan("listings", home.shop("demo")).collect().sort("listing_id").row(0, named=True)
        )
        day = home.data_as_of(home.shop("demo")).date() - dt.timedelta(days=3)
        ad = {
            "ad_date": day, "campaign_id": "7", "campaign_name": "autumn", "listing_id": "-",
            "keyword_id": "-", "spend_minor": 1000, "revenue_minor": 5000,
        }  # fmt: skip
        of_sku = {**ad, "ad_level": "sku", "listing_id": listing["listing_id"]}
        word = {**ad, "ad_level": "keyword", "keyword_id": "9", "keyword": "red mug"}
        unnamed = {**ad, "ad_level": "campaign", "campaign_id": "8", "campaign_name": None}
        ads = [{**ad, "ad_level": "campaign"}, unnamed, word, of_sku]
        # As a pull writes them: names lie sealed.
        merged = home.lake.merge(home.keys.vault.seal_frames({"ads_daily": rows(AdsDaily, ads)}))
        home.readings.record({name: one.version for name, one in merged.items()})
    call = typing(built.folder, monkeypatch, capsys)
    code, document, _ = call("--json", "metrics", "ads")
    found: Any = json.loads(document)
    assert code == 0
    assert [(one["sku"], one["ad_spend"], one["roas"]) for one in found] == [
        (listing["sku_id"], 1000, 5)
    ]
    assert found[0]["stock_units"] is not None
    assert found[0]["contribution_rate"] is not None
    code, screen, _ = call("metrics", "ads", "--by", "campaign")
    assert (code, "autumn" in screen, "10.00" in screen) == (0, True, True)
    for by, names in (("campaign", ["8", "autumn"]), ("keyword", ["red mug"])):
        code, document, _ = call("--json", "metrics", "show", "ad_spend", "--by", by)
        assert (code, [one[by] for one in json.loads(document)["rows"]]) == (0, names)
    code, _, error = call("metrics", "ads", "--from", "2026-11-12", "--to", "2026-11-11")
    assert (code, "is later than" in error) == (2, True)


@pytest.mark.parametrize("against", [[], ["--against", "week"]])
def test_a_breakdown_of_what_there_is_nothing_of_is_empty_and_no_error(
    built: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    against: list[str],
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    code, screen, error = call("metrics", "show", "slot_clicks", "--by", "slot", *against)
    assert (code, "nothing there to break down" in " ".join(screen.split()), error) == (0, True, "")
    code, document, _ = call("--json", "metrics", "show", "slot_clicks", "--by", "slot", *against)
    assert (code, json.loads(document)["rows"]) == (0, [])


def test_what_a_statement_of_account_says_of_an_order_replaces_the_estimate(
    built: Merchant,
) -> None:
    with built.open() as home:
        shop = home.shop("demo")
        orders = home.scan("orders", shop).filter(pl.col("paid_at").is_not_null()).collect()
        one = orders.sort("placed_at").row(-1, named=True)
        day = one["placed_at"].date() - dt.timedelta(days=1)
        span: Any = {"shop_id": "demo", "first": day, "last": day + dt.timedelta(days=2)}

        def total(name: str) -> float:
            found: float = show(home, name, **span, by=["span"]).rows["value"].item()
            return found

        before = total("contribution")
        assert total("settled_gmv") == 0
        entry = {
            "order_id": one["order_id"], "entry_kind": "sale", "settled_at": one["placed_at"],
            "entry_id": "e1", "amount_minor": one["total_minor"], "currency": "USD",
        }  # fmt: skip
        kept = {**entry, "entry_id": "e2", "entry_kind": "commission", "amount_minor": -77}
        merged = home.lake.merge({"settlements": rows(Settlement, [entry, kept])})
        home.readings.record({name: table.version for name, table in merged.items()})
        assert total("settled_gmv") == one["goods_minor"]
        assert total("settled_fees") == pytest.approx(77)
        correction = total("settled_correction")
        assert correction != 0
        assert total("contribution") == pytest.approx(before + correction)


def test_a_metric_stands_beside_what_it_was_on_the_same_weekday_before(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    span = ("metrics", "show", "gmv", "--from", "2026-11-03", "--to", "2026-11-15")
    code, document, _ = call("--json", *span, "--against", "week")
    days = {row["period"]: row for row in json.loads(document)["rows"]}
    assert code == 0
    assert len(days) == 13
    for day in range(10, 16):
        now, then = days[f"2026-11-{day}"], days[f"2026-11-{day - 7:02}"]
        assert now["against"] == then["value"]
        change = now["value"] / then["value"] - 1 if then["value"] else None
        assert now["change"] == (change and pytest.approx(change))
    assert sum(row["value"] for row in days.values()) > 0
    code, document, _ = call("--json", *span, "--by", "span", "--against", "year")
    (whole,) = json.loads(document)["rows"]
    assert (whole["against"], whole["against_gap"]) == (None, "no_history")
    earlier = ("metrics", "show", "gmv", "--from", "2026-10-19", "--to", "2026-11-21")
    code, document, _ = call("--json", *earlier, "--by", "week,buyer", "--against", "week")
    weeks = {
        (dt.date.fromisoformat(row["period"]), row["buyer"]): row
        for row in json.loads(document)["rows"]
    }
    pairs = [
        (row["against"], weeks[start - dt.timedelta(days=7), buyer]["value"])
        for (start, buyer), row in weeks.items()
        if (start - dt.timedelta(days=7), buyer) in weeks and row["against_gap"] is None
    ]
    assert len(pairs) > 0
    assert all(against == then for against, then in pairs)
    code, screen, _ = call(*span, "--by", "week", "--against", "week")
    assert (code, "change" in screen) == (0, True)
    code, _, error = call(*span, "--by", "month", "--against", "week")
    assert (code, "compared with those of a year ago" in error) == (2, True)


def test_today_so_far_ends_at_the_newest_reading_and_adds_up_with_whole_days(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    code, document, _ = call("--json", "metrics", "today")
    rows_of: Any = {row["metric"]: row for row in json.loads(document)}
    with built.open() as home:
        now = home.data_as_of(home.shop("demo"))
        today = now.astimezone(home.shop("demo").zone).date()
        month = show(home, "gmv", first=today.replace(day=1), last=today, by=["span"]).rows
        placed = home.scan("orders", home.shop("demo")).filter(pl.col("paid_at").is_not_null())
        same_hour = pl.col("placed_at").dt.convert_time_zone(ZONE).dt.replace_time_zone(
            None
        ) <= now.astimezone(home.shop("demo").zone).replace(tzinfo=None) - dt.timedelta(days=7)
        is_day = local_day("placed_at", ZONE) == today - dt.timedelta(days=7)
        week_ago = placed.filter(same_hour & is_day, pl.col("goods_units") > 0).collect()
    assert code == 0
    assert rows_of["gmv"]["month"] == month["value"].item() > 0
    assert rows_of["orders"]["last_week"] == week_ago.height
    code, screen, _ = call("metrics", "today")
    assert (code, "Average order" in screen) == (0, True)


def test_all_shops_together_are_told_in_the_base_currency_by_the_rate_of_each_day(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(built.folder, monkeypatch, capsys)
    span = ("metrics", "show", "gmv", "--from", "2026-11-09", "--to", "2026-11-14", "--group")
    settings = built.folder / "shopkeeper.toml"
    usual = settings.read_text(encoding="utf-8")
    code, document, _ = call("--json", *span)
    missing = [row["gap"] for row in json.loads(document)["rows"]]
    rate = "[[fx.rates.USD]]\nrate = {}\ndate = 2026-11-{}\n"
    stated = rate.format(7.0, "01") + rate.format(7.5, 12)
    settings.write_text(f'{usual}\n[fx]\nbase = "CNY"\n{stated}', encoding="utf-8")
    with built.open() as home:
        days = show(home, "gmv", first=dt.date(2026, 11, 9), last=dt.date(2026, 11, 14)).rows
    # A day without a sale needs no rate.
    assert missing == ["rate_missing" if one else None for one in days["value"]]
    assert any(missing)
    code, document, _ = call("--json", *span)
    found: Any = json.loads(document)["rows"]
    assert (code, {row["currency"] for row in found}) == (0, {"CNY"})
    expected = [
        value * (7.0 if day < dt.date(2026, 11, 12) else 7.5)
        for day, value in days.select("period", "value").rows()
    ]
    assert [row["value"] for row in found] == pytest.approx(expected)
    code, screen, _ = call(*span)
    assert (code, "CNY" in screen) == (0, True)
    for words in (("--by", "hour"), ("--shop", "demo"), ("--against", "week")):
        assert call(*span, *words)[0] == 2


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
