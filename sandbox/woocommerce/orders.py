"""Orders and refunds as JSON documents: text for money, every date twice, lines inside."""

from typing import Any, Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.kit.frames import grouped, keyed, of_values
from sandbox.woocommerce import checkout
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import ERRORS, check_choice, check_names, invalid, not_emulated
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.people import addresses
from sandbox.woocommerce.resources import Resource
from sandbox.woocommerce.shop import Shop, minor_of

VERSION: Final = "11.0.1"
SYMBOLS: Final = {"EUR": "€", "USD": "$", "CNY": "¥"}
WRITTEN: Final = (
    "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed",
    "checkout-draft",
)  # fmt: skip
LISTED: Final = ("any", *WRITTEN, "trash")
REFUND_LINE_IDS: Final = 10_000_000_000
"""The line of a refund has the id of the line it refunds plus this."""
FEE_IDS: Final = 20_000_000_000
_SAME: Final[Row] = {
    "parent_id": 0,
    "version": VERSION,
    "prices_include_tax": True,
    "payment_method": "bacs",
    "payment_method_title": "Direct bank transfer",
    "created_via": "checkout",
    **alike("", "transaction_id customer_ip_address customer_user_agent customer_note cart_hash"),
    **alike([], "meta_data tax_lines shipping_lines"),
}


