"""Per-item limits: of prices floor, ceiling, change per step, day and week, units, cooldown,
reversals; of all other writes that there are rules for them, and that what is written is whole."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_PRICE, Rule, beyond, money, percent, refuse, sentence
from contracts.codes import ActionState, WriteKind
from contracts.economics import FEES_EXCEED_PRICE, Economics, floor_minor
from contracts.payloads import PAYLOADS, decode
from contracts.personal import masked

_BEFORE, _AFTER = pl.col("before_value"), pl.col("after_value")
_PRICE, _COST = pl.col("price_minor"), pl.col("unit_cost_minor")
_MEDIAN = pl.col("median_28d_minor")
_PAYLOAD = pl.col("payload")
_FACTS = {
    "shop_id": "shop_id",
    "listing_id": "target_id",
    "currency": "price_currency",
    "price_minor": "price_minor",
    "median_28d_minor": "median_28d_minor",
    "unit_cost_minor": "unit_cost_minor",
    "cost_currency": "cost_currency",
    "rival_observed_at": "rival_observed_at",
}
# Each has its rules: prices here, the others in coupons, people and coordination.
_VALUED = (WriteKind.SET_PRICE, WriteKind.CREATE_COUPON)
_RULED = (WriteKind.SET_PRICE, WriteKind.REQUEST_REVIEW, *PAYLOADS)
_DAY, _REVERSAL, _WEEK = dt.timedelta(days=1), dt.timedelta(days=2), dt.timedelta(days=7)


def limited(
    frame: pl.DataFrame,
    facts: GuardFacts,
    *,
    limits: Limits,
    economics: Economics,
    at: dt.datetime,
) -> pl.DataFrame:
    """Refuse single writes that break a limit, whatever the rest of the batch does."""
    prices = facts.price_facts.select(pl.col(was).alias(name) for was, name in _FACTS.items())
    joined = frame.join(
        prices, on=["shop_id", "target_id"], how="left", maintain_order="left"
    ).join(_past(facts.history, at), on=["shop_id", "target_id"], how="left", maintain_order="left")
    judged = refuse(
        joined.with_columns(
            floor_value=floor_minor(_COST, economics), flaw=_flaws(frame), masked=masked(_PAYLOAD)
        ),
        *_any_write(at),
    )
    judged = refuse(
        judged, *_inputs(limits, at), *_prices(limits), *_changes(limits, at), where=IS_PRICE
    )
    return judged.select(frame.columns)


def _flaws(frame: pl.DataFrame) -> pl.Series:
    """What is wrong with each payload, if anything is."""
    pairs = frame.select("write_kind", "payload").iter_rows()
    return pl.Series([_flaw(kind, payload) for kind, payload in pairs], dtype=pl.String)


def _flaw(kind: str, payload: str | None) -> str | None:
    expected = PAYLOADS.get(WriteKind(kind))
    if expected is None:
        return None if payload is None else f"a write {kind} has no payload"
    try:
        decode(payload, expected)
    except ValueError as error:
        return str(error)
    return None


def _any_write(at: dt.datetime) -> list[Rule]:
    return [
        Rule(
            "no_limits",
            ~pl.col("write_kind").is_in(_RULED),
            sentence("no limits are defined for {}, so none is sent", pl.col("write_kind")),
        ),
        Rule(
            "expired",
            pl.col("expires_at") <= at,
            sentence("decided for a window that ended at {}", pl.col("expires_at")),
        ),
        Rule("payload", pl.col("flaw").is_not_null(), pl.col("flaw")),
        Rule(
            "contact_data",
            pl.col("masked") != _PAYLOAD,
            pl.lit("the payload holds an e-mail address or a telephone number"),
        ),
        Rule(
            "value",
            ~pl.col("write_kind").is_in(_VALUED) & (_AFTER != 1),
            sentence("what is done or not has the value 1, not {}", _AFTER),
        ),
    ]


def _inputs(limits: Limits, at: dt.datetime) -> list[Rule]:
    """What must be known before a price may be judged at all."""
    currency, priced, costed = (
        pl.col(name) for name in ("currency", "price_currency", "cost_currency")
    )
    offers = pl.col("rival_observed_at")
    oldest = at - dt.timedelta(hours=limits.max_offer_age_hours)
    return [
        Rule(
            "price_unknown",
            _PRICE.is_null() | _BEFORE.is_null(),
            sentence("no price in force is known for {}", pl.col("target_id")),
        ),
        Rule(
            "currency_changed",
            currency.ne_missing(priced),
            sentence("decided in {}, the price in force is in {}", currency, priced),
        ),
        Rule(
            "price_moved",
            _BEFORE != _PRICE,
            sentence("decided from {}, in force is {}", money(_BEFORE), money(_PRICE)),
        ),
        Rule(
            "cost_missing",
            _COST.is_null() | costed.is_null(),
            sentence("no cost of {} is known, so no floor is", pl.col("sku_id")),
        ),
        Rule(
            "currency_changed",
            costed != currency,
            sentence("the cost is in {}, the price in {}, and no rate is given", costed, currency),
        ),
        Rule(
            "stale_input",
            offers < oldest,
            sentence(
                f"an offer is of {{}}, at most {limits.max_offer_age_hours:g} hours are allowed",
                offers.dt.strftime("%Y-%m-%d %H:%M UTC"),
            ),
        ),
    ]


def _prices(limits: Limits) -> list[Rule]:
    """What the new price must be, wherever it comes from."""
    floor, ceiling = pl.col("floor_value"), _MEDIAN * limits.ceiling_rate
    ratio = pl.max_horizontal(_AFTER / _BEFORE, _BEFORE / _AFTER)
    markup = _AFTER / _COST
    is_raise = _AFTER > _BEFORE
    return [
        Rule("penny_price", _AFTER <= 1, sentence("{} is no price", money(_AFTER))),
        Rule("penny_price", _BEFORE <= 1, sentence("{} in force is no price", money(_BEFORE))),
        Rule(
            "units",
            ratio >= limits.max_units_ratio,
            sentence(
                f"{{}} after {{}}: {limits.max_units_ratio:g} times off suggests a wrong unit",
                money(_AFTER),
                money(_BEFORE),
            ),
        ),
        Rule(
            "units",
            markup >= limits.max_markup_ratio,
            sentence(
                f"{{}} is {{}} times the cost; {limits.max_markup_ratio:g} suggests a wrong unit",
                money(_AFTER),
                markup.round(1),
            ),
        ),
        Rule(
            FEES_EXCEED_PRICE,
            floor.is_null(),
            sentence("fees, tax and least margin leave nothing of {}", money(_AFTER)),
        ),
        Rule(
            "floor", floor > _AFTER, sentence("{} is below floor {}", money(_AFTER), money(floor))
        ),
        Rule(
            "ceiling",
            is_raise & _MEDIAN.is_null(),
            sentence("no sale in 28 days to measure a raise to {} by", money(_AFTER)),
        ),
        Rule(
            "ceiling",
            is_raise & (ceiling < _AFTER),
            sentence("{} is above ceiling {}", money(_AFTER), money(ceiling.floor())),
        ),
    ]


def _changes(limits: Limits, at: dt.datetime) -> list[Rule]:
    """How far and how often a price may move."""
    last = pl.col("last_at")
    rested = at - dt.timedelta(hours=limits.cooldown_hours)
    way = (_AFTER - _BEFORE).sign()
    turns = pl.col("turns") + (pl.col("last_way") != way).cast(pl.Int64)
    same_way = pl.when(way > 0).then(pl.col("raises")).otherwise(pl.col("cuts"))
    return [
        Rule("no_change", _AFTER == _BEFORE, sentence("{} is in force", money(_BEFORE))),
        _change("max_step", _BEFORE, limits.max_step_rate, "the price in force"),
        _change("max_day", pl.col("day_value"), limits.max_day_rate, "24 hours ago"),
        _change("max_week", pl.col("week_value"), limits.max_week_rate, "7 days ago"),
        Rule(
            "cooldown",
            last > rested,
            sentence(
                f"changed at {{}}, less than {limits.cooldown_hours:g} hours ago",
                last.dt.strftime("%Y-%m-%d %H:%M UTC"),
            ),
        ),
        Rule(
            "reversals",
            turns > limits.max_reversals,
            sentence(f"turns {{}} times in 48 hours, limit {limits.max_reversals}", turns),
        ),
        Rule(
            "loop",
            same_way + 1 > limits.max_same_way,
            sentence(
                f"would move the same way {{}} times in 7 days, limit {limits.max_same_way}",
                same_way + 1,
            ),
        ),
    ]


def _change(guard: str, reference: pl.Expr, limit: float, since: str) -> Rule:
    rate = (_AFTER - reference).abs() / reference
    return Rule(
        guard,
        beyond(rate, limit),
        sentence(
            f"{{}} is {{}} from {{}} of {since}, limit {limit:.1%}",
            money(_AFTER),
            percent(rate),
            money(reference),
        ),
    )


def _past(history: pl.DataFrame, at: dt.datetime) -> pl.DataFrame:
    """What the ledger did to each target in 7 days. Grain: (shop_id, target_id).

    An approved action has changed nothing so far and is left out: the breaker counts it.
    """
    when, before = pl.col("at"), pl.col("before_value")
    way = (pl.col("after_value") - before).sign()
    in_turn = way.filter(when > at - _REVERSAL)
    return (
        history.filter(IS_PRICE & (pl.col("state") != ActionState.APPROVED) & (when > at - _WEEK))
        .sort("at")
        .group_by("shop_id", "target_id")
        .agg(
            last_at=when.last(),
            day_value=before.filter(when > at - _DAY).first(),
            week_value=before.first(),
            turns=(in_turn != in_turn.shift(1)).sum().cast(pl.Int64),
            last_way=in_turn.last(),
            raises=(way > 0).sum().cast(pl.Int64),
            cuts=(way < 0).sum().cast(pl.Int64),
        )
    )
