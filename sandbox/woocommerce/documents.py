"""Orders and refunds as JSON documents: text for money, every date twice, lines inside."""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from sandbox.phones import phone_of
from sandbox.woocommerce.shop import Shop, minor_of
from sandbox.world.world import World

VERSION: Final = "11.0.1"
STATUSES: Final = (
    "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed",
    "checkout-draft", "trash",
)  # fmt: skip
SYMBOLS: Final = {"EUR": "€", "USD": "$", "CNY": "¥"}
REFUND_LINE_IDS: Final = 10_000_000_000
"""The line of a refund has the id of the line it refunds plus this."""
Row = dict[str, Any]


def orders_with_status(shop: Shop, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with the `status` the platform gives them, and `sold_status`: that of what was sold,
    before somebody wrote another."""
    written = shop.order_status
    sold = with_status(orders).with_columns(sold_status="status")
    status = [written.get(key, own) for key, own in sold.select("order_id", "status").rows()]
    return sold.with_columns(status=pl.Series(status, dtype=pl.String))


def with_status(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with the `status` that follows from what happened."""
    return orders.with_columns(
        status=pl.when(pl.col("cancelled_at").is_not_null())
        .then(pl.lit("cancelled"))
        .when(pl.col("financial_status") == "REFUNDED")
        .then(pl.lit("refunded"))
        .when(pl.col("financial_status").is_in(["PENDING", "AUTHORIZED"]))
        .then(pl.lit("pending"))
        .when(pl.col("fulfillment_status") == "FULFILLED")
        .then(pl.lit("completed"))
        .otherwise(pl.lit("processing"))
    )


def links(base: str, collection: str, key: object, **more: str) -> Row:
    """The `_links` of a document."""
    found = {"self": f"{collection}/{key}", "collection": collection, **more}
    return {name: [{"href": f"{base}/{path}"}] for name, path in found.items()}


def orders(shop: Shop, frame: pl.DataFrame, *, base: str, decimals: int | None) -> list[Row]:
    """Documents of orders, in the order of the frame."""
    world = shop.world
    members = _by(_of(world.customers, "household_id", frame["household_id"]), "household_id")
    lines = _grouped(_lines(world, frame))
    back = _grouped(_of(world.refunds, "order_id", frame["order_id"]))
    return [
        _order(
            shop,
            order,
            parts=(lines.get(order["order_id"], []), back.get(order["order_id"], [])),
            member=members.get(order["household_id"], {}),
            decimals=decimals,
        )
        | {"_links": links(base, "orders", order["order_id"])}
        for order in frame.iter_rows(named=True)
    ]


def refunds(
    shop: Shop, frame: pl.DataFrame, *, base: str, decimals: int | None, has_parent: bool
) -> list[Row]:
    """Documents of refunds; `has_parent` adds the order's id, which only the flat list has."""
    lines = _grouped(_lines(shop.world, frame))
    found = []
    for refund in frame.iter_rows(named=True):
        order_id = refund["order_id"]
        own = [
            line
            for line in lines.get(order_id, [])
            if refund["is_full"] or line["line_id"] == refund["line_id"]
        ]
        path = f"orders/{order_id}/refunds"
        found.append(
            {"id": refund["refund_id"]}
            | ({"parent_id": order_id} if has_parent else {})
            | shop.dates(date_created=refund["created_at"])
            | {
                "amount": shop.money(refund["amount_minor"], decimals),
                "reason": "",
                "refunded_by": 1,
                "refunded_payment": True,
                "meta_data": [],
                "line_items": [_refunded_line(shop, line, decimals) for line in own],
                "shipping_lines": [],
                "tax_lines": [],
                "fee_lines": [],
                "_links": links(base, path, refund["refund_id"], up=f"orders/{order_id}"),
            }
        )
    return found


def _order(
    shop: Shop,
    order: Row,
    *,
    parts: tuple[list[Row], list[Row]],
    member: Row,
    decimals: int | None,
) -> Row:
    lines, back = parts
    off = order["automatic_minor"] + order["code_minor"]
    zero, status = shop.money(0, decimals), order["status"]
    received = ("processing", "completed", "refunded")
    is_paid = order["sold_status"] in received or status in received[:2]
    edited = sum(_edited(shop, line) for line in lines)
    fees = sum(fee["minor"] for fee in shop.fees.get(order["order_id"], []))
    # The order was handed over when it was last changed, unless a refund came later.
    done = order["updated_at"] if not back else order["created_at"]
    return {
        "id": order["order_id"],
        "parent_id": 0,
        "status": status,
        "currency": order["currency"],
        "version": VERSION,
        "prices_include_tax": True,
        **shop.dates(date_created=order["created_at"], date_modified=order["updated_at"]),
        "discount_total": shop.money(off, decimals),
        "discount_tax": zero,
        "shipping_total": zero,
        "shipping_tax": zero,
        "cart_tax": zero,
        "total": shop.money(order["original_minor"] - off + edited + fees, decimals),
        "total_tax": zero,
        "customer_id": order["household_id"],
        "order_key": f"wc_order_{order['order_id']:x}",
        "billing": address(member, order["household_id"]) | contact(member, order["household_id"]),
        "shipping": address(member, order["household_id"]),
        "payment_method": "bacs",
        "payment_method_title": "Direct bank transfer",
        "transaction_id": "",
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": "checkout",
        "customer_note": "",
        **shop.dates(
            date_completed=done if "completed" in (status, order["sold_status"]) else None,
            date_paid=order["created_at"] if is_paid else None,
        ),
        "cart_hash": "",
        "number": str(order["order_id"]),
        "meta_data": [],
        "line_items": [_line(shop, line, decimals) for line in lines],
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": shop_fees(shop, order["order_id"], decimals),
        "coupon_lines": _coupon_lines(shop, order, decimals),
        "refunds": [
            {"id": refund["refund_id"], "reason": "", "total": _minus(shop, refund, decimals)}
            for refund in back
        ],
        "currency_symbol": SYMBOLS.get(shop.world.currency, shop.world.currency),
        "is_editable": status in ("pending", "on-hold"),
        "needs_payment": status == "pending",
        "needs_processing": status == "processing",
    }


def _minus(shop: Shop, refund: Row, decimals: int | None) -> str:
    return f"-{shop.money(refund['amount_minor'], decimals)}"


def _edited(shop: Shop, line: Row) -> int:
    """What somebody raised a line's total by."""
    written = shop.line_edits.get(line["line_id"], {}).get("total")
    return 0 if written is None else (minor_of(written) or 0) - _total(line)


def _total(line: Row) -> int:
    sold: int = line["unit_minor"] * line["quantity"]
    return sold - int(line["automatic_minor"]) - int(line["code_minor"])


def _line(shop: Shop, line: Row, decimals: int | None) -> Row:
    subtotal = line["unit_minor"] * line["quantity"]
    total = _total(line) + _edited(shop, line)
    written = {"quantity": line["quantity"]} | shop.line_edits.get(line["line_id"], {})
    quantity: float = written["quantity"]
    key, family = line["product_id"], shop.families.of(line["product_id"])
    return {
        "id": line["line_id"],
        "name": line["title"],
        "product_id": key if family is None else family.parent_id,
        "variation_id": 0 if family is None else key,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": shop.money(subtotal, decimals),
        "subtotal_tax": shop.money(0, decimals),
        "total": shop.money(total, decimals),
        "total_tax": shop.money(0, decimals),
        "taxes": [],
        "meta_data": [],
        # Of a product that was deleted it is not known any more.
        "sku": None if line["title"] is None else shop.families.shown_code(key),
        # A number, of one piece, after the discounts and not rounded.
        "price": total / 100 / quantity,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _refunded_line(shop: Shop, line: Row, decimals: int | None) -> Row:
    sold = _line(shop, line, decimals)
    text = {name: _negative(sold[name]) for name in ("subtotal", "total")}
    refunds = [{"id": line["line_id"], "key": "_refunded_item_id", "value": str(line["line_id"])}]
    return sold | {
        "id": REFUND_LINE_IDS + line["line_id"],
        "quantity": -line["quantity"],
        "meta_data": refunds,
        **text,
    }


def _negative(text: str) -> str:
    return text if not text.strip("0.") else f"-{text}"


def shop_fees(shop: Shop, key: int, decimals: int | None) -> list[Row]:
    """The `fee_lines` of an order."""
    return [
        {
            "id": fee["id"],
            "name": fee["name"],
            "tax_class": "0",
            "tax_status": "taxable",
            "amount": shop.money(fee["minor"], decimals),
            "total": shop.money(fee["minor"], decimals),
            "total_tax": shop.money(0, decimals),
            "taxes": [],
            "meta_data": [],
        }
        for fee in shop.fees.get(key, [])
    ]


def _coupon_lines(shop: Shop, order: Row, decimals: int | None) -> list[Row]:
    if order["code"] is None:
        return []
    return [
        {
            "id": order["order_id"],
            "code": order["code"].lower(),
            "discount": shop.money(order["code_minor"], decimals),
            "discount_tax": shop.money(0, decimals),
            "meta_data": [],
        }
    ]


def address(member: Row, household_id: int) -> Row:
    """A made-up address; the names are the member's."""
    return {
        "first_name": member.get("first_name", ""),
        "last_name": member.get("last_name", ""),
        "company": "",
        "address_1": f"Musterstraße {household_id % 200 + 1}",
        "address_2": "",
        "city": "Musterstadt",
        "state": "",
        "postcode": "00000",
        "country": "DE",
    }


def contact(member: Row, household_id: int) -> Row:
    """How the member is reached; only a billing address says it."""
    return {"email": member.get("email", ""), "phone": phone_of(household_id)}


def _lines(world: World, frame: pl.DataFrame) -> pl.DataFrame:
    titles = world.products.select("product_id", "title")
    own = _of(world.lines, "order_id", frame["order_id"]).filter(~pl.col("is_removed"))
    return own.join(titles, on="product_id", how="left", maintain_order="left")


def _of(frame: pl.DataFrame, column: str, values: pl.Series) -> pl.DataFrame:
    return frame.filter(pl.col(column).is_in(values.to_list()))


def _by(frame: pl.DataFrame, column: str) -> dict[int, Row]:
    return {row[column]: row for row in frame.iter_rows(named=True)}


def _grouped(frame: pl.DataFrame) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = {}
    rows: Iterable[Row] = frame.iter_rows(named=True)
    for row in rows:
        groups.setdefault(row["order_id"], []).append(row)
    return groups
