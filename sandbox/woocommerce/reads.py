"""What can be read: the index, the site, and every list and document of the shop."""

from typing import Final

import polars as pl

from sandbox.woocommerce import documents, goods
from sandbox.woocommerce.calls import Call, Reply
from sandbox.woocommerce.documents import STATUSES, SYMBOLS, VERSION, Row
from sandbox.woocommerce.errors import RestError, invalid_param, not_emulated
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.shop import Shop
from sandbox.world.world import SHOP_NAME, row_of

ORDERS: Final = Collection(
    "order_id",
    {"date": "created_at", "id": "order_id", "modified": "updated_at"},
    modified="updated_at",
    filters=frozenset({"status", "customer"}),
)
PRODUCTS: Final = Collection(
    "product_id",
    {
        "date": "created_at",
        "id": "product_id",
        "title": "title",
        "modified": "updated_at",
        "price": "price_minor",
    },
    modified="updated_at",
    filters=frozenset({"sku", "status", "type", "stock_status"}),
)
PRODUCT_STATUSES: Final = ("any", "future", "trash", "draft", "pending", "private", "publish")
PRODUCT_TYPES: Final = ("simple", "grouped", "external", "variable")
COUPONS: Final = Collection(
    "discount_id",
    {"date": "created_at", "id": "discount_id", "title": "code", "modified": "updated_at"},
    modified="updated_at",
    filters=frozenset({"code"}),
)
REFUNDS: Final = Collection("refund_id", {"date": "created_at", "id": "refund_id"})
REVIEWS: Final = Collection(
    "review_id",
    {
        "date": "created_at",
        "date_gmt": "created_at",
        "id": "review_id",
        "product": "product_id",
    },
    default="date_gmt",
    filters=frozenset({"product", "status"}),
)
CUSTOMERS: Final = Collection(
    "household_id",
    {"id": "household_id", "name": "first_name", "registered_date": "created_at"},
    default="name",
    direction="asc",
    created=None,
    filters=frozenset({"email", "role"}),
)


def site(call: Call) -> Reply:
    """The index of the site: it needs no key, and only it names the zone."""
    now = call.shop.world.clock.astimezone(call.shop.zone).utcoffset()
    assert now is not None
    return Reply(
        {
            "name": SHOP_NAME,
            "description": "",
            "url": call.home,
            "home": call.home,
            "gmt_offset": now.total_seconds() / 3600,
            "timezone_string": call.shop.world.zone,
            "namespaces": ["wc/v3", "wp/v2"],
            "authentication": {},
            "routes": {},
        }
    )


def index(call: Call) -> Reply:
    """The index of wc/v3, which needs no key either."""
    names = ("orders", "refunds", "products", "customers", "coupons", "products/reviews")
    routes = {f"/wc/v3/{name}": {"namespace": "wc/v3"} for name in ("", *names)}
    return Reply({"namespace": "wc/v3", "routes": routes})


def system_status(call: Call) -> Reply:
    """The currency and its decimals; the zone in it is PHP's, which WordPress keeps at UTC."""
    currency = call.shop.world.currency
    return Reply(
        {
            "environment": {
                "home_url": call.home,
                "site_url": call.home,
                "version": VERSION,
                "wp_version": "6.8.3",
                "language": "en_US",
                "default_timezone": "UTC",
            },
            "settings": {
                "api_enabled": False,
                "force_ssl": False,
                "currency": currency,
                "currency_symbol": SYMBOLS.get(currency, currency),
                "currency_position": "left",
                "thousand_separator": ",",
                "decimal_separator": ".",
                "number_of_decimals": call.shop.decimals,
            },
            "security": {"secure_connection": call.home.startswith("https:"), "hide_errors": True},
        }
    )


def list_orders(call: Call) -> Reply:
    """Orders; what is in the trash is only among them when it is asked for."""
    frame = documents.orders_with_status(call.shop, call.shop.world.orders)
    asked = call.params.listed("status") or ["any"]
    if "any" in asked and len(asked) > 1:
        raise not_emulated("orders of any status and another")
    for place, status in enumerate(asked):
        if status not in ("any", *STATUSES):
            said = f"status[{place}] is not one of any, {', '.join(STATUSES)}."
            raise invalid_param("status", said)
    is_asked = pl.col("status") != "trash" if "any" in asked else pl.col("status").is_in(asked)
    frame = frame.filter(is_asked)
    if customer := call.params.text("customer"):
        frame = frame.filter(pl.col("household_id").cast(pl.String) == customer)
    page = call.page(frame, ORDERS)
    found = documents.orders(call.shop, page.rows, base=call.base, decimals=call.decimals)
    return call.listed(page, found)


