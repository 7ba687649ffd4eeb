"""What metrics aggregate: facts, each with one row per thing that happened on a shop-local day."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from contracts.codes import AdLevel
from contracts.economics import FACTS as PIECE
from contracts.economics import extra_cost, received_rate
from contracts.metrics import Dimension
from transforms.days import local_day
from transforms.metrics import balances, service_facts, visit_facts
from transforms.metrics.settled import settled_lines
from transforms.metrics.sources import DATE, Fact, Sources, with_costs
from transforms.refunds import paid_back
from transforms.sales import counted_orders, goods, member_number

RETENTION_DAYS: Final = (1, 3, 7, 30)
"""Days after the first order on which it is looked who is back."""
_ORDER: Final = ["shop_id", "order_id"]
_OF_LINES: Final = frozenset({Dimension.SKU, Dimension.CATEGORY, Dimension.ORDER})


def _orders(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Orders that count in GMV. A guest is a new buyer each time."""
    member, day = pl.col("member_id"), pl.col(DATE)
    first = day.min().over("shop_id", "member_id")
    kind = (
        pl.when(member.is_null())
        .then(pl.lit("guest"))
        .when(first == day)
        .then(pl.lit("new"))
        .otherwise(pl.lit("returning"))
    )
    return (
        counted_orders(of.orders)
        .with_columns(
            local_day("placed_at", of.time_zone).alias(DATE),
            pl.col("placed_at").dt.convert_time_zone(of.time_zone).dt.hour().alias(Dimension.HOUR),
        )
        .with_columns(
            kind.alias(Dimension.BUYER),
            buyer_id=pl.coalesce(member, pl.concat_str(pl.lit("order:"), "order_id")),
        )
    )


