"""Channels: what one SKU costs in one shop and what it costs in the merchant's others."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_PRICE, Rule, beyond, money, percent, refuse, sentence
from contracts.money import exponent

_BEFORE, _AFTER, _HERE = pl.col("before_value"), pl.col("after_value"), pl.col("here_minor")


def in_order(
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
    return _converted(paired, facts.fx)


def _converted(paired: pl.DataFrame, fx: pl.DataFrame) -> pl.DataFrame:
    for side, column in (("own", "currency"), ("other", "other_currency")):
        rates = fx.select(
            pl.col("currency").alias(column),
            pl.col("rate").alias(f"{side}_rate"),
            pl.col("rate_date").alias(f"{side}_date"),
            pl.Series(
                f"{side}_scale", [10.0 ** exponent(code) for code in fx["currency"]], pl.Float64
            ),
        )
        paired = paired.join(rates, on=column, how="left")
    is_same = pl.col("currency") == pl.col("other_currency")
    rate = (pl.col("other_rate") / pl.col("other_scale")) / (
        pl.col("own_rate") / pl.col("own_scale")
    )
    return paired.with_columns(
        here_minor=pl.col("other_minor") * pl.when(is_same).then(1.0).otherwise(rate),
        oldest_date=pl.when(~is_same).then(pl.min_horizontal("own_date", "other_date")),
    )


def _worst(others: pl.DataFrame, limits: Limits, at: dt.datetime) -> pl.DataFrame:
    """What stands against a price, each with one other shop to name. Grain: row."""
    gap, old_gap = (_AFTER / _HERE - 1).abs(), (_BEFORE / _HERE - 1).abs()
    most = limits.max_channel_gap_rate
    too_far = beyond(gap, most) & (gap >= old_gap) if most else pl.lit(value=False)
    is_dearer_shop = pl.col("own_place") < pl.col("other_place")
    is_cheaper_shop = pl.col("own_place") > pl.col("other_place")
    passes = (is_dearer_shop & (_AFTER < _HERE) & (_AFTER < _BEFORE)) | (
        is_cheaper_shop & (_AFTER > _HERE) & (_AFTER > _BEFORE)
    )
    oldest = at.date() - dt.timedelta(days=limits.max_fx_age_days)
    is_compared = pl.lit(most > 0) | pl.col("own_place").is_not_null()
    far, past = too_far.fill_null(value=False), passes.fill_null(value=False)
    return others.group_by("row").agg(
        unrated=pl.col("other_currency").filter(is_compared & _HERE.is_null()).first(),
        rate_date=pl.col("oldest_date")
        .filter(is_compared & (pl.col("oldest_date") < oldest))
        .min(),
        far_shop=pl.col("other_shop").filter(far).first(),
        far_minor=_HERE.filter(far).first(),
        far_rate=gap.filter(far).first(),
        passed_shop=pl.col("other_shop").filter(past).first(),
        passed_minor=_HERE.filter(past).first(),
    )


def _rules(limits: Limits) -> list[Rule]:
    unrated, stale = pl.col("unrated"), pl.col("rate_date")
    most = limits.max_channel_gap_rate
    return [
        Rule(
            "fx_missing",
            unrated.is_not_null(),
            sentence(
                "another shop sells it in {}: [fx] in shopkeeper.toml has no rate to {}",
                unrated,
                pl.col("currency"),
            ),
        ),
        Rule(
            "fx_stale",
            stale.is_not_null(),
            sentence(
                f"a rate is of {{}}, at most {limits.max_fx_age_days} days are allowed", stale
            ),
        ),
        Rule(
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
        Rule(
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
