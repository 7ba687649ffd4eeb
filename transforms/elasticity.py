"""How demand answers to our own price: per SKU, shrunken towards its category by empirical Bayes.

ln q = a + e ln p + c z per SKU, by least squares. A raw slope of one SKU is dangerous (out of
sample its error explodes, and some have the wrong sign), so it is drawn to the mean of its category
as far as it is uncertain: DerSimonian and Laird, 1986.
"""

import datetime as dt
from functools import partial
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import ElasticitySource
from contracts.tables import Elasticity, Listing, SalesDaily

_SKU: Final = ["shop_id", "sku_id"]
_CATEGORY: Final = ["shop_id", "category"]
_MIN_OBSERVATIONS, _MIN_PRICES, _MIN_SD_LN_PRICE = 20, 3, 0.03
_MIN_SLOPES: Final = 3
"""Slopes of a category from which its own mean is used; of fewer the shop's."""
VERSION: Final = 1
"""Raised when the same weeks teach something else."""
_WEEKS: Final = 104
_FLAT: Final = 1e-12


def elasticities(
    sales: dy.LazyFrame[SalesDaily], listings: dy.LazyFrame[Listing], *, as_of_date: dt.date
) -> dy.LazyFrame[Elasticity]:
    """One row per SKU that sold within two years, where its shop has slopes to learn from at all.

    The two years are the 104 whole weeks until the last one. An observation is one of them in which
    it sold: pieces that were paid for, at the mean price paid. `z` is what all other SKUs of the
    shop did in that week, each against its own mean, so that a season is not taken for an answer to
    a price. Weeks without a sale have no ln q; they are left out.
    """
    work = partial(_elasticities, sales.lazy(), listings.lazy(), as_of_date)
    return pl.defer(work, schema=Elasticity.create_empty().schema).pipe(Elasticity.cast)


def _elasticities(sales: pl.LazyFrame, listings: pl.LazyFrame, as_of_date: dt.date) -> pl.DataFrame:
    sold, categories = _sold(sales, as_of_date), categories_of(listings).collect()
    shops = sold["shop_id"].unique().sort()
    found = [
        _of_shop(sold.filter(of_shop).drop("shop_id"), categories.filter(of_shop), shop)
        for shop in shops
        for of_shop in [pl.col("shop_id") == shop]
    ]
    return pl.concat([Elasticity.create_empty(), *found])


def _of_shop(sold: pl.DataFrame, categories: pl.DataFrame, shop: str) -> pl.DataFrame:
    """What one shop's sales teach, so that its SKUs are known by one text, and then by number."""
    skus = sold.select(pl.col("sku_id").unique().sort()).with_row_index("sku")
    # Collected, it is known to lie in order.
    weeks = _weeks(sold, skus).collect().lazy()
    is_sound = (
        (pl.col("n") >= _MIN_OBSERVATIONS)
        & (pl.col("prices") >= _MIN_PRICES)
        & (pl.col("sd") >= _MIN_SD_LN_PRICE)
        & pl.col("slope_se").is_finite()
    )
    each = (
        slopes(weeks, ["sku"], y="ln_units", x="ln_price", control="others")
        .join(skus.lazy(), on="sku")
        .with_columns(shop_id=pl.lit(shop), is_sound=is_sound)
        .join(categories.lazy(), on=_SKU, how="left")
        .sort("sku")
        .collect()
        .lazy()
    )
    sound = each.filter("is_sound")
    own = pooled_slopes(sound.filter(pl.col("category").is_not_null()), _CATEGORY)
    of_shop = pooled_slopes(sound, ["shop_id"])
    enough = pl.col("slopes") >= _MIN_SLOPES
    columns = ("mean", "mean_se", "between")
    return (
        each.join(own.filter(enough), on=_CATEGORY, how="left")
        .join(of_shop, on="shop_id", how="inner", suffix="_shop")
        .with_columns(pl.coalesce(name, f"{name}_shop") for name in columns)
        .with_columns(**_shrunken())
        .pipe(Elasticity.cast)
        .collect()
    )


