"""Channels: what one SKU costs in one shop and what it costs in the merchant's others."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_PRICE, GuardRule, beyond, money, percent, refuse, sentence
from contracts.codes import WriteKind
from contracts.fx import with_rates

_HAIR = 1e-6  # a converted price may lie so far beside the whole number
_BEFORE, _AFTER, _HERE = pl.col("before_value"), pl.col("after_value"), pl.col("here_minor")


def check_channel_prices(
    frame: pl.DataFrame, facts: GuardFacts, *, limits: Limits, at: dt.datetime
) -> pl.DataFrame:
    """Refuse prices that drift too far from, or pass, those of the same SKU in other shops.

    A change that narrows a gap that is there already is let through, or none could ever be closed.
    """
    others = _others(frame, facts)
    compared = refuse(
        frame.with_row_index("row").join(
            _worst(others, limits, at), on="row", how="left", maintain_order="left"
        ),
        *_rules(limits),
        where=IS_PRICE,
    )
    return compared.select(frame.columns)


def channel_bounds(prices: pl.DataFrame, facts: GuardFacts, *, limits: Limits) -> pl.DataFrame:
    """How low and how high `in_order` lets a shop's prices go, so that what is proposed passes.

    `PriceFact` rows with `channel_low_minor` and `channel_high_minor`; null: nothing bounds it.
    """
    alike = prices.select(
        "shop_id",
        "sku_id",
        "currency",
        before_value="price_minor",
        after_value="price_minor",
        write_kind=pl.lit(str(WriteKind.SET_PRICE)),
    )
    gap = limits.max_channel_gap_rate
    own, other = pl.col("own_place"), pl.col("other_place")
    none = pl.lit(None, dtype=pl.Float64)
    nearest = [(_HERE * (1 - gap)).max(), (_HERE * (1 + gap)).min()] if gap else [none, none]
    low = pl.max_horizontal(nearest[0], _HERE.filter(own < other).max())
    high = pl.min_horizontal(nearest[1], _HERE.filter(own > other).min())
    near = (
        _others(alike, facts)
        .group_by("row")
        .agg(
            channel_low_minor=(low - _HAIR).ceil().cast(pl.Int64),
            channel_high_minor=(high + _HAIR).floor().cast(pl.Int64),
        )
    )
    return (
        prices.drop("channel_low_minor", "channel_high_minor")
        .with_row_index("row")
        .join(near, on="row", how="left", maintain_order="left")
        .select(prices.columns)
    )


def _others(frame: pl.DataFrame, facts: GuardFacts) -> pl.DataFrame:
    """The prices of a row's SKU elsewhere, in the row's currency. Grain: (row, other listing)."""
    rows = frame.with_row_index("row").filter(IS_PRICE)
    order = pl.DataFrame(
        [(shop, place) for place, shop in enumerate(facts.channel_order)],
        schema={"shop": pl.String, "place": pl.Int64},
        orient="row",
    )
    elsewhere = facts.channel_prices.rename(
        {"shop_id": "other_shop", "currency": "other_currency", "price_minor": "other_minor"}
    )
    wanted = ["row", "shop_id", "sku_id", "currency", "before_value", "after_value"]
    paired = rows.select(wanted).join(elsewhere, on="sku_id")
    for side, column in (("own", "shop_id"), ("other", "other_shop")):
        paired = paired.join(
            order.rename({"shop": column, "place": f"{side}_place"}), on=column, how="left"
        )
    rated = with_rates(paired.lazy(), facts.fx, of="other_currency", to="currency").collect()
    return rated.with_columns(here_minor=pl.col("other_minor") * pl.col("fx_rate"))


def _worst(others: pl.DataFrame, limits: Limits, at: dt.datetime) -> pl.DataFrame:
    """What stands against a price, each with one other shop to name. Grain: row."""
    gap, old_gap = (_AFTER / _HERE - 1).abs(), (_BEFORE / _HERE - 1).abs()
    most = limits.max_channel_gap_rate
    too_far = beyond(gap, most) & (gap >= old_gap) if most else pl.lit(value=False)
    is_dearer_shop = pl.col("own_place") < pl.col("other_place")
    is_cheaper_shop = pl.col("own_place") > pl.col("other_place")
    passes = (is_dearer_shop & (_AFTER < _HERE - _HAIR) & (_AFTER < _BEFORE)) | (
        is_cheaper_shop & (_AFTER > _HERE + _HAIR) & (_AFTER > _BEFORE)
    )
    oldest = at.date() - dt.timedelta(days=limits.max_fx_age_days)
    is_compared = pl.lit(most > 0) | pl.col("own_place").is_not_null()
    far, past = too_far.fill_null(value=False), passes.fill_null(value=False)
    return others.group_by("row").agg(
        unrated=pl.col("other_currency").filter(is_compared & _HERE.is_null()).first(),
        rate_date=pl.col("fx_date").filter(is_compared & (pl.col("fx_date") < oldest)).min(),
        far_shop=pl.col("other_shop").filter(far).first(),
        far_minor=_HERE.filter(far).first(),
        far_rate=gap.filter(far).first(),
        passed_shop=pl.col("other_shop").filter(past).first(),
        passed_minor=_HERE.filter(past).first(),
    )


def _rules(limits: Limits) -> list[GuardRule]:
    unrated, stale = pl.col("unrated"), pl.col("rate_date")
    most = limits.max_channel_gap_rate
    return [
        GuardRule(
            "fx_missing",
            unrated.is_not_null(),
            sentence(
                "another shop sells it in {}: [fx] in shopkeeper.toml has no rate to {}",
                unrated,
                pl.col("currency"),
            ),
        ),
        GuardRule(
            "fx_stale",
            stale.is_not_null(),
            sentence(
                f"a rate is of {{}}, at most {limits.max_fx_age_days} days are allowed", stale
            ),
        ),
        GuardRule(
            "channel_gap",
            pl.col("far_shop").is_not_null(),
            sentence(
                f"{{}} is {{}} from {{}} in shop {{}}, limit {most:.1%}",
                money(_AFTER),
                percent(pl.col("far_rate")),
                money(pl.col("far_minor").round(0)),
                pl.col("far_shop"),
            ),
        ),
        GuardRule(
            "channel_order",
            pl.col("passed_shop").is_not_null(),
            sentence(
                "{} would pass {} in shop {}, against the order of channels",
                money(_AFTER),
                money(pl.col("passed_minor").round(0)),
                pl.col("passed_shop"),
            ),
        ),
    ]
