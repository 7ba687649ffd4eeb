"""Coupons: a code exists once, however it is written."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import polars as pl

from sandbox.kit.fields import alike
from sandbox.woocommerce import schema
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import ERRORS, missing
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.resources import Resource
from sandbox.woocommerce.schema import minor_of
from sandbox.woocommerce.shop import Shop

BESIDE: Final[Row] = {
    "discount_type": "fixed_cart",
    "description": "",
    **alike(value=False, names="individual_use free_shipping exclude_sale_items"),
    **alike([], "product_ids excluded_product_ids product_categories excluded_product_categories"),
    **alike([], "email_restrictions meta_data"),
    **alike(None, "usage_limit_per_user limit_usage_to_x_items"),
    **alike("0.00", "minimum_amount maximum_amount"),
}
"""Fields of a coupon that the world has no column for."""
_WRITTEN: Final[dict[str, schema.Reader]] = {
    # The end in GMT is only read: who writes it changes nothing.
    **alike(schema.anything, "id code amount date_expires_gmt"),
    **dict.fromkeys(BESIDE, schema.anything),
    "discount_type": schema.or_none(schema.one_of(("percent", "fixed_cart", "fixed_product"))),
    "usage_limit": schema.or_none(schema.integer(0)),
    "date_expires": schema.or_empty(schema.instant),
}


class Written(NamedTuple):
    """Columns of the world, and the fields beside them."""

    code: str
    values: dict[str, Any]
    beside: Row


class Coupons(Resource):
    """Coupons; there is no trash for them."""

    kind, frame, target = "coupon", "discounts", "code"
    named_by = ("code", None)
    missing, missing_at_update = "no_coupon", 400
    no_trash = "The shop_coupon does"
    allows, batches = "list_all create get update delete batch", "create update delete"
    collection = Collection(
        "discount_id",
        {"date": "created_at", "id": "discount_id", "title": "code", "modified": "updated_at"},
        modified="updated_at",
        filters="code",
    )

    def _chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        code = call.params.text("code").lower()
        return rows.filter(pl.col("code").str.to_lowercase() == code) if code else rows

    def _document(self, call: Call, row: Row) -> Row:
        """The code is in lower case however it was written."""
        shop, key = call.shop, row["discount_id"]
        return {
            "id": key,
            "code": row["code"].lower(),
            "amount": _amount(shop, row),
            "status": "publish",
            **shop.dates(date_created=row["created_at"], date_modified=row["updated_at"]),
            **shop.dates(date_expires=row["ends_at"]),
            **{name: row[name] for name in ("usage_count", "usage_limit")},
            "used_by": [],
            **BESIDE,
            **shop.kept.coupon_fields.get(key, {}),
            "discount_type": _kind(shop, row),
            "_links": call.links("coupons", key),
        }

    def _checked(self, call: Call, row: Row | None, given: Row) -> Written:
        shop = call.shop
        if row is None and given.get("id"):
            raise ERRORS("coupon_exists")
        code = _code(shop, row, given) if row is None or "code" in given else row["code"]
        found = schema.read(given, _WRITTEN, "a coupon")
        kind = found.get("discount_type") or _kind(shop, row)
        values: dict[str, Any] = {}
        if row is None or {"amount", "discount_type"} & set(given):
            values |= _discount(kind, given.get("amount", _amount(shop, row or {})))
        if "usage_limit" in given:
            values["usage_limit"] = found["usage_limit"] or None
        if "date_expires" in given:
            values["ends_at"] = _utc(shop, found["date_expires"])
        beside = {name: found[name] for name in BESIDE if name in found} | {"discount_type": kind}
        for name in {"minimum_amount", "maximum_amount"} & set(given):
            beside[name] = shop.money(minor_of(given[name]) or 0)
        return Written(code, values, beside)

    def _insert(self, call: Call, written: Written) -> int:
        shop, code = call.shop, written.code
        key = shop.world.add_discount(
            code=code,
            title=written.beside.get("description") or code,
            **alike(shop.now, "starts_at created_at updated_at"),
            usage_count=0,
            once_per_customer=written.beside.get("usage_limit_per_user") == 1,
            **written.values,
        )
        self._keep(shop, "create_coupon", key, written)
        return key

    def _write(self, call: Call, row: Row, written: Written) -> None:
        key, shop = row["discount_id"], call.shop
        shop.world.set_discount(key, code=written.code, **written.values, updated_at=shop.now)
        self._keep(shop, "set_coupon", key, written)

    def _keep(self, shop: Shop, kind: str, key: int, written: Written) -> None:
        kept = shop.kept.coupon_fields
        kept[key] = kept.get(key, {}) | written.beside
        after = {
            name: f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
            for name, value in written.values.items()
        }
        shop.record(kind, written.code, {"discount_id": key, **after})

    def _forget(self, call: Call, row: Row) -> None:
        call.shop.kept.coupon_fields.pop(row["discount_id"], None)


def _amount(shop: Shop, row: Row) -> str:
    """The amount off, or the percentage as a number of hundredths."""
    if row.get("percentage") is not None:
        return f"{row['percentage'] * 100:.2f}"
    return shop.money(row.get("amount_minor") or 0)


def _kind(shop: Shop, row: Row | None) -> str:
    """The kind that a coupon has, or a new one gets."""
    if row is not None and row["percentage"] is not None:
        return "percent"
    kept = shop.kept.coupon_fields.get(row["discount_id"], {}) if row else {}
    return str(kept.get("discount_type", "fixed_cart"))


def _code(shop: Shop, row: Row | None, given: Row) -> str:
    code = str(given.get("code") or "").strip().lower()
    if not code:
        raise missing("code")
    own = row["discount_id"] if row else 0
    others = shop.world.discounts.filter(pl.col("discount_id") != own)
    if code in others["code"].str.to_lowercase():
        raise ERRORS("code_exists")
    return code


def _discount(kind: str, amount: object) -> dict[str, Any]:
    minor = minor_of(amount)
    if minor is None or (kind == "percent" and minor > 100_00):
        raise ERRORS("amount")
    if kind == "percent":
        return {"percentage": float(Decimal(minor) / 10_000), "amount_minor": None}
    return {"percentage": None, "amount_minor": minor}


def _utc(shop: Shop, at: datetime | None) -> datetime | None:
    """The instant of a text: with an offset as it says, without one in the site's time."""
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=shop.zone)).astimezone(UTC)