def order(call: Call, key: int) -> Reply:
    """One order."""
    frame = call.shop.world.orders.filter(pl.col("order_id") == key)
    if frame.is_empty():
        raise RestError("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
    own = documents.orders_with_status(call.shop, frame)
    [found] = documents.orders(call.shop, own, base=call.base, decimals=call.decimals)
    return Reply(found)


def list_refunds(call: Call) -> Reply:
    """Refunds of all orders."""
    page = call.page(call.shop.world.refunds, REFUNDS)
    found = documents.refunds(
        call.shop, page.rows, base=call.base, decimals=call.decimals, has_parent=True
    )
    return call.listed(page, found)


def list_order_refunds(call: Call, key: int) -> Reply:
    """Refunds of one order."""
    page = call.page(_refunds_of(call, key), REFUNDS)
    found = documents.refunds(
        call.shop, page.rows, base=call.base, decimals=call.decimals, has_parent=False
    )
    return call.listed(page, found)


def order_refund(call: Call, key: int, refund_id: int) -> Reply:
    """One refund of an order."""
    frame = _refunds_of(call, key).filter(pl.col("refund_id") == refund_id)
    if frame.is_empty():
        raise RestError("woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.", 404)
    [found] = documents.refunds(
        call.shop, frame, base=call.base, decimals=call.decimals, has_parent=False
    )
    return Reply(found)


def _refunds_of(call: Call, key: int) -> pl.DataFrame:
    if call.shop.world.order(key) is None:
        raise RestError("woocommerce_rest_invalid_order_id", "Invalid order ID.", 404)
    return call.shop.world.refunds.filter(pl.col("order_id") == key)


def list_products(call: Call) -> Reply:
    """Products; a list of codes finds variations too."""
    shop, params = call.shop, call.params
    frame = shop.families.listed(shop.world, params.listed("sku"))
    status, kind = params.text("status", "any"), params.text("type")
    if status not in PRODUCT_STATUSES:
        raise invalid_param("status", f"status is not one of {', '.join(PRODUCT_STATUSES)}.")
    if kind and kind not in PRODUCT_TYPES:
        raise invalid_param("type", f"type is not one of {', '.join(PRODUCT_TYPES)}.")
    frame = frame.filter(_of_status(shop, status))
    if kind:
        parents = pl.col("product_id").is_in(list(shop.families.found))
        frame = frame.filter({"variable": parents, "simple": ~parents}.get(kind, pl.lit(False)))
    if stock := params.text("stock_status"):
        if shop.families.found or shop.backorders or stock not in ("instock", "outofstock"):
            raise not_emulated("this filter by stock_status")
        unmanaged = pl.col("product_id").is_in(list(shop.unmanaged))
        in_stock = (pl.col("on_hand_units") > 0) | unmanaged
        frame = frame.filter(in_stock if stock == "instock" else ~in_stock)
    page = call.page(frame, PRODUCTS)
    rows = page.rows.iter_rows(named=True)
    return call.listed(page, [goods.product(shop, row, base=call.base) for row in rows])


def _of_status(shop: Shop, status: str) -> pl.Expr:
    """`any` is all but the trash."""
    held = shop.product_status
    named = [key for key, own in held.items() if own == ("trash" if status == "any" else status)]
    own = pl.col("product_id").is_in(named)
    if status == "any":
        return ~own
    return own | ~pl.col("product_id").is_in(list(held)) if status == "publish" else own


def product(call: Call, key: int) -> Reply:
    """One product."""
    return Reply(goods.product(call.shop, product_row(call, key, 404), base=call.base))


def product_row(call: Call, key: int, status: int, *, parent: int = 0) -> Row:
    """The row of a product, or of a variation of `parent`; `status` is that of the error."""
    shop = call.shop
    family = shop.families.of(key)
    row = shop.world.product(key) or shop.families.row(shop.world, key)
    if parent and (family is None or family.parent_id != parent):
        row = None
    if row is None:
        code = "product_variation_invalid_id" if parent else "product_invalid_id"
        raise RestError(f"woocommerce_rest_{code}", "Invalid ID.", status)
    return row


def list_variations(call: Call, key: int) -> Reply:
    """Variations of a product: a simple one has none."""
    product_row(call, key, 404)
    shop, family = call.shop, call.shop.families.found.get(key)
    own = pl.col("product_id").is_in(list(family.codes) if family else [])
    page = call.page(shop.world.products.filter(own, _of_status(shop, "any")), PRODUCTS)
    rows = page.rows.iter_rows(named=True)
    return call.listed(page, [_variation(call, row) for row in rows])


def variation(call: Call, key: int, variation_id: int) -> Reply:
    """One variation of a product."""
    return Reply(_variation(call, product_row(call, variation_id, 404, parent=key)))


def _variation(call: Call, row: Row) -> Row:
    """As its product lists it: its options in place of a name, and no categories."""
    found = goods.product(call.shop, row, base=call.base)
    option = {"id": 1, "name": "Size", "slug": "pa_size", "option": str(row["product_id"])}
    return {
        name: value for name, value in found.items() if name not in ("categories", "variations")
    } | {"attributes": [option]}


def list_customers(call: Call) -> Reply:
    """Customers; the platform filters them by no date."""
    frame = call.shop.world.customers
    if email := call.params.text("email"):
        frame = frame.filter(pl.col("email") == email)
    if call.params.text("role", "customer") not in ("all", "customer"):
        frame = frame.clear()
    page = call.page(frame, CUSTOMERS)
    rows = page.rows.iter_rows(named=True)
    return call.listed(page, [goods.customer(call.shop, row, base=call.base) for row in rows])


def customer(call: Call, key: int) -> Reply:
    """One customer."""
    row = row_of(call.shop.world.customers, "household_id", key)
    if row is None:
        raise RestError("wc_user_invalid_id", "Invalid user ID.", 404)
    return Reply(goods.customer(call.shop, row, base=call.base))


def list_coupons(call: Call) -> Reply:
    """Coupons."""
    frame = call.shop.world.discounts
    if code := call.params.text("code"):
        frame = frame.filter(pl.col("code").str.to_lowercase() == code.lower())
    page = call.page(frame, COUPONS)
    rows = page.rows.iter_rows(named=True)
    return call.listed(page, [goods.coupon(call.shop, row, base=call.base) for row in rows])


def coupon(call: Call, key: int) -> Reply:
    """One coupon."""
    return Reply(goods.coupon(call.shop, coupon_row(call, key, 404), base=call.base))


def coupon_row(call: Call, key: int, status: int) -> Row:
    """The row of a coupon; `status` is that of the error when there is none."""
    row = row_of(call.shop.world.discounts, "discount_id", key)
    if row is None:
        raise RestError("woocommerce_rest_shop_coupon_invalid_id", "Invalid ID.", status)
    return row


def list_reviews(call: Call) -> Reply:
    """Reviews, without a status only those that are approved; no filter knows when they changed."""
    frame, shop = call.shop.world.reviews, call.shop
    status = call.params.text("status", "approved")
    if status != "all":
        own = [key for key, found in shop.review_status.items() if found == status]
        if status == "approved":
            frame = frame.filter(~pl.col("review_id").is_in(list(shop.review_status)))
        else:
            frame = frame.filter(pl.col("review_id").is_in(own))
    if asked := call.params.listed("product"):
        frame = frame.filter(pl.col("product_id").cast(pl.String).is_in(asked))
    page = call.page(frame, REVIEWS)
    found = [
        goods.review(shop, row, base=call.base, member=member(call, row))
        for row in page.rows.iter_rows(named=True)
    ]
    return call.listed(page, found)


def review(call: Call, key: int) -> Reply:
    """One review."""
    row = review_row(call, key)
    return Reply(goods.review(call.shop, row, base=call.base, member=member(call, row)))


def review_row(call: Call, key: int) -> Row:
    """The row of a review."""
    row = row_of(call.shop.world.reviews, "review_id", key)
    if row is None:
        raise RestError("woocommerce_rest_review_invalid_id", "Invalid review ID.", 404)
    return row


def member(call: Call, row: Row) -> Row:
    """The customer who wrote a review."""
    return row_of(call.shop.world.customers, "household_id", row["household_id"]) or {}
