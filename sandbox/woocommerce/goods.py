"""Products, customers, coupons and reviews as JSON documents."""

import html
from datetime import datetime
from typing import Any, Final

from sandbox.woocommerce.documents import Row, address, contact, links
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
    """The document of a product, which is always a simple one."""
    key = row["product_id"]
    regular, sale = prices(shop, row)
    is_managed = key not in shop.unmanaged
    stock = row["on_hand_units"] if is_managed else None
    in_stock = stock is None or stock > 0
    return {
        "id": key,
        "name": row["title"],
        "slug": f"product-{key}",
        "permalink": f"{base.removesuffix('/wp-json/wc/v3')}/product/product-{key}/",
        **shop.dates(date_created=row["created_at"], date_modified=row["updated_at"]),
        "type": "simple",
        "status": "publish",
        "featured": False,
        "catalog_visibility": "visible",
        "description": "",
        "short_description": "",
        "sku": str(key),
        "price": shop.money(row["price_minor"]),
        "regular_price": shop.money(regular),
        "sale_price": "" if sale is None else shop.money(sale),
        **shop.dates(date_on_sale_from=None, date_on_sale_to=None),
        "on_sale": sale is not None and sale < regular,
        "purchasable": True,
        "virtual": False,
        "downloadable": False,
        "tax_status": "taxable",
        "tax_class": "",
        "manage_stock": is_managed,
        "stock_quantity": stock,
        "backorders": "no",
        "backorders_allowed": False,
        "backordered": False,
        "stock_status": "instock" if in_stock else "outofstock",
        "low_stock_amount": None,
        "parent_id": 0,
        "categories": [{"id": 15, "name": row["product_type"], "slug": "category"}],
        "attributes": [],
        "variations": [],
        "meta_data": [],
        "_links": links(base, "products", key),
    }


def prices(shop: Shop, row: Row) -> tuple[int, int | None]:
    """The regular price and the sale price, if there is one."""
    if row["compare_at_minor"] is not None:
        return row["compare_at_minor"], row["price_minor"]
    return row["price_minor"], shop.idle_sale_minor.get(row["product_id"])


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
