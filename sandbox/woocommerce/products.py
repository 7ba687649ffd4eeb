"""Products and variations: their documents, and how prices, stock and status are written."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.kit.resources import Reply
from sandbox.woocommerce import offers, schema
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import ERRORS, invalid, not_emulated
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.resources import Resource
from sandbox.woocommerce.shop import Shop

STATUSES: Final = ("draft", "pending", "private", "publish")
LISTED_STATUSES: Final = ("any", "future", "trash", *STATUSES)
TYPES: Final = ("simple", "grouped", "external", "variable")
_PRICES: Final = {"regular_price": "regular", "sale_price": "sale"}
_DAYS: Final = {"date_on_sale_from_gmt": "begins", "date_on_sale_to_gmt": "ends"}
_WRITTEN: Final[dict[str, schema.Reader]] = {
    "id": schema.anything,
    # The platform would take an empty regular price as none at all; the world cannot sell that.
    "regular_price": schema.amount,
    "sale_price": schema.or_empty(schema.amount),
    **dict.fromkeys(_DAYS, schema.or_empty(schema.instant)),
    "manage_stock": schema.boolean,
    "stock_quantity": schema.or_none(schema.integer()),
    "backorders": schema.one_of(("no", "notify", "yes")),
    "status": schema.one_of(STATUSES),
}
_SAME: Final[Row] = {
    **alike("", "description short_description tax_class"),
    **alike([], "attributes variations meta_data"),
    **alike(value=False, names="featured virtual downloadable"),
    "purchasable": True,
    "catalog_visibility": "visible",
    "tax_status": "taxable",
    "low_stock_amount": None,
}


class Products(Resource):
    """Simple products and parents; by their ids and codes variations too."""

    kind, frame, target = "product", "products", "product_id"
    missing, missing_at_update = "no_product", 400
    allows, batches = "list_all get update delete batch", "update delete"
    collection = Collection(
        "product_id",
        {"date": "created_at", "id": "product_id", "title": "title", "modified": "updated_at",
         "price": "price_minor"},
        modified="updated_at", filters="sku status type stock_status",
    )  # fmt: skip

    def _rows(self, call: Call) -> pl.DataFrame:
        return call.shop.families.with_parents(call.shop.world)

    def _chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        params, kept, families = call.params, call.shop.kept, call.shop.families
        status = schema.value_of(
            "status", params.text("status", "any"), schema.one_of(LISTED_STATUSES)
        )
        rows = families.listed(rows, params.listed("sku")).filter(_has_status(call.shop, status))
        key = pl.col("product_id")
        if kind := params.text("type"):
            schema.value_of("type", kind, schema.one_of(TYPES))
            parents = key.is_in(list(families.found))
            rows = rows.filter({"variable": parents, "simple": ~parents}.get(kind, pl.lit(False)))
        if stock := params.text("stock_status"):
            if families.found or kept.backorders or stock not in ("instock", "outofstock"):
                raise not_emulated("this filter by stock_status")
            in_stock = (pl.col("on_hand_units") > 0) | key.is_in(list(kept.unmanaged))
            rows = rows.filter(in_stock == (stock == "instock"))
        return rows

    def _document(self, call: Call, row: Row) -> Row:
        shop, key = call.shop, row["product_id"]
        if key in shop.families.found:
            return self._parent(call, key)
        offer, family = offers.offer_of(shop, row), shop.families.of(key)
        status = shop.kept.status["products"].get(key, "publish")
        # A draft that was never public has no date of its own.
        created = None if status == "draft" else row["created_at"]
        return {
            **_SAME,
            "id": key,
            "name": row["title"],
            "slug": f"product-{key}",
            "permalink": f"{call.home}/product/product-{key}/",
            **shop.dates(date_created=created, date_modified=row["updated_at"]),
            "type": "simple" if family is None else "variation",
            "status": status,
            "sku": shop.families.shown_code(key),
            "price": offers.price_text(shop, row),
            "regular_price": offer.regular,
            "sale_price": offer.sale or "",
            **shop.dates(date_on_sale_from=offer.begins, date_on_sale_to=offer.ends),
            "on_sale": offer.is_on(shop.now),
            **_stock(shop, row),
            "parent_id": 0 if family is None else family.parent_id,
            "categories": [{"id": 15, "name": row["product_type"], "slug": "category"}],
            "_links": call.links("products", key),
        }

    def _parent(self, call: Call, key: int) -> Row:
        """The document of a product with variations: it has no price and no offer of its own."""
        shop, family = call.shop, call.shop.families.found[key]
        own = shop.world.products.filter(pl.col("product_id").is_in(list(family.codes)))
        found = self._documents(call, own)
        return found[0] | {
            "id": key,
            "name": family.title,
            "type": "variable",
            "sku": family.sku,
            "price": min((one["price"] for one in found), key=Decimal),
            **alike("", "regular_price sale_price"),
            "on_sale": any(one["on_sale"] for one in found),
            "status": shop.kept.status["products"].get(key, "publish"),
            "manage_stock": family.shared_units is not None,
            "stock_quantity": family.shared_units,
            "parent_id": 0,
            "variations": list(family.codes),
            "_links": call.links("products", key),
        }

    def update(self, call: Call) -> Reply:
        """Change one; outside a batch its prices have to be text."""
        with call.shop.refusing("set_product", call.key, call.body):
            for name in _PRICES:
                if not isinstance(call.body.get(name, ""), str):
                    raise invalid(name, f"{name} is not of type string.")
        return super().update(call)

    def _checked(self, call: Call, row: Row | None, given: Row) -> Row:
        assert row is not None
        shop, key = call.shop, row["product_id"]
        self._check_place(call, key)
        found = schema.read(given, _WRITTEN, "a product")
        if key in shop.families.found and set(given) - {"id", "status"}:
            raise not_emulated("this field of a product with variations")
        named = (_PRICES | _DAYS).items()
        offer = {own: _kept(shop, found[name]) for name, own in named if name in found}
        return found | ({"offer": replace(offers.offer_of(shop, row), **offer)} if offer else {})

    def _check_place(self, call: Call, key: int) -> None:
        if call.shop.families.of(key) is not None:
            raise ERRORS("is_variation")

    def _write(self, call: Call, row: Row, written: Row) -> None:
        key, shop, kept = row["product_id"], call.shop, call.shop.kept
        if "offer" in written:
            shop.record("set_price", key, offers.put(shop, key, written["offer"]))
        if {"manage_stock", "stock_quantity"} & set(written):
            is_managed = written.get("manage_stock", key not in kept.unmanaged)
            _set_stock(shop, key, written.get("stock_quantity"), is_managed=is_managed)
        if "backorders" in written:
            kept.backorders[key] = written["backorders"]
        if "status" in written:
            kept.status["products"][key] = written["status"]
            shop.record("set_product", key, {"status": written["status"]})
        if {"status", "backorders"} & set(written):
            self._touch(call, key)

    def _touch(self, call: Call, key: int) -> None:
        call.shop.world.set_product(key, updated_at=call.shop.now)

    def _check_deletion(self, call: Call, key: int) -> None:
        if key in call.shop.families.found:
            raise not_emulated("the deletion of a product with variations")


class Variations(Products):
    """The variations of one product, at their own address; there is no trash for them."""

    missing = "no_variation"

    def _rows(self, call: Call) -> pl.DataFrame:
        family = call.shop.families.found.get(call.parent)
        own = pl.col("product_id").is_in(list(family.codes) if family else [])
        return call.shop.world.products.filter(own)

    def _chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        Products().found(call, call.parent)
        return rows.filter(_has_status(call.shop, "any"))

    def _document(self, call: Call, row: Row) -> Row:
        option = {"id": 1, "name": "Size", "slug": "pa_size", "option": str(row["product_id"])}
        found = super()._document(call, row) | {"attributes": [option]}
        return {name: found[name] for name in found if name not in ("categories", "variations")}

    def _check_place(self, call: Call, key: int) -> None:
        pass

    def _deleted(self, call: Call, key: int, *, is_forced: bool) -> Row:
        return super()._deleted(call, key, is_forced=True)


def _has_status(shop: Shop, status: str) -> pl.Expr:
    """`any` is all but the trash."""
    kept = shop.kept.status["products"]
    named = [key for key, own in kept.items() if own == ("trash" if status == "any" else status)]
    own = pl.col("product_id").is_in(named)
    if status == "any":
        return ~own
    return own | ~pl.col("product_id").is_in(list(kept)) if status == "publish" else own


def _stock(shop: Shop, row: Row) -> Row:
    key, family = row["product_id"], shop.families.of(row["product_id"])
    is_managed: bool | str = key not in shop.kept.unmanaged
    units = row["on_hand_units"] if is_managed else None
    if family is not None and family.shared_units is not None:
        is_managed, units = "parent", family.shared_units
    backorders = shop.kept.backorders.get(key, "no")
    is_out, may_owe = units is not None and units <= 0, backorders != "no"
    return {
        "manage_stock": is_managed,
        "stock_quantity": units,
        "backorders": backorders,
        "backorders_allowed": may_owe,
        "backordered": is_out and may_owe,
        "stock_status": ("onbackorder" if may_owe else "outofstock") if is_out else "instock",
    }


def _kept(shop: Shop, value: str | datetime | None) -> Any:
    """A price with all its digits, or those of the shop where it has fewer; an instant of GMT."""
    if not isinstance(value, str):
        return value and value.replace(tzinfo=UTC)
    has_more = len(value.partition(".")[2]) > max(shop.decimals, 2)
    return value if has_more else shop.money(schema.minor_of(value) or 0)


def _set_stock(shop: Shop, key: int, units: int | None, *, is_managed: bool) -> None:
    """Without management the pieces are not looked at."""
    (shop.kept.unmanaged.discard if is_managed else shop.kept.unmanaged.add)(key)
    stock = {"on_hand_units": units} if is_managed and units is not None else {}
    changed: dict[str, Any] = {"stock_updated_at": shop.now} if stock else {}
    shop.world.set_product(key, **stock, **changed, updated_at=shop.now)
    shop.record("set_stock", key, {"is_managed": is_managed, **stock})
