"""What explains a shop's figures adds up to them, and says where nothing can be said."""

import csv
import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts.tables import AdsDaily, Listing, ListingTrafficDaily, Target
from flows.steps.home import Home
from flows.steps.kpi_explanation import classify, explain, find_anomalies
from flows.steps.metrics import show
from flows.steps.opening import open_home
from flows.steps.pull import pull
from tests.flows.commands import Typed, typing
from tests.flows.conftest import Merchant
from tests.flows.exported_shop import exported
from tests.warehouse.rows import rows

FIRST, UNTIL = dt.date(2026, 3, 2), dt.date(2026, 7, 6)
DAYS = [FIRST + dt.timedelta(days=n) for n in range((UNTIL - FIRST).days)]
FALL, BUSY, BLIND = DAYS[-2], DAYS[-6], DAYS[-7]
CAMPAIGN = f"""
[[campaigns]]
name = "Midsummer"
starts_at = {BUSY}T00:00:00-04:00
ends_at = {BUSY}T12:00:00-04:00

[[campaigns]]
name = "One article"
starts_at = {FALL}T00:00:00-04:00
ends_at = {FALL}T12:00:00-04:00
skus = ["tea"]
"""


def order_rows() -> Iterator[dict[str, Any]]:
    """Twenty orders a day and on Saturdays thirty; a quarter on one day, thrice in a campaign."""
    for number, day in enumerate(DAYS):
        usual = 30 if day.weekday() == 5 else 20
        size = {FALL: usual // 4, BUSY: 3 * usual}.get(day, usual + number % 3)
        for n in range(size):
            total = 1000 + 10 * (n % 7)
            yield {
                "order": f"{number}-{n}", "line": 1, "member": f"m{(number * 7 + n) % 400}",
                "placed": f"{day}T15:00:00", "state": "paid", "charged": total,
                "sku": "tea" if n % 3 else "cup", "pieces": 1 + n % 2, "price": 1500, "off": 0,
                "total": total,
            }  # fmt: skip


def visit_rows() -> Iterator[dict[str, Any]]:
    """Ten visits per order of an ordinary day; one day is in no export."""
    for number, day in enumerate(DAYS):
        if day != BLIND:
            yield {"day": day, "source": "search", "visitors": 200 + number % 5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of four months."""
    place = tmp_path_factory.mktemp("explained") / "home"
    with pytest.MonkeyPatch.context() as patch:
        with exported(
            place, patch, first=FIRST, until=UNTIL, campaigns=CAMPAIGN,
            orders=order_rows(), visits=visit_rows(),
        ) as home:  # fmt: skip
            _advertise(home)
        yield place


def _advertise(home: Home) -> None:
    """Its two products, their visitors, an ad of one, and what its month is held against."""
    known = dt.datetime.combine(DAYS[-1], dt.time(), dt.UTC)
    own: dict[str, Any] = {"shop_id": "exports", "read_at": known}
    listed = [own | {"listing_id": one, "product_id": one, "sku_id": one} for one in ("cup", "tea")]
    visits = [
        {**own, "traffic_date": day, "product_id": one["product_id"], "listing_id": "-"}
        | {"visitors_units": 50}
        for day in DAYS[-14:] for one in listed
    ]  # fmt: skip
    ad = {
        **own, "ad_date": WEEK[1], "ad_level": "sku", "campaign_id": "7", "listing_id": "tea",
        "keyword_id": "-", "spend_minor": 1000, "revenue_minor": 5000,
    }  # fmt: skip
    target = {
        **own, "metric_name": "gmv", "first_date": UNTIL.replace(day=1), "last_date": DAYS[-1],
        "target_value": 900.0,
    }  # fmt: skip
    merged = home.lake.merge({
        "listings": rows(Listing, [{**one, "created_at": known} for one in listed]),
        "listing_traffic_daily": rows(ListingTrafficDaily, visits),
        "ads_daily": rows(AdsDaily, [ad]),
        "targets": rows(Target, [target]),
    })  # fmt: skip
    home.readings.record({name: one.version for name, one in merged.items()})


@pytest.fixture(scope="module")
def home(folder: Path) -> Iterator[Home]:
    with open_home(folder) as opened:
        yield opened


@pytest.fixture
def typed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    return typing(folder, monkeypatch, capsys)


def gmv(home: Home, first: dt.date, last: dt.date) -> int:
    """As the catalogue's metric has it."""
    return int(show(home, "gmv", first=first, last=last, by=["span"]).rows["value"].item())


def back(span: tuple[dt.date, dt.date], days: int) -> tuple[dt.date, dt.date]:
    return span[0] - dt.timedelta(days=days), span[1] - dt.timedelta(days=days)


WEEK = DAYS[-14], DAYS[-8]


@pytest.mark.parametrize("by", [None, "buyer", "category", "sku"])
def test_effects_add_up_to_the_change_of_the_catalogues_gmv(home: Home, by: str | None) -> None:
    (found,) = explain(home, first=WEEK[0], last=WEEK[1], by=by)
    assert (found.span, found.against) == (WEEK, back(WEEK, 7))
    now, then = gmv(home, *found.span), gmv(home, *found.against)
    assert now != then
    assert found.segments["gmv_minor"].sum() == now
    assert found.segments["gmv_minor_before"].sum() == then
    assert found.effects["effect_minor"].sum() == now - then
    segments = {
        None: [""], "buyer": ["new", "returning"], "category": ["(none)"], "sku": ["cup", "tea"],
    }  # fmt: skip
    assert set(found.segments["segment"]) <= set(segments[by])
    assert "" not in found.segments["segment"] or by is None


def test_a_shop_is_explained_by_its_visitors_and_by_orders_where_a_day_lacks_them(
    home: Home,
) -> None:
    (whole,) = explain(home, first=WEEK[0], last=WEEK[1])
    assert whole.effects["effect"].to_list() == [
        "visitors", "mix", "conversion", "aov", "entry_exit",
    ]  # fmt: skip
    visitors = [
        sum(row["visitors"] for row in visit_rows() if span[0] <= row["day"] <= span[1])
        for span in (whole.against, whole.span)
    ]
    effects = dict(whole.effects.select("effect", "effect_minor").iter_rows())
    assert (effects["visitors"] > 0) is (visitors[1] > visitors[0])
    assert effects["entry_exit"] == 0
    (blind,) = explain(home, first=BLIND, last=BLIND)
    assert blind.effects["effect"].to_list() == ["orders", "mix", "aov", "entry_exit"]
    (after,) = explain(home, first=BLIND + dt.timedelta(1), last=BLIND + dt.timedelta(1))
    assert after.effects["effect"].to_list()[0] == "orders"


@pytest.mark.parametrize(
    ("against", "length", "days"),
    [
        ("before", 3, 3), ("week", 3, 7), ("week", 7, 7), ("week", 8, 14), ("year", 3, 364),
    ],
)  # fmt: skip
def test_a_span_is_compared_with_the_days_before_or_with_its_weekdays(
    home: Home, against: str, length: int, days: int
) -> None:
    span = DAYS[-length], DAYS[-1]
    (found,) = explain(home, first=span[0], last=span[1], against=against)
    assert found.against == back(span, days)
    assert found.since == FIRST
    if against == "year":
        assert found.segments["gmv_minor_before"].to_list() == [0]
        assert found.effects["effect_minor"].sum() == gmv(home, *span)


def test_the_last_seven_whole_days_are_explained_unless_a_span_is_given(
    home: Home, typed: Typed
) -> None:
    code, document, _ = typed("--json", "metrics", "explain", "--by", "sku")
    (answer,) = json.loads(document)
    assert (code, answer["from"], answer["to"]) == (0, str(DAYS[-7]), str(DAYS[-1]))
    assert answer["against"] == {"from": str(DAYS[-14]), "to": str(DAYS[-8])}
    (found,) = explain(home, by="sku")
    assert [one["segment"] for one in answer["segments"]] == ["cup", "tea"]
    for one in answer["segments"]:
        moved = sum(effect["effect_minor"] for effect in one["effects"])
        assert moved == one["gmv_minor"] - one["gmv_minor_before"]
    assert answer["segments"][0]["effects"][0]["title"] == {"en": "Units", "zh": "销量"}
    _, screen, _ = typed("metrics", "explain", "--by", "sku")
    change = found.effects["effect_minor"].sum()
    assert f"{change / 100:,.2f}" in screen
    _, screen, _ = typed("metrics", "explain", "--against", "year")
    assert f"the earlier span is not whole: the data begins on {FIRST}" in screen


WRONG = {
    ("--by", "skus"): "did you mean 'sku'?",
    ("--by", "source"): "orders do not say where their buyers came from",
    ("--against", "month"): "it is one of before, week, year",
    ("--from", "2026-06-02", "--to", "2026-06-01"): "is later than",
}


def test_wrong_use_is_one_sentence(typed: Typed) -> None:
    for words, sentence in WRONG.items():
        code, _, error = typed("metrics", "explain", *words)
        assert (code, error.count("\n"), sentence in error) == (2, 1, True), error


def test_a_day_that_falls_is_unusual_and_a_campaign_is_not(home: Home, typed: Typed) -> None:
    found = find_anomalies(home)
    assert sorted(set(found["day"])) == DAYS[-7:]
    assert found["currency"].unique().to_list() == ["USD"]
    unusual = found.filter("is_anomaly").select("day", "metric").rows()
    assert {(FALL, "gmv"), (FALL, "orders"), (FALL, "conversion")} <= set(unusual)
    assert {day for day, _ in unusual} == {FALL}
    # A campaign and the three days after it stand aside; one of a single article changes no day.
    gaps = {day: set(own["gap"]) for (day,), own in found.group_by("day")}
    assert gaps[BUSY] == gaps[BUSY + dt.timedelta(days=3)] == {"campaign"}
    assert gaps[FALL] == {None}
    blind = found.filter(pl.col("day") == BLIND, pl.col("metric") == "visitors")
    assert blind.select("gap", "is_anomaly").row(0) == ("no_data", None)
    early = find_anomalies(home, first=DAYS[20], last=DAYS[21])
    assert set(early["gap"]) == {"no_history"}
    code, document, _ = typed("--json", "metrics", "anomalies", "--from", FALL, "--to", FALL)
    assert (code, sum(bool(row["is_anomaly"]) for row in json.loads(document))) == (0, 3)
    _, screen, _ = typed("metrics", "anomalies")
    assert "GMV" in screen
    assert "a campaign was on" in screen


def test_an_experiment_is_read_or_its_draw_was_not_fair(typed: Typed) -> None:
    code, document, _ = typed("--json", "metrics", "experiment", "300/10000", "360/10000")
    answer = json.loads(document)
    assert (code, answer["needed_per_arm"], answer["sample_ratio_p_value"]) == (0, 13_914, 1)
    assert answer["comparison"]["p_value"] == pytest.approx(0.0175483, abs=1e-7)
    _, screen, _ = typed("metrics", "experiment", "300/10000", "360/10000")
    assert "95% between +0.10 and +1.10, if you planned to look once" in screen
    assert "95% between -0.22 and +1.42, however often you look" in screen
    code, screen, _ = typed("metrics", "experiment", "300/10000", "360/9000")
    assert (code, "that is no luck" in screen) == (3, True)
    code, _, _ = typed("metrics", "experiment", "300/8000", "90/2000", "--share", "0.8")
    assert code == 0
    for wrong in ("360", "5/4", "x/y"):
        code, _, error = typed("metrics", "experiment", "300/10000", wrong)
        assert (code, error.count("\n"), "no part of a whole" in error) == (2, 1, True)


def test_an_experiment_is_read_in_the_language_of_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = typing(tmp_path, monkeypatch, capsys)
    words = ("metrics", "experiment", "300/10000", "360/10000")
    assert "95% between" in typed(*words)[1]  # there is no home
    (tmp_path / "shopkeeper.toml").write_text('language = "zh-CN"\n')
    for more in (words, ("metrics", "experiment", "300/10000", "360/9000")):
        _, screen, _ = typed(*more)
        assert not re.search("[A-Za-z]{2,}", screen), screen
    assert "95% 区间 +0.10 至 +1.10" in typed(*words)[1]


TABLES = (
    ("show", "gross_margin", "--by", "sku", "--against", "week"),
    ("today",),
    ("show", "orders", "--by", "span,buyer"),
    ("cohorts",),
    ("ads",),
    ("goals",),
    ("explain", "--by", "category"),
    ("anomalies",),
    ("classes",),
)


@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_tables_of_metrics_are_in_the_language_of_the_home(
    folder: Path, typed: Typed, words: tuple[str, ...]
) -> None:
    settings = folder / "shopkeeper.toml"
    english = settings.read_text()
    try:
        settings.write_text('language = "zh-CN"\n' + english)
        code, screen, _ = typed("metrics", *words)
    finally:
        settings.write_text(english)
    names = re.sub(r"\b(GMV|SKU|ROAS|ROI|CPC|USD|UTC|exports|cup|tea)\b|--json", "", screen)
    assert (code, re.findall("[A-Za-z]{2,}", names)) == (0, []), screen
    assert len(screen.splitlines()) > 2, screen  # a title, columns, and rows
    assert re.search("[A-Za-z]{3,}", typed("metrics", *words)[1])


def test_today_is_told_by_the_shops_clock(home: Home, typed: Typed) -> None:
    shop = home.shop("exports")
    at = home.data_as_of(shop).astimezone(shop.zone)
    assert at.utcoffset()
    assert f"{at:%Y-%m-%d %H:%M}" in typed("metrics", "today")[1]


def test_products_are_classed_by_the_visits_to_their_pages(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Real sales, and an export of visits: twenty per order, and of one product few."""
    typed = typing(built.folder, monkeypatch, capsys)
    with built.open() as home:
        before = classify(home)
        last = home.data_as_of(home.shop("demo")).date() - dt.timedelta(days=2)
    assert set(before["gap"]) == {"no_visitors"}
    assert "visitors of single goods are not known" in typed("metrics", "classes")[1]
    sold = before.sort("orders_count", descending=True).head(40)
    days = [last - dt.timedelta(days=n) for n in range(21)]
    built.advance(1)
    built.export()
    _export_visits(built, sold.select("product_id", "orders_count").rows(), days)
    with built.open() as home:
        pull(home, stream="traffic")
        found = classify(home)
        orders = _orders_by_product(home, days)
    seen = {row["product_id"]: row for row in found.drop_nulls("visitors_units").to_dicts()}
    assert len(seen) == 40
    for product, row in seen.items():
        assert row["orders_count"] == orders.get(product, 0)
        assert row["margin_rate"] is None or row["margin_rate"] < 1
    top = sold["product_id"][0]
    assert (seen[top]["visitors_units"], seen[top]["product_class"]) == (21 * 100, "star")
    assert {row["product_class"] for row in seen.values()} >= {"star", "profit", "core"}
    code, document, _ = typed("--json", "metrics", "classes")
    classes = {row["product_id"]: row["product_class"] for row in json.loads(document)}
    assert (code, classes[top]) == (0, "star")
    screen = typed("metrics", "classes")[1]
    assert "star" in screen


def _export_visits(built: Merchant, products: list[tuple[str, int]], days: list[dt.date]) -> None:
    path = built.folder / "inbox" / "sycm" / f"商品_{days[0]:%Y%m%d}.csv"
    with path.open("w", newline="", encoding="gb18030") as file:
        writer = csv.writer(file)
        writer.writerow(["统计日期", "商品ID", "商品访客数", "商品浏览量"])
        for day in days:
            for place, (product, orders) in enumerate(products):
                visitors = 100 if place == 0 else 20 * orders
                writer.writerow([day, product, visitors, 2 * visitors])
    shop = built.folder / "shops" / "demo.toml"
    text = shop.read_text(encoding="utf-8").replace(
        '"sycm_traffic"]', '"sycm_traffic", "sycm_items"]'
    )
    shop.write_text(text, encoding="utf-8")


def _orders_by_product(home: Home, days: list[dt.date]) -> dict[str, int]:
    """Order by order."""
    shop = home.shop("demo")
    product = dict(home.scan("listings", shop).select("listing_id", "product_id").collect().rows())
    counted = set(
        home.scan("orders", shop)
        .filter(pl.col("paid_at").is_not_null(), ~pl.col("is_test"))
        .select("order_id")
        .collect()["order_id"]
    )
    orders: dict[str, set[str]] = {}
    lines = home.scan("order_lines", shop).select("order_id", "listing_id", "placed_at").collect()
    for order, listing, placed in lines.iter_rows():
        if order in counted and placed.astimezone(shop.zone).date() in days and listing:
            orders.setdefault(product[listing], set()).add(order)
    return {name: len(found) for name, found in orders.items()}
