"""Refunds: of all orders in one list, and of one order at its own address."""

from typing import Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import ERRORS
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.orders import line_of, status_of
from sandbox.woocommerce.resources import Resource

REFUND_LINE_IDS: Final = 10_000_000_000
"""The line of a refund has the id of the line it refunds plus this."""


class OrderRefunds(Resource):
    """Refunds of the order in the path."""

    kind, frame, target = "refund", "refunds", "refund_id"
    missing, no_trash = "no_refund", "The shop_order_refund does"
    allows = "list_all get delete"
    collection = Collection("refund_id", {"date": "created_at", "id": "refund_id"})

    def _rows(self, call: Call) -> pl.DataFrame:
        if call.shop.world.order(call.parent) is None:
            raise ERRORS("no_orders_refund")
        return call.shop.world.refunds.filter(pl.col("order_id") == call.parent)

    def _documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        lines = call.shop.lines_of(rows)
        refunds = rows.iter_rows(named=True)
        return [_refund(call, refund, lines.get(refund["order_id"], [])) for refund in refunds]

    def _forget(self, call: Call, row: Row) -> None:
        """Its order keeps its status and its date of change."""
        shop, key = call.shop, call.parent
        left = self._rows(call)["amount_minor"]
        shop.kept.status["orders"][key] = status_of(shop, key)
        money = "PARTIALLY_REFUNDED" if left.len() else "PAID"
        shop.world.set_order(key, refunded_minor=int(left.sum()), financial_status=money)


class Refunds(OrderRefunds):
    """Refunds of all orders; here alone each has the id of its order."""

    allows = "list_all"

    def _rows(self, call: Call) -> pl.DataFrame:
        return call.shop.world.refunds

    def _documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        found = zip(super()._documents(call, rows), rows["order_id"], strict=True)
        return [one | {"parent_id": key} for one, key in found]


def _refund(call: Call, refund: Row, lines: list[Row]) -> Row:
    is_full, line, order = refund["is_full"], refund["line_id"], f"orders/{refund['order_id']}"
    return {
        "id": refund["refund_id"],
        **call.shop.dates(date_created=refund["created_at"]),
        "amount": call.money(refund["amount_minor"]),
        "reason": "",
        "refunded_by": 1,
        "refunded_payment": True,
        "line_items": [_refunded(call, one) for one in lines if is_full or one["line_id"] == line],
        **alike([], "meta_data shipping_lines tax_lines fee_lines"),
        "_links": call.links(f"{order}/refunds", refund["refund_id"], up=order),
    }


def _refunded(call: Call, line: Row) -> Row:
    sold, key = line_of(call, line), line["line_id"]
    return sold | {
        "id": REFUND_LINE_IDS + key,
        "quantity": -line["quantity"],
        "meta_data": [{"id": key, "key": "_refunded_item_id", "value": str(key)}],
        **{name: _negative(sold[name]) for name in ("subtotal", "total")},
    }


def _negative(text: str) -> str:
    return text if not text.strip("0.") else f"-{text}"
