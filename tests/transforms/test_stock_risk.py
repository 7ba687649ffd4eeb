"""Goods that sell out before new ones could come, by hand."""

from typing import Any

import polars as pl

from contracts.tables import StockFact
from transforms.stock_risk import skus_at_risk, stock_at_risk


def facts(*rows: dict[str, Any]) -> pl.LazyFrame:
    usual = {
        "shop_id": "shop",
        "sku_id": "tea",
        "available_units": 10,
        "daily_units": 2.0,
        "lead_time_days": 7.0,
        "inbound_units": 0,
        "price_minor": 150,
        "is_discontinued": False,
    }
    schema = {name: StockFact.columns()[name].dtype for name in usual}
    return pl.LazyFrame([{**usual, **row} for row in rows], schema=schema)


def test_what_would_sell_beyond_stock_and_arrivals_is_at_risk() -> None:
    told = stock_at_risk(
        facts(  # type: ignore[arg-type]  # only the columns that are read
            {},  # 14 would sell, 10 are there: 4 are missing
            {"inbound_units": 4},
            {"available_units": -3},  # sold out: all 14
            {"available_units": 14},
            {"is_discontinued": True},
            {"daily_units": 0.0},
            {"lead_time_days": None},
            {"available_units": None},
            {"price_minor": None},  # at risk, and what it is worth nobody knows
        )
    ).collect()
    assert told.to_dicts() == [{"skus": 3, "sold_out": 1, "missing_minor": 18 * 150, "unknown": 2}]


def test_without_goods_nothing_is_at_risk() -> None:
    told = stock_at_risk(facts().lazy()).collect()  # type: ignore[arg-type]
    assert told.to_dicts() == [{"skus": 0, "sold_out": 0, "missing_minor": 0, "unknown": 0}]


def test_what_costs_most_comes_first_with_how_long_it_lasts() -> None:
    told = skus_at_risk(
        facts(  # type: ignore[arg-type]  # only the columns that are read
            {"sku_id": "cheap"},  # 4 of 150
            {"sku_id": "safe", "available_units": 14},
            {"sku_id": "dear", "price_minor": 9_000, "inbound_units": 3},  # 1 of 9,000
            {"sku_id": "gone", "available_units": -3, "price_minor": None},
        ),
        limit=3,
    ).collect()
    assert told.rows() == [
        ("shop", "dear", 9_000, 6.5, 7.0),
        ("shop", "cheap", 600, 5.0, 7.0),
        ("shop", "gone", None, 0.0, 7.0),
    ]
