"""Products and variations: their documents, and how prices, stock and status are written."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import polars as pl

from sandbox.kit.fields import alike
from sandbox.woocommerce import offers
from sandbox.woocommerce.calls import Call, Reply, Row
from sandbox.woocommerce.errors import ERRORS, check_choice, check_names, invalid, not_emulated
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.offers import Offer, offer_of, price_text
from sandbox.woocommerce.resources import Resource
from sandbox.woocommerce.shop import Shop, minor_of, whole

STATUSES: Final = ("draft", "pending", "private", "publish")
LISTED_STATUSES: Final = ("any", "future", "trash", *STATUSES)
TYPES: Final = ("simple", "grouped", "external", "variable")
BACKORDERS: Final = ("no", "notify", "yes")
_PRICES: Final = ("regular_price", "sale_price")
_SALE_DAYS: Final = {"date_on_sale_from_gmt": "begins", "date_on_sale_to_gmt": "ends"}
_OFFERED: Final = {*_PRICES, *_SALE_DAYS}
_STOCK: Final = {"manage_stock", "stock_quantity"}
_FIELDS: Final = _OFFERED | _STOCK | {"id", "backorders", "status"}
_SAME: Final[Row] = {
    **alike("", "description short_description tax_class"),
    **alike([], "attributes variations meta_data"),
    **alike(value=False, names="featured virtual downloadable"),
    "purchasable": True,
    "catalog_visibility": "visible",
    "tax_status": "taxable",
    "low_stock_amount": None,
}


class Written(NamedTuple):
    """What is written of a product; what is not written of it is None."""

    offer: Offer | None
    stock: dict[str, Any] | None
    backorders: str | None
    status: str | None


class Products(Resource):
    """Simple products and parents; by their ids variations too."""

    kind, frame, target = "product", "products", "product_id"
    missing, missing_at_update = "no_product", 400
    allows, batches = "list get update delete batch", "update delete"
    collection = Collection(
        "product_id",
        {
            "date": "created_at", "id": "product_id", "title": "title", "modified": "updated_at",
            "price": "price_minor",
        },
        modified="updated_at",
        filters=frozenset({"sku", "status", "type", "stock_status"}),
    )  # fmt: skip

    def rows(self, call: Call) -> pl.DataFrame:
        """Products with their parents."""
        return call.shop.families.with_parents(call.shop.world)

    def chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """All but variations; a list of codes finds these too."""
        params, kept, families = call.params, call.shop.kept, call.shop.families
        status, kind = params.text("status", "any"), params.text("type")
        check_choice("status", status, LISTED_STATUSES)
        rows = families.listed(rows, params.listed("sku")).filter(_has_status(call.shop, status))
        key = pl.col("product_id")
        if kind:
            check_choice("type", kind, TYPES)
            parents = key.is_in(list(families.found))
            rows = rows.filter({"variable": parents, "simple": ~parents}.get(kind, pl.lit(False)))
        if stock := params.text("stock_status"):
            if families.found or kept.backorders or stock not in ("instock", "outofstock"):
                raise not_emulated("this filter by stock_status")
            in_stock = (pl.col("on_hand_units") > 0) | key.is_in(list(kept.unmanaged))
            rows = rows.filter(in_stock == (stock == "instock"))
        return rows

    def document(self, call: Call, row: Row) -> Row:
        """The document of a product or of a variation."""
        shop, key = call.shop, row["product_id"]
        if key in shop.families.found:
            return self._parent(call, key)
        offer, family = offer_of(shop, row), shop.families.of(key)
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
            "price": price_text(shop, row),
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
        found = self.documents(call, own)
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

    def checked(self, call: Call, row: Row | None, given: Row) -> Written:
        """What is written of a product."""
        assert row is not None
        shop, key = call.shop, row["product_id"]
        self.check_place(call, key)
        check_names(given, _FIELDS, "a product")
        if key in shop.families.found and set(given) - {"id", "status"}:
            raise not_emulated("this field of a product with variations")
        offer = _new_offer(shop, row, given) if _OFFERED & set(given) else None
        stock = _new_stock(shop, key, given) if _STOCK & set(given) else None
        for name, known in (("status", STATUSES), ("backorders", BACKORDERS)):
            if name in given:
                check_choice(name, given[name], known)
        return Written(offer, stock, given.get("backorders"), given.get("status"))

    def check_place(self, call: Call, key: int) -> None:
        """Refuse to write a variation under the address of products."""
        if call.shop.families.of(key) is not None:
            raise ERRORS("is_variation")

    def write(self, call: Call, key: int, written: Written) -> None:
        """Write offer, stock and status; the date of change is renewed with each."""
        shop, kept = call.shop, call.shop.kept
        if written.offer is not None:
            offers.put(shop, key, written.offer)
        if written.backorders is not None:
            kept.backorders[key] = written.backorders
        if written.stock is not None:
            _set_stock(shop, key, **written.stock)
        if written.status is not None:
            kept.status["products"][key] = written.status
            shop.record("set_product", key, {"status": written.status})
        if written.status or written.backorders:
            self.touch(call, key)

    def touch(self, call: Call, key: int) -> None:
        """Renew the date of change."""
        call.shop.world.set_product(key, updated_at=call.shop.now)

    def check_deletion(self, call: Call, key: int) -> None:
        """Parents stay."""
        if key in call.shop.families.found:
            raise not_emulated("the deletion of a product with variations")


class Variations(Products):
    """The variations of one product: a simple one has none."""

    missing = "no_variation"

    def rows(self, call: Call) -> pl.DataFrame:
        """The variations of the product in the path."""
        family = call.shop.families.found.get(call.parent)
        own = pl.col("product_id").is_in(list(family.codes) if family else [])
        return call.shop.world.products.filter(own)

    def chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """What is not in the trash, of a product that is there."""
        Products().found(call, call.parent)
        return rows.filter(_has_status(call.shop, "any"))

    def document(self, call: Call, row: Row) -> Row:
        """As its product lists it: its options in place of a name, and no categories."""
        option = {"id": 1, "name": "Size", "slug": "pa_size", "option": str(row["product_id"])}
        found = super().document(call, row) | {"attributes": [option]}
        return {name: found[name] for name in found if name not in ("categories", "variations")}

    def check_place(self, call: Call, key: int) -> None:
        """This is their own address."""

    def deleted(self, call: Call, key: int, *, is_forced: bool) -> Row:
        """Delete one for good: there is no trash."""
        return super().deleted(call, key, is_forced=True)


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
    stock = row["on_hand_units"] if is_managed else None
    if family is not None and family.shared_units is not None:
        is_managed, stock = "parent", family.shared_units
    backorders = shop.kept.backorders.get(key, "no")
    is_out, may_owe = stock is not None and stock <= 0, backorders != "no"
    return {
        "manage_stock": is_managed,
        "stock_quantity": stock,
        "backorders": backorders,
        "backorders_allowed": may_owe,
        "backordered": is_out and may_owe,
        "stock_status": ("onbackorder" if may_owe else "outofstock") if is_out else "instock",
    }


def _new_offer(shop: Shop, row: Row, given: Row) -> Offer:
    new: dict[str, Any] = {}
    if "regular_price" in given:
        new["regular"] = _amount(shop, given, "regular_price")
    if "sale_price" in given:
        is_none = given["sale_price"] in ("", None)
        new["sale"] = None if is_none else _amount(shop, given, "sale_price")
    new |= {own: _gmt(given, name) for name, own in _SALE_DAYS.items() if name in given}
    return replace(offer_of(shop, row), **new)


def _gmt(given: Row, name: str) -> datetime | None:
    if not given[name]:
        return None
    try:
        return datetime.fromisoformat(str(given[name])).replace(tzinfo=UTC)
    except ValueError as error:
        raise invalid(name, "Invalid date.") from error


def _amount(shop: Shop, given: Row, name: str) -> str:
    """A price as it is kept: with all its digits, or those of the shop where it has fewer."""
    # The platform would take a text without digits as no price at all; the world cannot sell that.
    text = str(given[name]).strip()
    minor = minor_of(text)
    if minor is None:
        raise invalid(name, f"{name} is no price the sandbox can sell at.")
    return text if len(text.partition(".")[2]) > max(shop.decimals, 2) else shop.money(minor)


def _new_stock(shop: Shop, key: int, given: Row) -> dict[str, Any]:
    is_managed, units = given.get("manage_stock", key not in shop.kept.unmanaged), None
    if not isinstance(is_managed, bool):
        raise invalid("manage_stock", "manage_stock is not of type boolean.")
    if is_managed:
        units = given.get("stock_quantity")
    if units is None:
        return {"is_managed": is_managed}
    return {"is_managed": is_managed, "on_hand_units": whole(given, "stock_quantity")}


def _set_stock(shop: Shop, key: int, *, is_managed: bool, **units: int) -> None:
    (shop.kept.unmanaged.discard if is_managed else shop.kept.unmanaged.add)(key)
    at = {"stock_updated_at": shop.now} if units else {}
    shop.world.set_product(key, **units, **at, updated_at=shop.now)
    shop.record("set_stock", key, {"is_managed": is_managed, **units})
