"""Members: how each one buys beside the others, and what speaks against writing to them now."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import numpy as np
import polars as pl

from contracts.codes import Channel, MemberSegment, Purpose
from contracts.columns import MAX_MINOR
from contracts.tables import (
    Consent,
    Contact,
    Member,
    MemberFact,
    MemberTier,
)
from transforms.days import local_day
from transforms.histories import MEMBER
from transforms.lifetime import LEAST_REPEATERS, BuyingModel, SpendingModel, fit, fit_spending
from transforms.likelihoods import Numbers

MOST_FITTED: Final = 20_000
"""Members that models are fitted on: of more they learn next to nothing, and cost as many times."""
_LEAST_SAMPLED: Final = 10 * LEAST_REPEATERS
"""Of those who came back, who say most, so many stay in a sample."""
_RETURN_DAYS: Final = 30
_YEAR_DAYS: Final = 365
_SEGMENTS: Final[Mapping[tuple[bool, bool, bool], MemberSegment]] = {
    (True, True, True): MemberSegment.CHAMPIONS,
    (True, False, True): MemberSegment.BIG_SPENDERS,
    (True, True, False): MemberSegment.LOYAL,
    (True, False, False): MemberSegment.RECENT,
    (False, True, True): MemberSegment.CANNOT_LOSE,
    (False, False, True): MemberSegment.AT_RISK,
    (False, True, False): MemberSegment.ABOUT_TO_LEAVE,
    (False, False, False): MemberSegment.HIBERNATING,
}
"""By whether they bought recently, often and for much."""
_BESIDE_OTHERS: Final = pl.Schema(
    (name, MemberFact.columns()[name].dtype)
    for name in (
        "alive_rate", "return_rate", "year_orders", "order_minor", "recency_score",
        "frequency_score", "monetary_score", "member_segment",
    )
)  # fmt: skip
"""What the other members of a shop say of one."""


@dataclass(frozen=True, slots=True)
class MembersSeen:
    """What models are fitted on: one of each per member, in days and minor units."""

    repeats: Numbers
    last_at: Numbers
    known_for: Numbers
    mean_minor: Numbers

    def subset(self) -> "MembersSeen":
        """`MOST_FITTED` of them at most, where enough of those came back; evenly by place, which is
        by chance: members are in the order of their pseudonyms."""
        came_back = int(np.count_nonzero(self.repeats))
        step = max(1, min(-(-self.repeats.size // MOST_FITTED), came_back // _LEAST_SAMPLED))
        columns = (self.repeats, self.last_at, self.known_for, self.mean_minor)
        return MembersSeen(*(column[::step] for column in columns))


@dataclass(frozen=True, slots=True)
class MemberModels:
    """Of a shop's members; None: too few came back."""

    buying: BuyingModel | None
    spending: SpendingModel | None


def fitted(seen: MembersSeen) -> MemberModels:
    """The likeliest models of what was seen."""
    return MemberModels(
        fit(seen.repeats, seen.last_at, seen.known_for),
        fit_spending(seen.repeats, seen.mean_minor),
    )


def member_facts(
    histories: pl.LazyFrame,
    *,
    members: dy.LazyFrame[Member],
    contacts: dy.LazyFrame[Contact],
    consents: dy.LazyFrame[Consent],
    tiers: dy.LazyFrame[MemberTier],
    as_of: dt.datetime,
    time_zone: str,
    models: Callable[[MembersSeen], MemberModels] = fitted,
) -> dy.LazyFrame[MemberFact]:
    """One row per member of `histories` (`transforms.histories`), beside the others of the shop.

    `models` are those of a shop's members, fitted anew unless somebody kept them.

    Of a shop with n members the score of rank k, counted from the worst, is (k - 1) × 5 // n + 1:
    five groups that differ by one member at most. Of equal members the one whose id comes first
    in the alphabet stands lower, so the order of the rows says nothing.

    A segment compares with the shop's median, since a few large buyers move a mean: up to the
    median of the days since the last order is recent, above the median of orders is often, above
    that of what was spent is much.
    """
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    bought_on = pl.col("last_order_date")
    return (
        histories.with_columns(
            first_order_date=local_day("first_order_at", time_zone),
            recency_days=(pl.lit(today) - bought_on).dt.total_days().clip(lower_bound=0),
            **{name: pl.lit(None, dtype) for name, dtype in _BESIDE_OTHERS.items()},
        )
        .map_batches(partial(_beside_others, models=models))
        .join(marketing_consents(consents.lazy()), on=MEMBER, how="left")
        .join(mail_contacts(contacts.lazy()), on=MEMBER, how="left")
        .join(_member_ids(members.lazy()), on=MEMBER, how="left")
        .join(_risen(tiers.lazy()), on=MEMBER, how="left")
        .with_columns(pl.col("has_email", "has_account").fill_null(value=False))
        .pipe(MemberFact.cast)
    )


