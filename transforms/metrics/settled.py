"""Settled orders: what was really paid out for them in place of what the settings expect."""

from typing import Final

import polars as pl

from contracts.codes import EntryKind
from contracts.economics import FACTS as PIECE
from contracts.economics import sale_cost
from transforms.metrics.sources import Sources
from transforms.refunds import refunded_orders

_ORDER: Final = ["shop_id", "order_id"]
_CHARGES: Final = (EntryKind.COMMISSION, EntryKind.FEE, EntryKind.SHIPPING)


def settled_lines(lines: pl.LazyFrame, of: Sources) -> pl.LazyFrame:
    """Those of the fact's lines whose order is settled, with what statements say of them.

    An order is settled once its sale was paid out: all of its goods, less what was refunded by
    then. Its entries are shared among its lines in proportion to what was paid for them, alike
    where that was nothing. Columns, in fractions of the minor unit: `payout_minor`, what was paid
    out for the line, without tax; `charges_minor`, what the platform kept of it;
    `gap_minor`, what the settings and known refunds let expect of the payout, less the payout;
    `settled_minor`, what is left of the payout, as `received_minor` is of the expected: less VAT,
    less shipping where the statements charge none, and for pieces that came back less the cost of a
    return, but with what they are worth. No line where no statement was ever read.
    """
    if of.settlements is None:
        return lines.with_columns(
            pl.lit(None, dtype=pl.Float64).alias(name) for name in _MADE
        ).clear()
    paid, pieces = pl.col("total_minor"), pl.col("quantity_units")
    whole = paid.sum().over(_ORDER)
    share = pl.when(whole > 0).then(paid / whole).otherwise(1 / pl.len().over(_ORDER))
    costs = {
        name: sale_cost(of.economics, PIECE._replace(discount=pl.lit(0.0)), name)
        for name in ("fee_rate", "fixed_fee_minor", "shipping_minor", "return_cost_minor")
    }
    vat = of.economics.vat_rate / (1 + of.economics.vat_rate)
    gone = (pieces - pl.col("current_units")).clip(0)
    refunded = share * pl.col("refunded_minor")
    charged = pl.col("has_shipping") * pieces * costs["shipping_minor"]
    expected = (
        share * (pl.col("charged_minor") - pl.col("refunded_minor"))
        - (paid - refunded) * costs["fee_rate"]
        - pieces * costs["fixed_fee_minor"]
        - charged
    )
    return (
        lines.join(_settled_orders(of), on=_ORDER)
        .with_columns(
            payout_minor=share * pl.col("net_minor"),
            charges_minor=share * pl.col("kept_minor"),
            gap_minor=expected - share * pl.col("net_minor"),
        )
        .with_columns(
            settled_minor=pl.col("payout_minor")
            - (paid - share * pl.max_horizontal("refunded_minor", "taken_back_minor")) * vat
            - (pieces * costs["shipping_minor"] - charged)
            + gone * (pl.col("piece_cost").fill_null(0.0) - costs["return_cost_minor"])
        )
    )


_MADE: Final = ("payout_minor", "charges_minor", "gap_minor", "settled_minor")


def _settled_orders(of: Sources) -> pl.LazyFrame:
    """What the entries of each settled order add up to. Grain: (shop_id, order_id)."""
    assert of.settlements is not None
    kind, amount = pl.col("entry_kind"), pl.col("amount_minor")
    tax = pl.when("has_tax").then(0).otherwise(pl.col("tax_minor"))
    # Nothing adds up over currencies, so an order that was settled in another one stays estimated.
    is_ours = (pl.col("currency") == of.currency).all()
    entries = (
        of.settlements.lazy()
        .filter(pl.col("order_id").is_not_null())
        .group_by(_ORDER)
        .agg(
            sold_minor=amount.filter(kind == EntryKind.SALE).sum(),
            net_minor=amount.filter(kind != EntryKind.TAX).sum(),
            kept_minor=-amount.filter(kind.is_in([str(one) for one in _CHARGES])).sum(),
            taken_back_minor=-amount.filter(kind == EntryKind.REFUND).sum(),
            is_sold=(kind == EntryKind.SALE).any() & is_ours,
            has_tax=(kind == EntryKind.TAX).any(),
            has_shipping=(kind == EntryKind.SHIPPING).any(),
        )
    )
    orders = refunded_orders(of.orders, of.cases).select(
        *_ORDER, "goods_minor", "refunded_minor", "tax_minor", order_total_minor="total_minor"
    )
    is_whole = pl.col("sold_minor") >= pl.col("goods_minor") - pl.col("refunded_minor")
    return (
        entries.join(orders, on=_ORDER)
        .filter(pl.col("is_sold") & is_whole)
        .select(
            *_ORDER,
            "kept_minor",
            "taken_back_minor",
            "refunded_minor",
            "has_shipping",
            net_minor=pl.col("net_minor") - tax,
            charged_minor=pl.col("order_total_minor") - pl.col("tax_minor"),
        )
    )
