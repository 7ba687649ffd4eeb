"""Products, customers, coupons and reviews as JSON documents."""

import html
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from sandbox.woocommerce.documents import Row, address, contact, links
from sandbox.woocommerce.offers import offer_of, price_text
from sandbox.woocommerce.shop import Shop

COUPON_DEFAULTS: Final[Row] = {
    "discount_type": "fixed_cart",
    "description": "",
    "individual_use": False,
    "product_ids": [],
    "excluded_product_ids": [],
    "usage_limit_per_user": None,
    "limit_usage_to_x_items": None,
    "free_shipping": False,
    "product_categories": [],
    "excluded_product_categories": [],
    "exclude_sale_items": False,
    "minimum_amount": "0.00",
    "maximum_amount": "0.00",
    "email_restrictions": [],
    "meta_data": [],
}
"""Fields of a coupon that the world has no column for."""


def product(shop: Shop, row: Row, *, base: str) -> Row:
    """The document of a product or of a variation."""
    key = row["product_id"]
    if key in shop.families.found:
        return _parent(shop, row, base=base)
    offer, family = offer_of(shop, row), shop.families.of(key)
    is_managed: bool | str = key not in shop.unmanaged
    stock = row["on_hand_units"] if is_managed else None
    if family is not None and family.shared_units is not None:
        is_managed, stock = "parent", family.shared_units
    backorders = shop.backorders.get(key, "no")
    is_owed = stock is not None and stock <= 0 and backorders != "no"
    in_stock = stock is None or stock > 0
    status = shop.product_status.get(key, "publish")
    # A draft that was never public has no date of its own.
    created = None if status == "draft" else row["created_at"]
    return {
        "id": key,
        "name": row["title"],
        "slug": f"product-{key}",
        "permalink": f"{base.removesuffix('/wp-json/wc/v3')}/product/product-{key}/",
        **shop.dates(date_created=created, date_modified=row["updated_at"]),
        "type": "simple" if family is None else "variation",
        "status": status,
        "featured": False,
        "catalog_visibility": "visible",
        "description": "",
        "short_description": "",
        "sku": shop.families.shown_code(key),
        "price": price_text(shop, row),
        "regular_price": offer.regular,
        "sale_price": offer.sale or "",
        **shop.dates(date_on_sale_from=offer.begins, date_on_sale_to=offer.ends),
        "on_sale": offer.is_on(shop.world.clock),
        "purchasable": True,
        "virtual": False,
        "downloadable": False,
        "tax_status": "taxable",
        "tax_class": "",
        "manage_stock": is_managed,
        "stock_quantity": stock,
        "backorders": backorders,
        "backorders_allowed": backorders != "no",
        "backordered": is_owed,
        "stock_status": "instock" if in_stock else "onbackorder" if is_owed else "outofstock",
        "low_stock_amount": None,
        "parent_id": 0 if family is None else family.parent_id,
        "categories": [{"id": 15, "name": row["product_type"], "slug": "category"}],
        "attributes": [],
        "variations": [],
        "meta_data": [],
        "_links": links(base, "products", key),
    }


def _parent(shop: Shop, row: Row, *, base: str) -> Row:
    """The document of a product with variations: it has no price and no offer of its own."""
    family = shop.families.found[row["product_id"]]
    own = shop.world.products.filter(pl.col("product_id").is_in(list(family.codes)))
    found = [product(shop, one, base=base) for one in own.iter_rows(named=True)]
    is_managed = family.shared_units is not None
    return found[0] | {
        "id": family.parent_id,
        "name": family.title,
        "type": "variable",
        "sku": family.sku,
        "price": min((one["price"] for one in found), key=Decimal),
        "regular_price": "",
        "sale_price": "",
        "on_sale": any(one["on_sale"] for one in found),
        "status": shop.product_status.get(family.parent_id, "publish"),
        "manage_stock": is_managed,
        "stock_quantity": family.shared_units,
        "parent_id": 0,
        "variations": list(family.codes),
        "_links": links(base, "products", family.parent_id),
    }


def customer(shop: Shop, row: Row, *, base: str) -> Row:
    """The document of a customer."""
    key, own = row["household_id"], address(row, row["household_id"])
    return {
        "id": key,
        **shop.dates(date_created=row["created_at"], date_modified=row["updated_at"]),
        "email": row["email"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "role": "customer",
        "username": row["email"].partition("@")[0],
        "billing": own | contact(row, key),
        "shipping": own,
        "is_paying_customer": True,
        "avatar_url": "",
        "meta_data": [],
        "_links": links(base, "customers", key),
    }


def coupon(shop: Shop, row: Row, *, base: str) -> Row:
    """The document of a coupon; its code is in lower case however it was written."""
    key = row["discount_id"]
    own = COUPON_DEFAULTS | shop.coupon_fields.get(key, {})
    if row["percentage"] is not None:
        own = own | {"discount_type": "percent"}
    expires: datetime | None = row["ends_at"]
    return {
        "id": key,
        "code": row["code"].lower(),
        "amount": coupon_amount(shop, row),
        "status": "publish",
        **shop.dates(date_created=row["created_at"], date_modified=row["updated_at"]),
        **shop.dates(date_expires=expires),
        "usage_count": row["usage_count"],
        "usage_limit": row["usage_limit"],
        "used_by": [],
        **own,
        "_links": links(base, "coupons", key),
    }


def coupon_amount(shop: Shop, row: Row) -> str:
    """The amount off, or the percentage as a number of hundredths."""
    if row.get("percentage") is not None:
        return f"{row['percentage'] * 100:.2f}"
    return shop.money(row.get("amount_minor") or 0)


def review(shop: Shop, row: Row, *, base: str, member: Row, is_edited: bool = False) -> Row:
    """The document of a review; unless it was just edited its text is HTML in a paragraph."""
    key = row["review_id"]
    text: Any = row["text"] if is_edited else f"<p>{html.escape(row['text'], quote=False)}</p>\n"
    return {
        "id": key,
        **shop.dates(date_created=row["created_at"]),
        "product_id": row["product_id"],
        "product_name": f"product-{row['product_id']}",
        "product_permalink": "",
        "status": shop.review_status.get(key, "approved"),
        "reviewer": member.get("first_name", ""),
        "reviewer_email": member.get("email", ""),
        "review": text,
        "rating": row["stars"],
        "verified": True,
        "reviewer_avatar_urls": {},
        "_links": links(base, "products/reviews", key, up=f"products/{row['product_id']}"),
    }