def _newcomers(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Members on the day of their first order that counts, without `shop_id`: the first text of a
    million groups takes as long as all the rest.

    `on_day_<n>`: whether they ordered exactly so many days later; `last_day`: how many days after
    the first the last one came; `known_days`: how many whole days have passed since. Guests cannot
    be recognised.
    """
    day, since = pl.col(DATE), pl.col("since")
    orders = counted_orders(of.orders).filter(pl.col("member_id").is_not_null())
    ordered = orders.select(
        local_day("placed_at", of.time_zone).alias(DATE), member=member_number()
    )
    # Polars would read all orders anew for each of the two that group them.
    ordered = ordered.collect(engine="streaming").lazy()
    first = ordered.group_by("member").agg(
        first=day.min(), last_day=(day.max() - day.min()).dt.total_days()
    )
    # Of few orders it matters how long after the first they came, so only those are grouped again.
    back = (
        ordered.join(first.select("member", "first"), on="member")
        .select("member", since=(day - pl.col("first")).dt.total_days())
        .filter(since.is_in(RETENTION_DAYS))
        .group_by("member")
        .agg(**{f"on_day_{days}": (since == days).any() for days in RETENTION_DAYS})
    )
    return (
        first.join(back, on="member", how="left")
        .rename({"first": DATE})
        .with_columns(
            pl.col(f"on_day_{days}" for days in RETENTION_DAYS).fill_null(value=False),
            known_days=(pl.lit(of.known_until) - day).dt.total_days(),
        )
    )


def _lines(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Lines of goods of orders that count, with what they cost and what is left of them.

    Costs are those of the day of ordering, in the shop's currency; fees, shipping and returns are
    what the settings state. `margin_minor` is null where the cost is not known.
    """
    category = of.listings.lazy().select("shop_id", "listing_id", "category")
    paid, pieces = pl.col("total_minor"), pl.col("quantity_units")
    piece = PIECE._replace(discount=pl.lit(0.0))
    sold = (
        goods(of.lines.lazy())
        .join(counted_orders(of.orders_of_lines), on=_ORDER, how="semi")
        .with_columns(local_day("placed_at", of.time_zone).alias(DATE))
        .join(category, on=["shop_id", "listing_id"], how="left")
    )
    return (
        with_costs(sold, of)
        .with_columns(
            received_minor=paid * received_rate(of.economics, piece)
            - pieces * extra_cost(of.economics, piece),
            cost_minor=pieces * pl.col("piece_cost"),
        )
        .with_columns(margin_minor=pl.col("received_minor") - pl.col("cost_minor"))
        .with_columns(
            pl.coalesce("sku_id", "listing_id", pl.lit("(unlinked)")).alias(Dimension.SKU),
            pl.col("order_id").alias(Dimension.ORDER),
            pl.coalesce("category", pl.lit("(none)")).alias(Dimension.CATEGORY),
        )
    )


def _settled(of: Sources, by: frozenset[Dimension]) -> pl.LazyFrame:
    """Lines of orders that are settled, on the day of ordering."""
    return settled_lines(_lines(of, by), of)


def _refunds(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Money that went back, on the day on which it did, reported with the order or as a case."""
    counted = counted_orders(of.orders)
    day = local_day("refunded_at", of.time_zone).alias(DATE)
    return paid_back(of.refunds, of.cases).join(counted, on=_ORDER, how="semi").with_columns(day)


def _cases(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Requests for money back, on the day on which they were made."""
    day = local_day("requested_at", of.time_zone).alias(DATE)
    return _without_tests(of.cases.lazy(), of).with_columns(day)


def _traffic(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Visits per day and source."""
    return of.traffic.lazy().rename({"traffic_date": DATE, "traffic_source": Dimension.SOURCE})


def _ads(of: Sources, by: frozenset[Dimension]) -> pl.LazyFrame:
    """Ads per day and campaign, or finer where requested; levels report the same money."""
    level = AdLevel.CAMPAIGN
    if Dimension.KEYWORD in by:
        level = AdLevel.KEYWORD
    if Dimension.SKU in by:
        level = AdLevel.SKU
    return (
        of.ads.lazy()
        .filter(pl.col("ad_level") == level)
        .join(_advertised(of), on=["shop_id", "listing_id"], how="left")
        .with_columns(
            pl.col("ad_date").alias(DATE),
            pl.col("ad_channel").alias(Dimension.AD_CHANNEL),
            pl.coalesce("campaign_name", "campaign_id").alias(Dimension.CAMPAIGN),
            pl.coalesce("keyword", "keyword_id").alias(Dimension.KEYWORD),
            pl.coalesce("sku_id", "listing_id").alias(Dimension.SKU),
        )
    )


def _advertised(of: Sources) -> pl.LazyFrame:
    """SKUs by what ads name: a listing, or a product, which is its SKU where it has but one."""
    listed = of.listings.lazy()
    key, sku = ["shop_id", "listing_id"], pl.col("sku_id")
    by_listing = listed.select(*key, sku)
    by_product = (
        listed.group_by("shop_id", listing_id="product_id")
        .agg(sku.first(), skus=sku.n_unique())
        .filter(pl.col("skus") == 1)
        .select(*key, sku)
    )
    return pl.concat([by_listing, by_product.join(by_listing, on=key, how="anti")])


def _parcels(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Parcels that left, on the day on which they did; `hours` since the order was paid, or placed
    where it is paid at the door."""
    shipped, paid = pl.col("shipped_at"), pl.col("paid_at")
    since = pl.when(paid <= shipped).then(paid).otherwise("placed_at")
    return (
        _without_tests(of.shipments.lazy(), of)
        .filter(shipped.is_not_null())
        .join(of.orders.lazy().select(*_ORDER, "paid_at", "placed_at"), on=_ORDER, how="left")
        .with_columns(
            local_day("shipped_at", of.time_zone).alias(DATE),
            pl.col("carrier_code").alias(Dimension.CARRIER),
            hours=(shipped - since).dt.total_seconds(fractional=True) / 3600,
        )
    )


def _arrivals(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Parcels with a promise that arrived, on the day on which they did.

    By the day on which they left, the last days would hold those alone that were fast. The
    carrier's word goes before the platform's, and a parcel's promise before its order's, as in
    `parcel_facts`.
    """
    carried = of.parcels.lazy().select("shop_id", "shipment_id", carried_at="delivered_at")
    promised = of.orders.lazy().select(*_ORDER, "deliver_by_at")
    return (
        _without_tests(of.shipments.lazy(), of)
        .join(carried, on=["shop_id", "shipment_id"], how="left")
        .join(promised, on=_ORDER, how="left")
        .select(
            "shop_id",
            pl.col("carrier_code").alias(Dimension.CARRIER),
            arrived_at=pl.coalesce("carried_at", "delivered_at"),
            promised_at=pl.coalesce("promised_at", "deliver_by_at"),
        )
        .drop_nulls(["arrived_at", "promised_at"])
        .with_columns(
            local_day("arrived_at", of.time_zone).alias(DATE),
            is_late=pl.col("arrived_at") > pl.col("promised_at"),
        )
    )


def _without_tests(rows: pl.LazyFrame, of: Sources) -> pl.LazyFrame:
    """Without what is of an order that was placed to test the shop."""
    tests = of.orders.lazy().filter("is_test").select(_ORDER)
    return rows.join(tests, on=_ORDER, how="anti")


def _reviews(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Reviews, on the day on which they were written; `hours` until they were answered."""
    took = pl.col("replied_at") - pl.col("reviewed_at")
    return of.reviews.lazy().with_columns(
        local_day("reviewed_at", of.time_zone).alias(DATE),
        pl.col("sku_id").alias(Dimension.SKU),
        hours=took.dt.total_seconds(fractional=True) / 3600,
    )


FACTS: Final[Mapping[str, Fact]] = {
    "orders": Fact(
        rows=_orders,
        dimensions=frozenset({Dimension.HOUR, Dimension.BUYER}),
        is_whole=True,
    ),
    "newcomers": Fact(rows=_newcomers, is_whole=True),
    "lines": Fact(rows=_lines, dimensions=_OF_LINES, is_whole=True),
    "settled": Fact(rows=_settled, dimensions=_OF_LINES, is_whole=True),
    "refunds": Fact(rows=_refunds, is_whole=True),
    "cases": Fact(rows=_cases, is_whole=True),
    "traffic": Fact(rows=_traffic, dimensions=frozenset({Dimension.SOURCE}), is_daily=True),
    "ads": Fact(
        rows=_ads,
        dimensions=frozenset(
            {Dimension.AD_CHANNEL, Dimension.CAMPAIGN, Dimension.KEYWORD, Dimension.SKU}
        ),
    ),
    "parcels": Fact(rows=_parcels, dimensions=frozenset({Dimension.CARRIER})),
    "arrivals": Fact(rows=_arrivals, dimensions=frozenset({Dimension.CARRIER})),
    "reviews": Fact(rows=_reviews, dimensions=frozenset({Dimension.SKU})),
    "stock": Fact(rows=balances.stock, dimensions=frozenset({Dimension.SKU})),
    "members": Fact(rows=balances.members),
    **visit_facts.FACTS,
    **service_facts.FACTS,
}
"""By name."""