def categories_of(listings: pl.LazyFrame) -> pl.LazyFrame:
    """The category of each SKU that has one. Grain: (shop_id, sku_id)."""
    category = pl.col("category").drop_nulls().sort().first()
    return listings.filter(pl.col("sku_id").is_not_null()).group_by(_SKU).agg(category=category)


def last_whole_week(as_of_date: dt.date) -> dt.date:
    """The Monday of the last week that has ended by a day."""
    return as_of_date - dt.timedelta(days=(as_of_date.weekday() + 1) % 7 + 6)


def _sold(sales: pl.LazyFrame, as_of_date: dt.date) -> pl.DataFrame:
    """What was paid for in the weeks that are learnt from, the last being the last of `_WEEKS`."""
    last = last_whole_week(as_of_date)
    first, end = last - dt.timedelta(weeks=_WEEKS - 1), last + dt.timedelta(days=6)
    day = pl.col("sales_date")
    return (
        sales.filter(day.is_between(first, end), pl.col("gmv_minor") > 0)
        .select(
            *_SKU,
            "gmv_minor",
            week=(day - first).dt.total_days() // 7,
            units=pl.col("sold_units") - pl.col("gift_units"),
        )
        .collect()
    )


def _weeks(sold: pl.DataFrame, skus: pl.DataFrame) -> pl.LazyFrame:
    """Weeks of a SKU with a sale, in order. Grain: (sku, week), grouped by as one number."""
    units, place = pl.col("units"), pl.col("place")
    usual = _sum(pl.col("ln_units")).over("sku") / pl.len().over("sku")
    moved, beside = pl.col("moved"), pl.len().over("week").cast(pl.Int64) - 1
    others = (_sum(moved).over("week") - moved) / beside
    return (
        sold.lazy()
        .join(skus.lazy(), on="sku_id")
        .group_by(place=pl.col("sku").cast(pl.Int64) * _WEEKS + pl.col("week"))
        .agg(pl.col("gmv_minor", "units").sum())
        .filter(units > 0)
        .sort("place")
        .select("gmv_minor", "units", week=place % _WEEKS, sku=place // _WEEKS)
        .with_columns(pl.col("sku").cast(skus.schema["sku"]).set_sorted())
        .with_columns(ln_units=units.log(), ln_price=(pl.col("gmv_minor") / units).log())
        .with_columns(moved=pl.col("ln_units") - usual)
        .with_columns(others=pl.when(beside > 0).then(others).otherwise(0.0))
    )


def _sum(values: pl.Expr) -> pl.Expr:
    """Sum of logarithms or their products, the same to the last digit in whatever order they come.

    They are added as whole multiples of 2^-60, so that nothing is rewritten where nothing changed.
    """
    return (values * 2.0**60).cast(pl.Int128).sum().cast(pl.Float64) / 2.0**60


def slopes(rows: pl.LazyFrame, by: list[str], *, y: str, x: str, control: str) -> pl.LazyFrame:
    """Least squares of y on x, with an intercept and a control. Grain: `by`.

    `slope` and its standard error `slope_se`; `n` rows, `prices` different values of x (of e to its
    power, in whole units), and `sd` of x. A control that does not vary is left out. Null where x
    does not vary or no degree of freedom is left.
    """

    columns = {"x": x, "z": control, "y": y}
    pairs = ("xx", "xz", "zz", "xy", "zy", "yy")
    # Sums of plain products are the fast path; near their middle they lose no digits. Rounded, it
    # is the same in whatever order the groups come.
    near = rows.select(
        *by,
        price=pl.col(x).exp().round(0).cast(pl.Int64),
        **{
            name: pl.col(column) - pl.col(column).mean().round(3)
            for name, column in columns.items()
        },
    ).with_columns(**{pair: pl.col(pair[0]) * pl.col(pair[1]) for pair in pairs})
    totals = near.group_by(by).agg(
        _sum(pl.col(*pairs, *columns)), n=pl.len(), prices=pl.col("price").n_unique()
    )
    sums = totals.with_columns(
        **{pair: pl.col(pair) - pl.col(pair[0]) * pl.col(pair[1]) / pl.col("n") for pair in pairs}
    ).with_columns(sd=(pl.col("xx").clip(0) / (pl.col("n").cast(pl.Int64) - 1)).sqrt())
    xx, xz, zz, xy, zy = (pl.col(name) for name in ("xx", "xz", "zz", "xy", "zy"))
    is_steady = zz <= _FLAT
    det = pl.when(is_steady).then(xx).otherwise(xx * zz - xz * xz)
    slope = pl.when(is_steady).then(xy).otherwise(xy * zz - zy * xz) / pl.col("det")
    of_control = pl.when(is_steady).then(0.0).otherwise((zy * xx - xy * xz) / pl.col("det"))
    left = (pl.col("yy") - pl.col("slope") * xy - pl.col("of_control") * zy).clip(0)
    free = pl.col("n").cast(pl.Int64) - pl.when(is_steady).then(2).otherwise(3)
    variance = left / free * pl.when(is_steady).then(1.0).otherwise(zz) / pl.col("det")
    is_told = (pl.col("det") > _FLAT) & (free > 0)
    return (
        sums.with_columns(det=det)
        .with_columns(slope=slope, of_control=of_control)
        .with_columns(
            slope=pl.when(is_told).then("slope"), slope_se=pl.when(is_told).then(variance.sqrt())
        )
        .select(*by, "n", "prices", "sd", "slope", "slope_se", "of_control")
    )


def pooled_slopes(slopes_of_skus: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    """The mean slope of a group and how much true slopes differ in it. Grain: `by`.

    DerSimonian and Laird: `fixed_mean` weighs by 1 / se², `q` is Cochran's, `between` is tau², and
    `mean` with its error `mean_se` weighs by 1 / (se² + tau²).
    """
    # A slope that fits to the last digit would weigh all: some digits are noise.
    variance = (pl.col("slope_se") ** 2).clip(1e-6)
    keyed = slopes_of_skus.with_columns(w=1 / variance, variance=variance)
    w, slope = pl.col("w"), pl.col("slope")
    fixed = keyed.group_by(by).agg(
        slopes=pl.len(),
        fixed_mean=(w * slope).sum() / w.sum(),
        q=(w * (slope - (w * slope).sum() / w.sum()) ** 2).sum(),
        scale=w.sum() - (w**2).sum() / w.sum(),
    )
    between = pl.when(pl.col("scale") > 0).then(
        ((pl.col("q") - (pl.col("slopes").cast(pl.Int64) - 1)) / pl.col("scale")).clip(0)
    )
    fixed = fixed.with_columns(between=between.otherwise(0.0))
    random = 1 / (pl.col("variance") + pl.col("between"))
    means = (
        keyed.join(fixed.select(*by, "between"), on=by)
        .group_by(by)
        .agg(mean=(random * slope).sum() / random.sum(), mean_se=(1 / random.sum()).sqrt())
    )
    return fixed.join(means, on=by).drop("scale")


def _shrunken() -> dict[str, pl.Expr]:
    """The slope between itself and its group's mean, and what is left uncertain of it."""
    variance, between = (pl.col("slope_se") ** 2).clip(1e-6), pl.col("between").clip(1e-6)
    precision = 1 / variance + 1 / between
    drawn = (pl.col("slope") / variance + pl.col("mean") / between) / precision
    is_own = pl.col("is_sound")
    spread = (pl.col("between") + pl.col("mean_se") ** 2).sqrt()
    return {
        "observations_units": pl.col("n").cast(pl.Int64),
        "elasticity": pl.when(is_own).then(drawn).otherwise("mean").clip(-20, 20),
        "elasticity_sd": pl.when(is_own).then((1 / precision).sqrt()).otherwise(spread).clip(0, 20),
        "elasticity_source": pl.when(is_own)
        .then(pl.lit(str(ElasticitySource.OWN)))
        .otherwise(pl.lit(str(ElasticitySource.CATEGORY))),
    }
