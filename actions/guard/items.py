"""Per-item limits: of prices floor, ceiling, change per step, day and week, units, cooldown,
reversals; of all other writes that there are rules for them, and that what is written is whole."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_PRICE, GuardRule, beyond, money, percent, refuse, sentence
from contracts.clearance import Clearance, clearing
from contracts.codes import ActionState, WriteKind
from contracts.economics import FACTS, FEES_EXCEED_PRICE, Economics, break_even, floor_minor
from contracts.payloads import PAYLOADS, decode
from contracts.personal import mask

_BEFORE, _AFTER = pl.col("before_value"), pl.col("after_value")
_PRICE, _COST = pl.col("price_minor"), pl.col("unit_cost_minor")
_ANCHOR, _LOW_ANCHOR = pl.col("anchor_minor"), pl.col("low_anchor_minor")
_CHARGED = pl.col("median_28d_minor")
"""What proves a price: what buyers were charged before discounts."""
_UNPROVEN = 0.1
"""How far below that a price may be and still count as read right."""
_UNCONFIRMED = pl.col("unconfirmed_cost_minor")
_PAYLOAD = pl.col("payload")
_FACTS = {
    "shop_id": "shop_id",
    "listing_id": "target_id",
    "currency": "price_currency",
    "price_minor": "price_minor",
    "anchor_minor": "anchor_minor",
    "low_anchor_minor": "low_anchor_minor",
    "median_28d_minor": "median_28d_minor",
    "category": "category",
    "discount_rate": "discount_rate",
    "unit_cost_minor": "unit_cost_minor",
    "cost_currency": "cost_currency",
    "cost_rate_date": "cost_rate_date",
    "unconfirmed_cost_minor": "unconfirmed_cost_minor",
    "rival_observed_at": "rival_observed_at",
    "age_days": "age_days",
    "available_units": "available_units",
    "cover_days": "cover_days",
    "has_demand": "has_demand",
    "elasticity": "elasticity",
}
# Each has its rules: prices here, the others in coupons, people and coordination.
_VALUED = (WriteKind.SET_PRICE, WriteKind.CREATE_COUPON)
_RULED = (WriteKind.SET_PRICE, WriteKind.REQUEST_REVIEW, *PAYLOADS)
_DAY, _REVERSAL = dt.timedelta(days=1), dt.timedelta(days=2)
_WEEK, _RUN, _QUARTER = (dt.timedelta(days=days) for days in (7, 28, 90))


def check_item_limits(
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
    flaws = _flaws(frame)
    joined = joined.join(
        flaws, on=["write_kind", "payload"], how="left", nulls_equal=True, maintain_order="left"
    )
    judged = refuse(
        joined.with_columns(
            floor_value=_floor(
                facts.clearance.losing_at_most(limits.clearance_loss_rate), economics
            ),
            is_cleared=_is_cleared(facts.clearance, economics),
            even_value=floor_minor(_COST, break_even(economics), FACTS),
            masked=mask(_PAYLOAD),
        ),
        *_any_write(at),
    )
    judged = refuse(
        judged, *_inputs(limits, at), *_prices(limits), *_changes(limits, at), where=IS_PRICE
    )
    return judged.select(frame.columns)


def _floor(clearance: Clearance, economics: Economics) -> pl.Expr:
    """The floor; of what clears by its age and cover in fact, the price that it is cleared at."""
    floor = floor_minor(_COST, economics, FACTS)
    cleared = clearing(clearance, economics)["clearance_minor"]
    return pl.when(floor.is_not_null()).then(pl.min_horizontal(floor, cleared))


def _is_cleared(clearance: Clearance, economics: Economics) -> pl.Expr:
    is_cut = _AFTER < _BEFORE
    return is_cut & clearing(clearance, economics)["clearance_off_rate"].is_not_null()


def _flaws(frame: pl.DataFrame) -> pl.DataFrame:
    """What is wrong with a payload, if anything is. Grain: (write_kind, payload)."""
    pairs = frame.select("write_kind", "payload").unique()
    found = [_flaw(kind, payload) for kind, payload in pairs.iter_rows()]
    return pairs.with_columns(flaw=pl.Series(found, dtype=pl.String))


def _flaw(kind: str, payload: str | None) -> str | None:
    expected = PAYLOADS.get(WriteKind(kind))
    if expected is None:
        return None if payload is None else f"a write {kind} has no payload"
    try:
        decode(payload, expected)
    except ValueError as error:
        return str(error)
    return None


def _any_write(at: dt.datetime) -> list[GuardRule]:
    return [
        GuardRule(
            "no_limits",
            ~pl.col("write_kind").is_in(_RULED),
            sentence("no limits are defined for {}, so none is sent", pl.col("write_kind")),
        ),
        GuardRule(
            "expired",
            pl.col("expires_at") <= at,
            sentence("decided for a window that ended at {}", pl.col("expires_at")),
        ),
        GuardRule("payload", pl.col("flaw").is_not_null(), pl.col("flaw")),
        GuardRule(
            "contact_data",
            pl.col("masked") != _PAYLOAD,
            pl.lit("the payload holds an e-mail address or a telephone number"),
        ),
        GuardRule(
            "value",
            ~pl.col("write_kind").is_in(_VALUED) & (_AFTER != 1),
            sentence("what is done or not has the value 1, not {}", _AFTER),
        ),
    ]


def _inputs(limits: Limits, at: dt.datetime) -> list[GuardRule]:
    """What must be known before a price may be judged at all."""
    currency, priced, costed = (
        pl.col(name) for name in ("currency", "price_currency", "cost_currency")
    )
    offers = pl.col("rival_observed_at")
    oldest = at - dt.timedelta(hours=limits.max_offer_age_hours)
    rated, oldest_rate = pl.col("cost_rate_date"), at.date() - dt.timedelta(limits.max_fx_age_days)
    return [
        GuardRule(
            "price_unknown",
            _PRICE.is_null() | _BEFORE.is_null(),
            sentence("no price in force is known for {}", pl.col("target_id")),
        ),
        GuardRule(
            "currency_changed",
            currency.ne_missing(priced),
            sentence("decided in {}, the price in force is in {}", currency, priced),
        ),
        GuardRule(
            "price_moved",
            _BEFORE != _PRICE,
            sentence("decided from {}, in force is {}", money(_BEFORE), money(_PRICE)),
        ),
        GuardRule(
            "fx_missing",
            _COST.is_null() & (costed != currency),
            sentence(
                "the cost is in {}: [fx] in shopkeeper.toml has no rate to {}", costed, currency
            ),
        ),
        GuardRule(
            "cost_missing",
            _COST.is_null() | costed.is_null(),
            sentence("no cost of {} is known, so no floor is", pl.col("sku_id")),
        ),
        GuardRule(
            "fx_stale",
            rated < oldest_rate,
            sentence(
                f"the rate of the cost is of {{}}, at most {limits.max_fx_age_days} days are"
                " allowed",
                rated,
            ),
        ),
        GuardRule(
            "stale_input",
            offers < oldest,
            sentence(
                f"an offer is of {{}}, at most {limits.max_offer_age_hours:g} hours are allowed",
                offers.dt.strftime("%Y-%m-%d %H:%M UTC"),
            ),
        ),
    ]


def _prices(limits: Limits) -> list[GuardRule]:
    """What the new price must be, wherever it comes from."""
    floor, ceiling = pl.col("floor_value"), _ANCHOR * limits.ceiling_rate
    bottom = _LOW_ANCHOR * limits.bottom_rate
    ratio = pl.max_horizontal(_AFTER / _BEFORE, _BEFORE / _AFTER)
    markup = _AFTER / _COST
    is_raise = _AFTER > _BEFORE
    is_loss = is_raise & (pl.col("even_value") > _AFTER)
    return [
        GuardRule("penny_price", _AFTER <= 1, sentence("{} is no price", money(_AFTER))),
        GuardRule("penny_price", _BEFORE <= 1, sentence("{} in force is no price", money(_BEFORE))),
        GuardRule(
            "units",
            ratio >= limits.max_units_ratio,
            sentence(
                f"{{}} after {{}}: {limits.max_units_ratio:g} times off suggests a wrong unit",
                money(_AFTER),
                money(_BEFORE),
            ),
        ),
        GuardRule(
            "units",
            markup >= limits.max_markup_ratio,
            sentence(
                f"{{}} is {{}} times the cost; {limits.max_markup_ratio:g} suggests a wrong unit",
                money(_AFTER),
                markup.round(1),
            ),
        ),
        GuardRule(
            FEES_EXCEED_PRICE,
            floor.is_null(),
            sentence("fees, tax and least margin leave nothing of {}", money(_AFTER)),
        ),
        GuardRule(
            "floor",
            ~is_raise & (floor > _AFTER),
            sentence("{} is below floor {}{}", money(_AFTER), money(floor), _waiting()),
        ),
        GuardRule(
            "price_unproven",
            is_loss & _CHARGED.is_null(),
            sentence(
                "{} would still be below cost, and no sale of 28 days proves that {} is in force: a"
                " person has to look whether that is the price",
                money(_AFTER),
                money(_BEFORE),
            ),
        ),
        GuardRule(
            "price_unproven",
            is_loss & beyond(1 - _BEFORE / _CHARGED, _UNPROVEN),
            sentence(
                "{} would still be below cost, and {} in force is far below what was charged in 28"
                " days, {}: a person has to look whether that is the price",
                money(_AFTER),
                money(_BEFORE),
                money(_CHARGED),
            ),
        ),
        GuardRule(
            "anchor_missing",
            _ANCHOR.is_null() | _LOW_ANCHOR.is_null(),
            sentence("no list price and no first price to measure {} by", money(_AFTER)),
        ),
        GuardRule(
            "ceiling",
            is_raise & (ceiling < _AFTER),
            sentence(
                f"{{}} is above ceiling {{}}, {limits.ceiling_rate:g} times the anchor {{}}",
                money(_AFTER),
                money(ceiling.floor()),
                money(_ANCHOR),
            ),
        ),
        GuardRule(
            "bottom",
            ~is_raise & (bottom > _AFTER),
            sentence(
                f"{{}} is below {{}}, {limits.bottom_rate:g} of the anchor {{}}",
                money(_AFTER),
                money(bottom.ceil()),
                money(_LOW_ANCHOR),
            ),
        ),
    ]


def _waiting() -> pl.Expr:
    """Half a sentence on a newer cost that is not used."""
    newer_cost = sentence(
        "; a newer cost, {} after {}, is not used until a person confirms it",
        money(_UNCONFIRMED),
        money(_COST),
    )
    return pl.when(_UNCONFIRMED.is_not_null()).then(newer_cost).otherwise(pl.lit(""))


def _changes(limits: Limits, at: dt.datetime) -> list[GuardRule]:
    """How far and how often a price may move."""
    last = pl.col("last_at")
    rested = at - dt.timedelta(hours=limits.cooldown_hours)
    way = (_AFTER - _BEFORE).sign()
    turns, week_turns = (
        pl.col(name) + (pl.col("last_way") != way).cast(pl.Int64)
        for name in ("turns", "week_turns")
    )
    in_a_row = pl.when(pl.col("last_way") == way).then(pl.col("run") + 1)
    # What walks up to its floor follows nobody, and neither does what is cleared.
    is_above = pl.col("floor_value").is_null() | (pl.col("floor_value") <= _BEFORE)
    follows = is_above & ~pl.col("is_cleared").fill_null(value=False)
    return [
        GuardRule("no_change", _AFTER == _BEFORE, sentence("{} is in force", money(_BEFORE))),
        _change("max_step", _BEFORE, limits.max_step_rate, "the price in force"),
        _change("max_day", pl.col("day_value"), limits.max_day_rate, "24 hours ago"),
        _change("max_week", pl.col("week_value"), limits.max_week_rate, "7 days ago"),
        _change("max_quarter", pl.col("quarter_value"), limits.max_quarter_rate, "90 days ago"),
        GuardRule(
            "cooldown",
            last > rested,
            sentence(
                f"changed at {{}}, less than {limits.cooldown_hours:g} hours ago",
                last.dt.strftime("%Y-%m-%d %H:%M UTC"),
            ),
        ),
        GuardRule(
            "reversals",
            turns > limits.max_reversals,
            sentence(f"turns {{}} times in 48 hours, limit {limits.max_reversals}", turns),
        ),
        GuardRule(
            "reversals",
            week_turns > limits.max_week_reversals,
            sentence(f"turns {{}} times in 7 days, limit {limits.max_week_reversals}", week_turns),
        ),
        GuardRule(
            "price_war",
            follows & (in_a_row > limits.max_same_way),
            sentence(
                "would be change {} the same way in 28 days without one the other way, limit"
                f" {limits.max_same_way}: whoever it follows follows it",
                in_a_row,
            ),
        ),
    ]


def _change(guard: str, reference: pl.Expr, limit: float, since: str) -> GuardRule:
    rate = (_AFTER - reference).abs() / reference
    return GuardRule(
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
    """What the ledger did to each target in 90 days. Grain: (shop_id, target_id).

    `run` is how many changes of 28 days went the last one's way without one the other way since.
    An approved action has changed nothing so far and is left out: the breaker counts it.
    """
    target, when, before = ["shop_id", "target_id"], pl.col("at"), pl.col("before_value")
    is_done = pl.col("state") != ActionState.APPROVED
    lately = pl.col("way").filter(when > at - _RUN)
    is_same = (lately.reverse() == lately.last()).cast(pl.Int64)
    return (
        history.filter(IS_PRICE & is_done & (when > at - _QUARTER))
        .sort("at")
        .with_columns(way=(pl.col("after_value") - before).sign())
        .with_columns(turned=(pl.col("way") != pl.col("way").shift(1)).over(target))
        .group_by(target)
        .agg(
            last_at=when.last(),
            day_value=before.filter(when > at - _DAY).first(),
            week_value=before.filter(when > at - _WEEK).first(),
            quarter_value=before.first(),
            turns=pl.col("turned").filter(when > at - _REVERSAL).sum().cast(pl.Int64),
            week_turns=pl.col("turned").filter(when > at - _WEEK).sum().cast(pl.Int64),
            last_way=pl.col("way").last(),
            run=is_same.cum_prod().sum(),
        )
    )
