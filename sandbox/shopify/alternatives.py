"""The small lists of a type: an order's parcel, a line's discounts, the quantities of a stock."""

from typing import Any, Final

import polars as pl

from sandbox.shopify.errors import not_emulated
from sandbox.shopify.kinds import Scope, Values
from sandbox.shopify.search import condition

Alternatives = list[tuple[pl.Expr, Values]]
"""Per element of a list: when it is there, and its columns."""
COMPANIES: Final = {
    "yuantong": "YTO Express",
    "zhongtong": "ZTO Express",
    "shunfeng": "SF Express",
    "jd": "JD Logistics",
    "ems": "EMS",
}
"""A carrier of the world to the name a merchant types."""
TRACKING_PAGE: Final = "https://demo-grocer.example/track/"


def fulfillments(c: Scope, arguments: dict[str, Any]) -> Alternatives:
    """The parcel of an order once it was sent; an order has one at most."""
    sent = {
        "created_at": c("shipped_at"),
        "updated_at": pl.max_horizontal(c("shipped_at"), c("delivered_at")),
    }
    is_sent = c("shipped_at").is_not_null()
    wanted = condition("Fulfillment", arguments.get("query"), c.given(sent))
    found = [(is_sent if wanted is None else is_sent & wanted, sent)]
    return found[: arguments.get("first")]


def tracking(c: Scope, arguments: dict[str, Any]) -> Alternatives:
    """The one waybill of a parcel, with the page the merchant gives for it."""
    waybill = {
        "company": c("carrier").replace_strict(COMPANIES, return_dtype=pl.String),
        "url": pl.concat_str(pl.lit(TRACKING_PAGE), c("number")),
    }
    return [(pl.lit(value=True), waybill)][: arguments.get("first")]


def allocations(c: Scope, _: dict[str, Any]) -> Alternatives:
    """What was taken off a line: by the member price, and by the order's code."""

    def kind(name: str, index: int, amount: pl.Expr) -> tuple[pl.Expr, Values]:
        return amount > 0, {
            "application": pl.lit(name),
            "index": pl.lit(index) if index == 0 else (c("automatic_minor") > 0).cast(pl.Int32),
            "minor": amount,
        }

    return [
        kind("AutomaticDiscountApplication", 0, c("automatic_minor")),
        kind("DiscountCodeApplication", 1, c("code_minor")),
    ]


def quantities(c: Scope, arguments: dict[str, Any]) -> Alternatives:
    """The stock under each name asked for.

    Raises:
        GraphQLError: the dialect knows no such state of stock.
    """
    zero = pl.lit(0, dtype=pl.Int64)
    known = {
        "available": c("on_hand_units"),
        "on_hand": c("on_hand_units"),
        "incoming": c("incoming_units"),
        "committed": zero,
        "reserved": zero,
        "damaged": zero,
        "safety_stock": zero,
        "quality_control": zero,
    }
    unknown = sorted(set(arguments["names"]) - set(known))
    if unknown:
        raise not_emulated(f"stock in the state {unknown[0]}")
    return [
        (pl.lit(value=True), {"quantity_name": pl.lit(name), "units": known[name]})
        for name in arguments["names"]
    ]
