"""Which SKU codes of a shop still have a listing, and which have more than one."""

import dataframely as dy
import polars as pl

from contracts.codes import ListingStatus
from contracts.tables import Listing

_SKU = ["shop_id", "sku_id"]


def shared_codes(listings: dy.LazyFrame[Listing]) -> pl.LazyFrame:
    """SKU codes of several live listings of a shop. Grain: (shop_id, sku_id).

    Whose cost, rival or stock a code means cannot be known then, so they count as unlinked.
    """
    counted = _live(listings.lazy()).group_by(_SKU).agg(listings=pl.len())
    return counted.filter(pl.col("listings") > 1).select(_SKU)


def codes_no_longer_sold(listings: dy.LazyFrame[Listing]) -> pl.LazyFrame:
    """SKU codes that were listed and whose listings are all gone, archived or drafts.

    Grain: (shop_id, sku_id). `listings` are those that are gone included. One that is unlisted is
    sold: some platforms unlist what is sold out. A code that was never listed is not among them: an
    article may be bought that is sold elsewhere, or in a bundle.
    """
    linked = listings.lazy().filter(pl.col("sku_id").is_not_null()).select(_SKU).unique()
    on_sale = _live(listings.lazy()).filter(pl.col("listing_status") != ListingStatus.DRAFT)
    return linked.join(on_sale, on=_SKU, how="anti")


def _live(listings: pl.LazyFrame) -> pl.LazyFrame:
    is_live = pl.col("deleted_at").is_null() & (pl.col("listing_status") != ListingStatus.ARCHIVED)
    return listings.filter(is_live & pl.col("sku_id").is_not_null())
