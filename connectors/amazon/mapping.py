"""Amazon's listings, prices, stock and rivals as canonical tables; its orders are beside it.

Pure: the same pages and context give the same rows.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.amazon import shapes, wire
from connectors.amazon.codes import IS_AVAILABLE, LISTING_STATUS, SHIPS
from connectors.amazon.order_mapping import orders as orders
from connectors.base.frames import ColumnType, columns, empty_to_null, flatten, with_parent_columns
from connectors.base.mapping import Mapper, Parsed, coded, money, utc
from contracts.streams import Context, Mapped, Page
from contracts.tables import CompetitorOffer, Listing, Price, StockLevel

Paths = Mapping[str, tuple[str, ColumnType]]

WAREHOUSE = "AFN"
"""All the platform's warehouses together: which of them holds a piece is not told."""

_TEXT, _COUNT = pl.String, pl.Int64
_SUMMARY: Paths = {
    "asin": ("asin", _TEXT),
    "title": ("item_name", _TEXT),
    "type": ("product_type", _TEXT),
    "created": ("created_date", _TEXT),
    "updated": ("last_updated_date", _TEXT),
}
_PRICE: Paths = {
    "amount": ("amount", _TEXT),
    "currency": ("currency_code", _TEXT),
}
_STOCK: Paths = {
    "sku": ("seller_sku", _TEXT),
    "updated": ("last_updated_time", _TEXT),
    "available": ("inventory_details?.fulfillable_quantity", _COUNT),
    "reserved": ("inventory_details?.reserved_quantity?.total_reserved_quantity", _COUNT),
    "sold": ("inventory_details?.reserved_quantity?.pending_customer_order_quantity", _COUNT),
}
_RIVAL: Paths = {
    "seller": ("seller_id", _TEXT),
    "price": ("listing_price.text", _TEXT),
    "currency": ("listing_price.currency_code", _TEXT),
    "shipping": ("shipping?.text", _TEXT),
    "availability": ("shipping_time?.availability_type", _TEXT),
    "is_fba": ("is_fulfilled_by_amazon", pl.Boolean),
    "is_featured": ("is_buy_box_winner", pl.Boolean),
    "ratings": ("seller_feedback_rating?.feedback_count", _COUNT),
}


def listings(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings of the store, and our price of each that has an offer to everybody."""
    found, unknown = shapes.LISTINGS.documents(pages)
    summaries, owners = flatten(listing.summaries or [] for listing in found)
    statuses = [" ".join(sorted(summary.status or [])) for summary in summaries]
    raw = columns(summaries, _SUMMARY).with_columns(
        pl.Series("sku", [found[owner].sku for owner in owners], dtype=_TEXT),
        pl.Series("status", statuses, dtype=_TEXT),
    )
    mapper = Mapper(context).add(
        Listing,
        raw,
        listing_id=pl.col("sku"),
        product_id=pl.coalesce("asin", "sku"),
        sku_id=pl.col("sku"),
        title=pl.coalesce("title", "sku"),
        listing_status=coded("status", LISTING_STATUS),
        category=empty_to_null("type"),
        created_at=utc("created"),
        source_updated_at=utc("updated"),
    )
    row_of = {owner: row for row, owner in enumerate(owners)}
    told, sellers = flatten(
        [listing.price] if listing.price and place in row_of else []
        for place, listing in enumerate(found)
    )
    prices = with_parent_columns(columns(told, _PRICE), raw, [row_of[one] for one in sellers])
    mapper.add(
        Price,
        prices,
        listing_id=pl.col("sku"),
        observed_at=utc("updated"),
        currency=pl.col("currency"),
        price_minor=money("amount", context.currency),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def inventory(pages: Iterable[Page], context: Context) -> Mapped:
    """Stock per SKU in the platform's warehouses. What cannot be sold is no stock.

    Where the platform does not say since when, it is as of the reading.
    """
    found, unknown = shapes.INVENTORY.documents(pages)
    raw = columns(found, _STOCK).filter(empty_to_null("sku").is_not_null())
    reserved = pl.col("reserved").fill_null(0)
    since = utc(empty_to_null("updated"))
    as_of = pl.lit(context.read_at).cast(pl.Datetime("us", "UTC"))
    mapper = Mapper(context).add(
        StockLevel,
        raw,
        sku_id=pl.col("sku"),
        warehouse_id=pl.lit(WAREHOUSE),
        observed_at=Parsed(
            pl.when(since.raw.is_null()).then(as_of).otherwise(since.value),
            since.raw,
            since.reason,
        ),
        on_hand_units=pl.col("available") + reserved,
        available_units=pl.col("available"),
        committed_units=pl.col("sold").fill_null(0),
        source_updated_at=since,
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def offers(pages: Iterable[Page], context: Context) -> Mapped:
    """Rivals' offers for what we list, each as of the reading. Our own are left out."""
    rivals: list[wire.RivalOffer] = []
    skus: list[str | None] = []
    found, unknown = shapes.OFFERS.documents(pages)
    for answer in found:
        result = answer.body.payload if answer.body else None
        if result is None:
            continue
        named = [one for one in result.offers or [] if not one.my_offer and one.seller_id]
        asked = answer.request.sku if answer.request else None
        rivals += named
        skus += [result.sku or asked] * len(named)
    raw = columns(rivals, _RIVAL).with_columns(pl.Series("sku", skus, dtype=_TEXT))
    available = coded(pl.col("availability").fill_null("NOW"), IS_AVAILABLE)
    mapper = Mapper(context).add(
        CompetitorOffer,
        raw,
        sku_id=pl.col("sku"),
        competitor_id=pl.col("seller"),
        observed_at=pl.lit(context.read_at),
        currency=pl.col("currency"),
        price_minor=money("price", context.currency),
        shipping_minor=money("shipping", context.currency),
        is_in_stock=Parsed(available.value == "yes", available.raw, available.reason),
        fulfilment=pl.col("is_fba").replace_strict(SHIPS, return_dtype=_TEXT),
        ratings_units=pl.col("ratings"),
        is_featured=pl.col("is_featured"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))