def with_status(shop: Shop, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with the `status` the platform gives them, and `sold_status`: the one that follows
    from what happened, before somebody wrote another."""
    money, written = pl.col("financial_status"), shop.kept.status["orders"]
    sold = orders.with_columns(
        sold_status=pl.when(pl.col("cancelled_at").is_not_null())
        .then(pl.lit("cancelled"))
        .when(money == "REFUNDED")
        .then(pl.lit("refunded"))
        .when(money.is_in(["PENDING", "AUTHORIZED"]))
        .then(pl.lit("pending"))
        .when(pl.col("fulfillment_status") == "FULFILLED")
        .then(pl.lit("completed"))
        .otherwise(pl.lit("processing"))
    )
    status = [written.get(key, own) for key, own in sold.select("order_id", "sold_status").rows()]
    return sold.with_columns(status=pl.Series(status, dtype=pl.String))


class Orders(Resource):
    """Orders; those in the trash are only listed when they are asked for."""

    kind, frame, target = "order", "orders", "order_id"
    named_by = ("customer_id", 0)
    missing = "no_order"
    allows, batches = "list create get update delete batch", "create"
    collection = Collection(
        "order_id",
        {"date": "created_at", "id": "order_id", "modified": "updated_at"},
        modified="updated_at",
        filters=frozenset({"status", "customer"}),
    )

    def chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """By status and customer."""
        asked = call.params.listed("status") or ["any"]
        if "any" in asked and len(asked) > 1:
            raise not_emulated("orders of any status and another")
        for place, one in enumerate(asked):
            check_choice("status", one, LISTED, place=f"status[{place}]")
        status = pl.col("status")
        is_asked = status != "trash" if "any" in asked else status.is_in(asked)
        rows = with_status(call.shop, rows).filter(is_asked)
        customer = call.params.text("customer")
        is_own = pl.col("household_id").cast(pl.String) == customer
        return rows.filter(is_own) if customer else rows

    def documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        """The documents of orders with their lines, refunds and members."""
        world, keys = call.shop.world, rows["order_id"]
        members = keyed(
            of_values(world.customers, "household_id", rows["household_id"]), "household_id"
        )
        lines = lines_of(call.shop, rows)
        back = grouped(of_values(world.refunds, "order_id", keys), "order_id")
        return [
            _order(
                call, order, lines=lines.get(key, []), back=back.get(key, []),
                member=members.get(order["household_id"], {}),
            )
            for order in with_status(call.shop, rows).iter_rows(named=True)
            for key in [order["order_id"]]
        ]  # fmt: skip

    def checked(self, call: Call, row: Row | None, given: Row) -> Any:
        """What is written of an order: its status, its lines and fees."""
        if row is None:
            return checkout.checked(call.shop, given)
        key, world = row["order_id"], call.shop.world
        check_names(given, {"id", "status", "line_items", "fee_lines"}, "an order")
        if given.get("status") is not None:
            check_choice("status", given["status"], WRITTEN)
        mine = world.lines.filter(pl.col("order_id") == key)["line_id"].to_list()
        edits = [_edit(mine, one) for one in given.get("line_items") or []]
        fees = [_fee(key, place, one) for place, one in enumerate(given.get("fee_lines") or [])]
        return given.get("status"), edits, fees

    def insert(self, call: Call, written: Any) -> int:
        """Create an order at the prices in force; paid, it takes its pieces from stock."""
        return checkout.added(call.shop, written)

    def write(self, call: Call, key: int, written: Any) -> None:
        """Change an order; each change renews its date."""
        shop, kept = call.shop, call.shop.kept
        status, edits, fees = written
        if status is not None:
            kept.status["orders"][key] = status
        for line, edit in edits:
            kept.line_edits[line] = kept.line_edits.get(line, {}) | edit
        if fees:
            kept.fees[key] = fees
        self.touch(call, key)
        status = with_status(shop, self.found(call, key))["status"].item()
        shop.record("set_order", key, {"status": status})

    def touch(self, call: Call, key: int) -> None:
        """Renew the date of change."""
        call.shop.world.set_order(key, updated_at=call.shop.now)


class Refunds(Resource):
    """Refunds of all orders."""

    kind, frame, target = "refund", "refunds", "refund_id"
    missing, no_trash = "no_refund", "The shop_order_refund does"
    allows = "list"
    collection = Collection("refund_id", {"date": "created_at", "id": "refund_id"})

    def documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        """The documents of refunds; here alone with the id of the order."""
        return [
            {**one, "parent_id": key}
            for one, key in zip(refunds(call, rows), rows["order_id"], strict=True)
        ]


class OrderRefunds(Refunds):
    """Refunds of one order."""

    allows = "list get delete"

    def rows(self, call: Call) -> pl.DataFrame:
        """The refunds of the order in the path."""
        if call.shop.world.order(call.parent) is None:
            raise ERRORS("no_orders_refund")
        return call.shop.world.refunds.filter(pl.col("order_id") == call.parent)

    def documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        """The documents of refunds, without the id that is in the path."""
        return refunds(call, rows)

    def forget(self, call: Call, row: Row) -> None:
        """Its order keeps its status and its date of change."""
        shop, key = call.shop, call.parent
        left = self.rows(call)["amount_minor"]
        order = with_status(shop, of_values(shop.world.orders, "order_id", pl.Series([key])))
        shop.kept.status["orders"][key] = order["status"].item()
        shop.world.set_order(
            key,
            refunded_minor=int(left.sum()),
            financial_status="PARTIALLY_REFUNDED" if left.len() else "PAID",
        )


def refunds(call: Call, rows: pl.DataFrame) -> list[Row]:
    """Documents of refunds with the lines that they refund."""
    lines = lines_of(call.shop, rows)
    return [
        {
            "id": refund["refund_id"],
            **call.shop.dates(date_created=refund["created_at"]),
            "amount": call.money(refund["amount_minor"]),
            "reason": "",
            "refunded_by": 1,
            "refunded_payment": True,
            "line_items": [
                _refunded(call, line)
                for line in lines.get(refund["order_id"], [])
                if refund["is_full"] or line["line_id"] == refund["line_id"]
            ],
            **alike([], "meta_data shipping_lines tax_lines fee_lines"),
            "_links": call.links(
                f"orders/{refund['order_id']}/refunds", refund["refund_id"],
                up=f"orders/{refund['order_id']}",
            ),
        }
        for refund in rows.iter_rows(named=True)
    ]  # fmt: skip


def lines_of(shop: Shop, rows: pl.DataFrame) -> Any:
    """The lines that are left, with titles, by the order of each row."""
    titles = shop.world.products.select("product_id", "title")
    own = of_values(shop.world.lines, "order_id", rows["order_id"]).filter(~pl.col("is_removed"))
    return grouped(own.join(titles, on="product_id", how="left", maintain_order="left"), "order_id")


def _order(call: Call, order: Row, *, lines: list[Row], back: list[Row], member: Row) -> Row:
    shop, key, status = call.shop, order["order_id"], order["status"]
    off = order["automatic_minor"] + order["code_minor"]
    is_paid = order["sold_status"] in ("processing", "completed", "refunded")
    is_paid = is_paid or status in ("processing", "completed")
    fees = shop.kept.fees.get(key, [])
    added = sum(_raised(shop, line) for line in lines) + sum(fee["minor"] for fee in fees)
    # The order was handed over when it was last changed, unless a refund came later.
    done = order["updated_at"] if not back else order["created_at"]
    is_done = "completed" in (status, order["sold_status"])
    return {
        **_SAME,
        "id": key,
        "status": status,
        "currency": order["currency"],
        "currency_symbol": SYMBOLS.get(shop.world.currency, shop.world.currency),
        **shop.dates(date_created=order["created_at"], date_modified=order["updated_at"]),
        **shop.dates(date_completed=done if is_done else None),
        **shop.dates(date_paid=order["created_at"] if is_paid else None),
        "discount_total": call.money(off),
        **alike(call.money(0), "discount_tax shipping_total shipping_tax cart_tax total_tax"),
        "total": call.money(order["original_minor"] - off + added),
        "customer_id": order["household_id"],
        "order_key": f"wc_order_{key:x}",
        **addresses(member, order["household_id"]),
        "number": str(key),
        "line_items": [_line(call, line) for line in lines],
        "fee_lines": [_fee_line(call, fee) for fee in fees],
        "coupon_lines": _coupon_lines(call, order),
        "refunds": [
            {"id": one["refund_id"], "reason": "", "total": f"-{call.money(one['amount_minor'])}"}
            for one in back
        ],
        "is_editable": status in ("pending", "on-hold"),
        "needs_payment": status == "pending",
        "needs_processing": status == "processing",
        "_links": call.links("orders", key),
    }


def _total(line: Row) -> int:
    return int(line["unit_minor"] * line["quantity"] - line["automatic_minor"] - line["code_minor"])


def _raised(shop: Shop, line: Row) -> int:
    """What somebody raised a line's total by."""
    written = shop.kept.line_edits.get(line["line_id"], {}).get("total")
    return 0 if written is None else (minor_of(written) or 0) - _total(line)


def _line(call: Call, line: Row) -> Row:
    shop, key = call.shop, line["product_id"]
    total, family = _total(line) + _raised(shop, line), shop.families.of(key)
    edit = shop.kept.line_edits.get(line["line_id"], {})
    quantity: Any = edit.get("quantity", line["quantity"])
    return {
        "id": line["line_id"],
        "name": line["title"],
        "product_id": key if family is None else family.parent_id,
        "variation_id": 0 if family is None else key,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": call.money(line["unit_minor"] * line["quantity"]),
        "total": call.money(total),
        **alike(call.money(0), "subtotal_tax total_tax"),
        **alike([], "taxes meta_data"),
        # Of a product that was deleted it is not known any more.
        "sku": None if line["title"] is None else shop.families.shown_code(key),
        # A number, of one piece, after the discounts and not rounded.
        "price": total / 100 / quantity,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _refunded(call: Call, line: Row) -> Row:
    sold, key = _line(call, line), line["line_id"]
    return sold | {
        "id": REFUND_LINE_IDS + key,
        "quantity": -line["quantity"],
        "meta_data": [{"id": key, "key": "_refunded_item_id", "value": str(key)}],
        **{name: _negative(sold[name]) for name in ("subtotal", "total")},
    }


def _negative(text: str) -> str:
    return text if not text.strip("0.") else f"-{text}"


def _fee_line(call: Call, fee: Row) -> Row:
    return {
        "id": fee["id"],
        "name": fee["name"],
        "tax_class": "0",
        "tax_status": "taxable",
        **alike(call.money(fee["minor"]), "amount total"),
        "total_tax": call.money(0),
        **alike([], "taxes meta_data"),
    }


def _coupon_lines(call: Call, order: Row) -> list[Row]:
    if order["code"] is None:
        return []
    found = {"id": order["order_id"], "code": order["code"].lower(), "meta_data": []}
    discount = {"discount": call.money(order["code_minor"]), "discount_tax": call.money(0)}
    return [found | discount]


def _edit(mine: list[int], given: Row) -> tuple[int, Row]:
    """A line of the order and what is written of it: its total, or how much of it there is."""
    check_names(given, {"id", "total", "quantity"}, "a line of an order")
    if given.get("id") not in mine:
        raise not_emulated("new lines of an order")
    edit = {name: value for name, value in given.items() if name != "id"}
    if "total" in edit and minor_of(edit["total"]) is None:
        raise invalid("line_items", "total is no amount.")
    return int(given["id"]), edit


def _fee(key: int, place: int, given: Row) -> Row:
    check_names(given, {"name", "total"}, "a fee")
    text = str(given.get("total", "0"))
    minor = minor_of(text.removeprefix("-"))
    if minor is None:
        raise invalid("fee_lines", "total is no amount.")
    return {
        "id": FEE_IDS + key * 10 + place,
        "name": str(given.get("name", "Fee")),
        "minor": -minor if text.startswith("-") else minor,
    }