def _beside_others(
    frame: pl.DataFrame, *, models: Callable[[MembersSeen], MemberModels]
) -> pl.DataFrame:
    """What a shop's other members say of each, by models and ranks; in the order of their ids."""
    # Sorted by shop and member, two texts, they take seven times as long.
    shops = frame.partition_by("shop_id", maintain_order=True) or [frame]
    return pl.concat(_of_shop(shop.sort("member_id"), models) for shop in shops)


def _of_shop(shop: pl.DataFrame, models: Callable[[MembersSeen], MemberModels]) -> pl.DataFrame:
    return shop.with_columns(
        **_modelled(shop, models),
        recency_score=_score(-pl.col("recency_days")),
        frequency_score=_score(pl.col("orders_count")),
        monetary_score=_score(pl.col("spent_minor")),
        member_segment=_segment(),
    ).cast(_BESIDE_OTHERS)


def _modelled(
    shop: pl.DataFrame, models: Callable[[MembersSeen], MemberModels]
) -> dict[str, pl.Series]:
    """Who is still a customer, who comes back unaided, and what an order of theirs is worth."""
    bought_for = (pl.col("last_order_date") - pl.col("first_order_date")).dt.total_days()
    repeats = pl.col("order_days_units").cast(pl.Float64) - 1
    mean_minor = pl.when(repeats > 0).then(pl.col("later_minor") / repeats).fill_null(0.0)
    columns = (repeats, bought_for, bought_for + pl.col("recency_days"), mean_minor)
    seen = MembersSeen(
        *(shop.select(column.cast(pl.Float64)).to_series().to_numpy() for column in columns)
    )
    found, arrays = models(seen.subset()), (seen.repeats, seen.last_at, seen.known_for)
    buying, spending, told = found.buying, found.spending, dict[str, pl.Series]()
    if buying is not None:
        year_orders = pl.Series(buying.orders(*arrays, within=_YEAR_DAYS))
        told["alive_rate"] = pl.Series(buying.alive_rate(*arrays))
        told["return_rate"] = pl.Series(buying.return_rate(*arrays, within=_RETURN_DAYS))
        # Of customers like clockwork the series is beyond what a float holds.
        told["year_orders"] = year_orders.clip(0).fill_nan(None)
    if spending is not None:
        order = np.minimum(spending.order_value(seen.repeats, seen.mean_minor), MAX_MINOR)
        told["order_minor"] = pl.Series(order).round().cast(pl.Int64)
    return told


def _score(value: pl.Expr) -> pl.Expr:
    """The fifth that a member of a shop is in; rows are in the order of their ids."""
    rank = value.rank("ordinal").cast(pl.Int64)
    return (rank - 1) * 5 // pl.len().cast(pl.Int64) + 1


def _segment() -> pl.Expr:
    recent = pl.col("recency_days") <= pl.col("recency_days").median()
    often, much = (pl.col(name) > pl.col(name).median() for name in ("orders_count", "spent_minor"))
    # As one number, which is looked up once: eight comparisons of three take four times as long.
    places = {4 * told[0] + 2 * told[1] + told[2]: str(one) for told, one in _SEGMENTS.items()}
    place = pl.sum_horizontal(4 * recent, 2 * often, 1 * much)
    return place.replace_strict(places, return_dtype=pl.String)


def marketing_consents(consents: pl.LazyFrame) -> pl.LazyFrame:
    """Consents of members to marketing by e-mail. Grain: (shop_id, member_id)."""
    marketing = (pl.col("channel") == Channel.EMAIL) & (pl.col("purpose") == Purpose.MARKETING)
    return consents.filter(marketing).select(*MEMBER, "consent_status")


def mail_contacts(contacts: pl.LazyFrame) -> pl.LazyFrame:
    """Members with an e-mail address, and their language. Grain: (shop_id, member_id)."""
    by_mail = (pl.col("channel") == Channel.EMAIL) & pl.col("address").is_not_null()
    return contacts.filter(by_mail).select(*MEMBER, "language", has_email=pl.lit(value=True))


def _member_ids(members: pl.LazyFrame) -> pl.LazyFrame:
    has_id = pl.col("platform_member_id").is_not_null()
    return members.filter(has_id).select(*MEMBER, has_account=pl.lit(value=True))


def _risen(tiers: pl.LazyFrame) -> pl.LazyFrame:
    """Members whose last change of tier was a rise. Grain: (shop_id, member_id).

    The first tier that is reported of a member is no change: they may long have had it.
    """
    change = pl.col("tier_rank").diff().over(MEMBER, order_by="told_date")
    return (
        tiers.with_columns(change=change)
        .filter(pl.col("change") != 0)
        .sort("told_date")
        .unique(MEMBER, keep="last")
        .filter(pl.col("change") > 0)
        .select(*MEMBER, tier_rose_date="told_date")
    )
