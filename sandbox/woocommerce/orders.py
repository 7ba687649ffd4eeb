"""Orders as JSON documents: text for money, every date twice, lines inside."""

from typing import Any, Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.kit.frames import first_of, grouped, keyed, of_values
from sandbox.woocommerce import checkout, schema
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import not_emulated
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.people import addresses
from sandbox.woocommerce.resources import Resource
from sandbox.woocommerce.schema import minor_of
from sandbox.woocommerce.shop import Shop

VERSION: Final = "11.0.1"
SYMBOLS: Final = {"EUR": "€", "USD": "$", "CNY": "¥"}
STATUSES: Final = (
    "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed",
    "checkout-draft",
)  # fmt: skip
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


_FEE: Final = {"name": schema.text, "total": schema.amount_below_zero}
_EDIT: Final = {"id": schema.anything, "total": schema.amount, "quantity": schema.anything}
_WRITTEN: Final = {
    "id": schema.anything,
    "status": schema.or_none(schema.one_of(STATUSES)),
    **alike(schema.anything, "line_items fee_lines"),
}


class Orders(Resource):
    """Orders; those in the trash are only listed when they are asked for."""

    kind, frame, target = "order", "orders", "order_id"
    named_by = ("customer_id", 0)
    missing = "no_order"
    allows, batches = "list_all create get update delete batch", "create"
    collection = Collection(
        "order_id",
        {"date": "created_at", "id": "order_id", "modified": "updated_at"},
        modified="updated_at",
        filters="status customer",
    )

    def _chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        asked = call.params.listed("status") or ["any"]
        if "any" in asked and len(asked) > 1:
            raise not_emulated("orders of any status and another")
        known = schema.one_of(("any", *STATUSES, "trash"))
        for place, one in enumerate(asked):
            schema.value_of(f"status[{place}]", one, known, under="status")
        status = pl.col("status")
        is_asked = status != "trash" if "any" in asked else status.is_in(asked)
        rows = with_status(call.shop, rows).filter(is_asked)
        customer = call.params.text("customer")
        is_own = pl.col("household_id").cast(pl.String) == customer
        return rows.filter(is_own) if customer else rows

    def _documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        world, household = call.shop.world, "household_id"
        members = keyed(of_values(world.customers, household, rows[household]), household)
        lines = call.shop.lines_of(rows)
        back = grouped(of_values(world.refunds, "order_id", rows["order_id"]), "order_id")
        return [
            _order(
                call, order, lines=lines.get(order["order_id"], []),
                back=back.get(order["order_id"], []), member=members.get(order[household], {}),
            )
            for order in with_status(call.shop, rows).iter_rows(named=True)
        ]  # fmt: skip

    def _checked(self, call: Call, row: Row | None, given: Row) -> Any:
        if row is None:
            return checkout.checked(call.shop, given)
        found = schema.read(given, _WRITTEN, "an order")
        own = pl.col("order_id") == row["order_id"]
        mine = call.shop.world.lines.filter(own)["line_id"].to_list()
        edits = [_edit(mine, one) for one in found.get("line_items") or []]
        first = FEE_IDS + row["order_id"] * 10
        fees = [_fee(first + place, one) for place, one in enumerate(found.get("fee_lines") or [])]
        return found.get("status"), edits, fees

    def _insert(self, call: Call, written: Any) -> int:
        return checkout.added(call.shop, written)

    def _write(self, call: Call, row: Row, written: Any) -> None:
        key, shop, kept = row["order_id"], call.shop, call.shop.kept
        status, edits, fees = written
        if status is not None:
            kept.status["orders"][key] = status
        for line, edit in edits:
            kept.line_edits[line] = kept.line_edits.get(line, {}) | edit
        if fees:
            kept.fees[key] = fees
        self._touch(call, key)
        shop.record("set_order", key, {"status": status_of(shop, key)})

    def _touch(self, call: Call, key: int) -> None:
        call.shop.world.set_order(key, updated_at=call.shop.now)


def with_status(shop: Shop, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with the `status` the platform gives them, and `sold_status`: the one that follows
    from what happened, before somebody wrote another."""
    money, written = pl.col("financial_status"), shop.kept.status["orders"]
    follows = first_of(
        (pl.col("cancelled_at").is_not_null(), "cancelled"),
        (money == "REFUNDED", "refunded"),
        (money.is_in(["PENDING", "AUTHORIZED"]), "pending"),
        (pl.col("fulfillment_status") == "FULFILLED", "completed"),
        otherwise="processing",
    )
    sold = orders.with_columns(sold_status=follows)
    status = [written.get(key, own) for key, own in sold.select("order_id", "sold_status").rows()]
    return sold.with_columns(status=pl.Series(status, dtype=pl.String))


def status_of(shop: Shop, key: int) -> str:
    """The status of one order."""
    own = shop.world.orders.filter(pl.col("order_id") == key)
    return str(with_status(shop, own)["status"].item())


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
        "line_items": [line_of(call, line) for line in lines],
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


def line_of(call: Call, line: Row) -> Row:
    """The document of a line, as it was sold or edited."""
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
    edit = schema.read(given, _EDIT, "a line of an order", under="line_items")
    if edit.get("id") not in mine:
        raise not_emulated("new lines of an order")
    return int(edit.pop("id")), edit


def _fee(key: int, given: Row) -> Row:
    fee = {"name": "Fee", "total": 0} | schema.read(given, _FEE, "a fee", under="fee_lines")
    return {"id": key, "name": fee["name"], "minor": fee["total"]}
