"""Ads beside the margin and the stock of what they advertise."""

from typing import Any

import pytest

from tests.transforms.metrics.shop import at, on, shop
from transforms.metrics.advertised import ads_by_campaign, ads_by_sku

Row = dict[str, Any]
WEEK: Any = {"first": on(14), "last": on(20)}


def ad(level: str, sku: str = "-", keyword: str = "-", **more: Any) -> Row:
    return {
        "ad_date": on(15), "ad_channel": "zhitongche", "campaign_id": "1", "campaign_name": "cups",
        "ad_level": level, "keyword_id": keyword, "listing_id": sku, "spend_minor": 100,
        "impressions_units": 1000, "clicks_units": 20, "orders_count": 1, "revenue_minor": 500,
        **more,
    }  # fmt: skip


def sold(sku: str, total: int) -> tuple[Row, Row]:
    order = {
        "order_id": sku, "placed_at": at(15), "payment_status": "paid", "goods_units": 1,
        "goods_minor": total,
    }  # fmt: skip
    return order, {
        "order_id": sku, "line_id": "1", "sku_id": sku, "listing_id": sku, "line_kind": "sale",
        "placed_at": at(15), "quantity_units": 1, "total_minor": total,
    }  # fmt: skip


@pytest.fixture
def tables() -> dict[str, list[Row]]:
    """A earns 45 % (1000 x 0.9 - 50 - 400), B 5 % and is sold out; ads of both run."""
    orders, lines = zip(sold("A", 1000), sold("B", 1000), strict=True)
    return {
        "orders": list(orders),
        "lines": list(lines),
        "costs": [
            {"sku_id": sku, "valid_from": on(-9), "unit_cost_minor": minor}
            for sku, minor in (("A", 400), ("B", 800))
        ],
        "listings": [{"listing_id": sku, "sku_id": sku} for sku in ("A", "B", "C")],
        "stock": [
            {"sku_id": "A", "on_hand_units": 12, "available_units": 12, "daily_units": 3.0},
            {"sku_id": "B", "on_hand_units": 0, "available_units": 0, "daily_units": 1.0},
        ],
        "ads": [
            ad("campaign", spend_minor=400, revenue_minor=1000),
            ad("sku", "A", spend_minor=100, revenue_minor=500),
            ad("sku", "B", spend_minor=300, revenue_minor=500),
            {**ad("keyword", keyword="7"), "keyword": "mug"},
        ],
    }


def test_ads_of_a_sku_stand_beside_its_margin_and_its_stock(tables: dict[str, list[Row]]) -> None:
    found = {row["sku"]: row for row in ads_by_sku(shop(**tables), **WEEK).to_dicts()}
    assert list(found) == ["B", "A"]  # the dearest first; C was not advertised
    assert (found["A"]["roas"], found["A"]["stock_units"], found["A"]["cover_days"]) == (5, 12, 4)
    assert found["A"]["contribution_rate"] == pytest.approx(0.45)
    assert found["A"]["ad_roi"] == pytest.approx((500 * 0.45 - 100) / 100)
    assert [(row["is_losing"], row["is_sold_out"]) for row in found.values()] == [
        (True, True), (False, False),
    ]  # fmt: skip


def test_an_advertised_product_is_its_sku_where_it_has_but_one(
    tables: dict[str, list[Row]],
) -> None:
    products = {"A": "pa", "B": "pb", "C": "pb"}
    listings = [{"listing_id": one, "sku_id": one, "product_id": products[one]} for one in "ABC"]
    ads = [ad("sku", product) for product in ("pa", "pb")]
    found = ads_by_sku(shop(**{**tables, "listings": listings, "ads": ads}), **WEEK)
    rates = dict(found.select("sku", "contribution_rate").iter_rows())
    assert rates == {"A": pytest.approx(0.45), "pb": None}


def test_a_campaign_has_the_margin_of_what_it_sold_and_its_keywords_have_the_campaigns(
    tables: dict[str, list[Row]],
) -> None:
    row = ads_by_campaign(shop(**tables), **WEEK).row(0, named=True)
    assert (row["campaign"], row["ad_spend"], row["sold_out_rate"]) == ("cups", 400, 0.75)
    # Half the revenue at 45 %, half at 5 %.
    assert row["contribution_rate"] == pytest.approx(0.25)
    assert row["break_even_roas"] == pytest.approx(4)
    assert row["ad_roi"] == pytest.approx((1000 * 0.25 - 400) / 400)
    words = ads_by_campaign(shop(**tables), **WEEK, with_keywords=True)
    assert words.select("campaign", "keyword", "ad_spend").rows() == [("cups", "mug", 100)]
    assert words["ad_roi"][0] == pytest.approx((500 * 0.25 - 100) / 100)


def test_a_campaign_of_whose_revenue_too_little_has_a_known_margin_has_none(
    tables: dict[str, list[Row]],
) -> None:
    tables["ads"].append(ad("sku", "C", revenue_minor=200))
    row = ads_by_campaign(shop(**tables), **WEEK).row(0, named=True)
    assert (row["contribution_rate"], row["ad_roi"], row["is_losing"]) == (None, None, None)
    tables["ads"] = [one for one in tables["ads"] if one["ad_level"] == "campaign"]
    row = ads_by_campaign(shop(**tables), **WEEK).row(0, named=True)
    assert (row["ad_spend"], row["contribution_rate"], row["sold_out_rate"]) == (400, None, None)
