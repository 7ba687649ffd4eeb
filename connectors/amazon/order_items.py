"""What the API and reports tell of orders: heads and items in minor units, without tax. Pure.

`doc` numbers the orders. An item's `gross` is its price before discounts, null where none is told;
`cut` is what was taken off, `shipping` and `other` what was charged beside it, `tax` all its tax.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from connectors.amazon import flat_file, wire
from connectors.amazon.codes import PROCEEDS, REPORT_STATUS, TIP, TIP_IS_CHARGED
from connectors.amazon.stores import STORES, TAX_ON_TOP
from connectors.base.frames import ColumnType, columns, empty_to_null, flatten
from contracts.codes import LineKind
from contracts.money import to_minor

Paths = Mapping[str, tuple[str, ColumnType]]

_TEXT, _COUNT = pl.String, pl.Int64
_HEAD: Paths = {
    "order": ("order_id", _TEXT),
    "created": ("created_time", _TEXT),
    "updated": ("last_updated_time", _TEXT),
    "channel": ("sales_channel.channel_name", _TEXT),
    "status": ("fulfillment?.fulfillment_status", _TEXT),
    "deliver_from": ("fulfillment?.deliver_by_window?.earliest_date_time", _TEXT),
    "deliver_by": ("fulfillment?.deliver_by_window?.latest_date_time", _TEXT),
    "total": ("proceeds?.grand_total?.amount", _TEXT),
}
_ITEM: Paths = {
    "item": ("order_item_id", _TEXT),
    "sku": ("product.seller_sku", _TEXT),
    "asin": ("product.asin", _TEXT),
    "quantity": ("quantity_ordered", _COUNT),
    "stated": ("proceeds?.proceeds_total?.amount", _TEXT),
}
_PROCEEDS: Paths = {
    "type": ("type", _TEXT),
    "amount": ("subtotal.amount", _TEXT),
    "currency": ("subtotal.currency_code", _TEXT),
}
_DETAIL: Paths = {"type": ("subtype", _TEXT), "amount": ("value?.amount", _TEXT)}
_TIP: Paths = {
    "status": ("status", _TEXT),
    "amount": ("subtotal?.amount", _TEXT),
    "currency": ("subtotal?.currency_code", _TEXT),
}
_ITEMS: Final[Mapping[str, ColumnType]] = {
    "doc": pl.UInt32,
    "kind": _TEXT,
    "item": _TEXT,
    "sku": _TEXT,
    "asin": _TEXT,
    "quantity": _COUNT,
    **dict.fromkeys(("gross", "cut", "shipping", "other", "tax"), _COUNT),
    **dict.fromkeys(("unreadable", "unknown", "foreign"), _TEXT),
}
_NAMES = list(_ITEMS)
_SHIPPING = ("SHIPPING",)
_OTHER = ("GIFT_WRAP", "COD_FEE", "OTHER")
_OFF, _TAXED = "off ", "tax on "


def answered(found: list[wire.Order], currency: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Heads and items of orders as the API tells them."""
    heads = columns(found, _HEAD).with_columns(behind=pl.lit(value=False))
    bought, owners = flatten(order.order_items or [] for order in found)
    parts, sellers = flatten(
        (item.proceeds.breakdowns if item.proceeds else None) or [] for item in bought
    )
    place = pl.Series("place", sellers, dtype=pl.UInt32)
    amounts = (
        columns(parts, _PROCEEDS)
        .with_columns(place)
        .with_columns(minor=to_minor("amount", currency), kind=pl.col("type"))
    )
    details = [
        _details(parts, place, kind, prefix, currency).select(amounts.columns)
        for kind, prefix in (("DISCOUNT", _OFF), ("TAX", _TAXED))
    ]
    items = (
        columns(bought, _ITEM)
        .with_columns(pl.Series("doc", owners, dtype=pl.UInt32), kind=pl.lit(None, _TEXT))
        .with_row_index("place")
        .join(_by_item(pl.concat([amounts, *details]), currency), on="place", how="left")
    )
    items = _without_tax(items, _holds_tax(currency))
    return heads.with_row_index("doc"), pl.concat([items.select(_NAMES), _tips(found, currency)])


