"""What a line of a trade is: a sale, or one of the kinds that no sum of goods holds. Pure.

The platform has no field for it. The shop names its own links by number, or they are known by words
in titles of what costs next to nothing.
"""

import polars as pl

from connectors.base.mapping import first_of
from connectors.taobao.codes import DIFFERENCE_WORDS, FEE_WORDS, GIFT_WORDS, MOST_OF_A_LINK_MINOR
from contracts.codes import LineKind
from contracts.streams import Facts

DEFAULTS: Facts = {
    "difference_items": "",
    "stored_value_items": "",
    "difference_words": ",".join(DIFFERENCE_WORDS),
    "fee_words": ",".join(FEE_WORDS),
    "gift_words": ",".join(GIFT_WORDS),
}
"""What a shop says of its links, joined by commas, where its settings say nothing else."""


def line_kind(facts: Facts) -> pl.Expr:
    """The kind of a line, by its number, title, flags, price of a piece, total and pieces.

    A piece that is charged a fen after its discounts was given away; one whose price is a fen stays
    a sale, unless its title calls it a gift, and is looked at as a penny price.
    """
    told = {**DEFAULTS, **facts}
    listed = {name: [word for word in str(told[name]).split(",") if word] for name in DEFAULTS}
    number, price, total = (
        pl.col("num_iid").cast(pl.String),
        pl.col("unit_price"),
        pl.col("charged"),
    )

    def is_called(name: str) -> pl.Expr:
        words = pl.lit(pl.Series(listed[name], dtype=pl.String)).implode()
        return pl.col("title").str.contains_any(words)

    is_link = price <= MOST_OF_A_LINK_MINOR
    is_token = (price > 1) & (total <= pl.col("pieces"))
    return first_of(
        (number.is_in(listed["difference_items"]), LineKind.DIFFERENCE),
        (number.is_in(listed["stored_value_items"]), LineKind.STORED_VALUE),
        (pl.col("is_service_order") | pl.col("is_devalue_fee"), LineKind.FEE),
        (is_link & is_called("difference_words"), LineKind.DIFFERENCE),
        (is_link & is_called("fee_words"), LineKind.FEE),
        (total == 0, LineKind.GIFT),
        (is_token | ((price <= 1) & is_called("gift_words")), LineKind.SAMPLE),
        otherwise=LineKind.SALE,
    )
