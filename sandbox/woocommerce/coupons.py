"""Coupons: a code exists once, however it is written."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import polars as pl

from sandbox.kit.fields import alike
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import ERRORS, check_choice, check_names, invalid, missing
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.resources import Resource
from sandbox.woocommerce.shop import Shop, minor_of, whole

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
_FIELDS: Final = {"id", "code", "amount", "date_expires", "date_expires_gmt", "usage_limit"}
DISCOUNT_TYPES: Final = ("percent", "fixed_cart", "fixed_product")


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
    allows, batches = "list create get update delete batch", "create update delete"
    collection = Collection(
        "discount_id",
        {"date": "created_at", "id": "discount_id", "title": "code", "modified": "updated_at"},
        modified="updated_at",
        filters=frozenset({"code"}),
    )

    def chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """All, or the one with a code."""
        code = call.params.text("code").lower()
        return rows.filter(pl.col("code").str.to_lowercase() == code) if code else rows

    def document(self, call: Call, row: Row) -> Row:
        """The document of a coupon; its code is in lower case however it was written."""
        shop, key = call.shop, row["discount_id"]
        percent = {} if row["percentage"] is None else {"discount_type": "percent"}
        return {
            "id": key,
            "code": row["code"].lower(),
            "amount": _amount(shop, row),
            "status": "publish",
            **shop.dates(date_created=row["created_at"], date_modified=row["updated_at"]),
            **shop.dates(date_expires=row["ends_at"]),
            "usage_count": row["usage_count"],
            "usage_limit": row["usage_limit"],
            "used_by": [],
            **BESIDE,
            **shop.kept.coupon_fields.get(key, {}),
            **percent,
            "_links": call.links("coupons", key),
        }

    def checked(self, call: Call, row: Row | None, given: Row) -> Written:
        """What is written of a coupon."""
        shop = call.shop
        if row is None and given.get("id"):
            raise ERRORS("coupon_exists")
        code = _code(shop, row, given) if row is None or "code" in given else row["code"]
        check_names(given, _FIELDS | set(BESIDE), "a coupon")
        kind = given.get("discount_type")
        kind = _kind(shop, row) if kind is None else kind
        check_choice("discount_type", kind, DISCOUNT_TYPES)
        values: dict[str, Any] = {}
        if row is None or {"amount", "discount_type"} & set(given):
            values |= _discount(kind, given.get("amount", _amount(shop, row or {})))
        if "usage_limit" in given:
            is_none = given["usage_limit"] in (None, 0, "0")
            values["usage_limit"] = None if is_none else whole(given, "usage_limit", least=0)
        if "date_expires" in given:  # its twin in GMT is only read: writing it changes nothing
            values["ends_at"] = _expiry(shop, given["date_expires"])
        beside = {name: given[name] for name in BESIDE if name in given} | {"discount_type": kind}
        for name in {"minimum_amount", "maximum_amount"} & set(given):
            beside[name] = shop.money(minor_of(given[name]) or 0)
        return Written(code, values, beside)

    def insert(self, call: Call, written: Written) -> int:
        """Create a coupon that holds from now on."""
        shop, code = call.shop, written.code
        key = shop.world.add_discount(
            code=code,
            title=written.beside.get("description") or code,
            **dict.fromkeys(("starts_at", "created_at", "updated_at"), shop.now),
            usage_count=0,
            once_per_customer=written.beside.get("usage_limit_per_user") == 1,
            **written.values,
        )
        self._keep(shop, "create_coupon", key, written)
        return key

    def write(self, call: Call, key: int, written: Written) -> None:
        """Change a coupon."""
        shop = call.shop
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

    def forget(self, call: Call, row: Row) -> None:
        """What stood beside the world's columns goes too."""
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


def _expiry(shop: Shop, given: object) -> datetime | None:
    """The instant of a text: with an offset as it says, without one in the site's time."""
    if not given:
        return None
    try:
        instant = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise invalid("date_expires", "Invalid date.") from error
    return (instant if instant.tzinfo else instant.replace(tzinfo=shop.zone)).astimezone(UTC)