def _details(
    parts: list[wire.Breakdown], place: pl.Series, kind: str, prefix: str, currency: str
) -> pl.DataFrame:
    """What the parts of one kind were taken off or put on; of tax and discounts its size counts."""
    inner, of_parts = flatten(
        (part.detailed_breakdowns or []) if part.type == kind else [] for part in parts
    )
    return (
        columns(inner, _DETAIL)
        .with_columns(place.gather(pl.Series(of_parts, dtype=pl.UInt32)))
        .filter(pl.col("amount").is_not_null())
        .with_columns(
            minor=to_minor("amount", currency).abs(),
            kind=pl.concat_str(pl.lit(prefix), pl.col("type").fill_null("OTHER")),
            currency=pl.lit(None, _TEXT),
        )
    )


def _by_item(amounts: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The amounts of each item, by `place`.

    Whether a discount is written below zero is not said, so its size is what counts. What was taken
    off shipping and wrapping was not taken off the goods.
    """
    minor, kind = pl.col("minor"), pl.col("kind")

    def total(*kinds: str, prefix: str = "") -> pl.Expr:
        return minor.filter(kind.is_in([f"{prefix}{one}" for one in kinds])).sum()

    off_shipping, off_other = total(*_SHIPPING, prefix=_OFF), total(*_OTHER, prefix=_OFF)
    is_detail = kind.str.starts_with(_OFF) | kind.str.starts_with(_TAXED)
    return amounts.group_by("place", maintain_order=True).agg(
        gross=pl.when((kind == "ITEM").any()).then(total("ITEM")),
        cut=total("DISCOUNT").abs() - off_shipping - off_other,
        shipping=total(*_SHIPPING) - off_shipping,
        other=total(*_OTHER) - off_other,
        tax=total("TAX"),
        shipping_tax=total(*_SHIPPING, prefix=_TAXED),
        other_tax=total(*_OTHER, prefix=_TAXED),
        is_split=kind.str.starts_with(_TAXED).any(),
        unreadable=pl.col("amount").filter(minor.is_null()).first(),
        unknown=kind.filter(~kind.is_in(PROCEEDS) & ~is_detail).first(),
        foreign=pl.col("currency").filter(pl.col("currency") != currency).first(),
    )


def _holds_tax(currency: str) -> pl.Expr:
    """Whether an item's prices hold its tax: its stated total tells, and if not, its store."""
    stated = to_minor("stated", currency)
    return (
        pl.when(stated == _charged())
        .then(pl.lit(value=True))
        .when(stated == _charged() + pl.col("tax"))
        .then(pl.lit(value=False))
        .otherwise(pl.lit(currency not in TAX_ON_TOP))
    )


def _without_tax(items: pl.DataFrame, holds_tax: pl.Expr) -> pl.DataFrame:
    """Items with their tax taken out of their prices, where these hold it.

    What a tax is on is told, or it is shared out by the amounts.
    """

    def taxed(name: str) -> pl.Expr:
        share = (pl.col("tax") * pl.col(name) / _charged()).round(0, "half_to_even")
        told = pl.when("is_split").then(f"{name}_tax")
        held = pl.when(_charged() != 0).then(share.cast(_COUNT, strict=False))
        return pl.coalesce(told, held).fill_null(0)

    items = items.with_columns(
        **{f"{name}_tax": pl.when(holds_tax).then(taxed(name)) for name in ("shipping", "other")},
        goods_tax=pl.when(holds_tax).then("tax"),
    )
    inside = [pl.col(f"{name}_tax").fill_null(0) for name in ("goods", "shipping", "other")]
    return items.with_columns(
        gross=pl.col("gross") - (inside[0] - inside[1] - inside[2]),
        shipping=pl.col("shipping") - inside[1],
        other=pl.col("other") - inside[2],
    )


def _charged() -> pl.Expr:
    """What an item costs with all that is charged beside it, tax put on top left out."""
    return pl.col("gross").fill_null(0) - pl.col("cut") + pl.col("shipping") + pl.col("other")


def _tips(found: list[wire.Order], currency: str) -> pl.DataFrame:
    """Tips, one item each; one that is not charged so far is none."""
    told, owners = flatten(
        [
            part
            for part in (order.proceeds.breakdowns if order.proceeds else None) or []
            if part.type == TIP
        ]
        for order in found
    )
    code, minor = pl.col("status").fill_null("FINALIZED"), to_minor("amount", currency)
    is_charged = code.replace_strict(TIP_IS_CHARGED, default=None, return_dtype=_TEXT)
    values: dict[str, pl.Expr] = {
        "doc": pl.col("doc"),
        "kind": pl.lit(str(LineKind.TIP)),
        "item": pl.lit(TIP),
        "quantity": pl.lit(1),
        "gross": minor,
        **dict.fromkeys(("cut", "shipping", "other", "tax"), pl.lit(0)),
        "unreadable": pl.when(minor.is_null()).then(pl.col("amount").fill_null("")),
        "unknown": pl.when(is_charged.is_null()).then(code),
        "foreign": pl.when(pl.col("currency") != currency).then("currency"),
    }
    return (
        columns(told, _TIP)
        .with_columns(pl.Series("doc", owners, dtype=pl.UInt32))
        .filter(is_charged.ne_missing("no"))
        .select(
            values.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in _ITEMS.items()
        )
    )


def reported(rows: pl.DataFrame, currency: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Heads and items of orders as a report tells them, one row per item and warehouse."""
    rows = rows.with_columns(
        pl.col("amazon-order-id").rank("dense").cast(pl.UInt32).alias("doc"),
        *(
            to_minor(empty_to_null(name), currency).alias(f"{name} minor")
            for name in flat_file.AMOUNTS
        ),
    )

    def minor(name: str) -> pl.Expr:
        return pl.col(f"{name} minor").fill_null(0)

    unread = [
        pl.when(pl.col(f"{name} minor").is_null()).then(empty_to_null(name))
        for name in flat_file.AMOUNTS
    ]
    heads = rows.group_by("doc", maintain_order=True).agg(
        order=pl.col("amazon-order-id").first(),
        created=pl.col("purchase-date").first(),
        updated=pl.col("last-updated-date").max(),
        channel=_channel(pl.col("sales-channel").first()),
        status=_status(pl.col("order-status").first()),
        deliver_from=pl.lit(None, _TEXT),
        deliver_by=pl.lit(None, _TEXT),
        total=pl.lit(None, _TEXT),
        behind=pl.lit(value=True),
    )
    items = rows.select(
        "doc",
        kind=pl.lit(None, _TEXT),
        item=pl.col("asin"),
        sku=empty_to_null("sku"),
        asin=empty_to_null("asin"),
        quantity=pl.col("quantity").cast(_COUNT, strict=False),
        gross=pl.col("item-price minor"),
        cut=minor("item-promotion-discount").abs(),
        shipping=minor("shipping-price") - minor("ship-promotion-discount").abs(),
        other=minor("gift-wrap-price"),
        tax=minor("item-tax") + minor("shipping-tax") + minor("gift-wrap-tax"),
        shipping_tax=minor("shipping-tax"),
        other_tax=minor("gift-wrap-tax"),
        is_split=pl.lit(value=True),
        unreadable=pl.coalesce(unread),
        unknown=pl.lit(None, _TEXT),
        foreign=pl.when(pl.col("currency") != currency).then(empty_to_null("currency")),
    )
    holds_tax = pl.lit(currency not in TAX_ON_TOP)
    return heads, _without_tax(items, holds_tax).select(_NAMES)


def _channel(told: pl.Expr) -> pl.Expr:
    """A report's sales channel as the API's; one that is no store's stays, and quarantines."""
    stores = [store.name for store in STORES.values()]
    return pl.when(told.is_in(stores)).then(pl.lit("AMAZON")).otherwise(told.fill_null(""))


def _status(told: pl.Expr) -> pl.Expr:
    """A report's status as the API's; one that is not known stays, and quarantines its order."""
    return told.replace(REPORT_STATUS)
