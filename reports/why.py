"""Why GMV moved, in one sentence and as the bars of a picture."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from contracts.explanation import MOVERS, Mover
from contracts.languages import Bilingual, Language
from contracts.metrics import Metric
from reports import formats
from reports.figures import signed_amount
from reports.spans import SpanKind

BASES: Final[Mapping[SpanKind, Bilingual]] = {
    SpanKind.DAY: Bilingual("the same weekday a week before", "上周同日"),
    SpanKind.WEEK: Bilingual("the week before", "前一周"),
    SpanKind.CAMPAIGN: Bilingual("the same weekdays before", "活动前相同星期"),
}
"""What a span is compared with first."""
_MOVED = Bilingual("GMV {} against {}: {}.", "成交额较{1} {0}，其中{2}。")
_UNMOVED = Bilingual("GMV is what it was on {1}.", "成交额与{1}持平。")
_NOT_COMPARED = Bilingual(
    "What moved GMV is not known: there are no data of {}.",
    "无法说明成交额变动原因：没有{}的数据。",
)
_NOT_SPLIT = Bilingual(
    "GMV {} against {}; what moved it is not known, as one of the two has no orders.",
    "成交额较{1} {0}；其中一方没有订单数据，无法拆分原因。",
)
_UNUSUAL = Bilingual("Unusual for the weekday: {}.", "偏离该星期常值：{}。")
_OFF, _AND = Bilingual("{} {} ({})", "{} {}（{}）"), Bilingual(", ", "、")
_ENDS = Bilingual("before", "之前"), Bilingual("now", "现在")


def explain_gmv(
    movers: pl.DataFrame, change_minor: float | None, currency: str, *, of: SpanKind,
    language: Language,
) -> str:  # fmt: skip
    """What moved GMV against the days before, what moved it most first; or why it is not known.

    `movers` are one shop's, as `transforms.explanation.gmv.waterfall` gives them; they add up to
    the change. `change_minor` None: there are no days to compare with.
    """
    base = BASES[of].in_(language)
    if change_minor is None:
        return _NOT_COMPARED.in_(language).format(base)
    whole = signed_amount(change_minor, currency)
    told = movers.filter(pl.col("effect") != Mover.ENTRY_EXIT).to_dicts()
    if not told:
        return (_NOT_SPLIT if change_minor else _UNMOVED).in_(language).format(whole, base)
    told.sort(key=lambda one: -abs(one["effect_minor"]))
    parts = [
        f"{_name(one['effect'], language)} {signed_amount(one['effect_minor'], currency)}"
        for one in told
    ]
    listed = ("、" if language == "zh" else ", ").join(parts)
    return _MOVED.in_(language).format(whole, base, listed)


def explain_unusual(unusual: pl.DataFrame, metrics: Sequence[Metric], language: Language) -> str:
    """Metrics that are not what the weekday usually has, day by day; empty: none is."""
    titles = {one.name: one.title.in_(language) for one in metrics}
    told = [
        _OFF.in_(language).format(
            titles[row["metric"]],
            f"{row['change_rate']:+.1%}",
            formats.short_day(row["day"], language),
        )
        for row in unusual.iter_rows(named=True)
        if row["metric"] in titles
    ]
    return _UNUSUAL.in_(language).format(_AND.in_(language).join(told)) if told else ""


def bars(
    movers: pl.DataFrame, *, before_minor: int, now_minor: int, currency: str, language: Language
) -> pl.DataFrame:
    """The bars of `reports.pictures.waterfall`: GMV before, what each effect made of it, now."""
    first, last = (one.in_(language) for one in _ENDS)
    steps = [
        {
            "name": _name(one["effect"], language),
            "start_minor": one["start_minor"],
            "end_minor": one["end_minor"],
            "text": _bare(signed_amount(one["effect_minor"], currency), currency),
            "is_total": False,
        }
        for one in movers.to_dicts()
    ]
    return pl.DataFrame(
        [_total(first, before_minor, currency), *steps, _total(last, now_minor, currency)]
    )


def _name(effect: str, language: Language) -> str:
    return MOVERS[Mover(effect)].in_(language).lower()


def _bare(amount: str, currency: str) -> str:
    """Without the currency, which the heading says."""
    return amount.removesuffix(f" {currency}")


def _total(name: str, amount_minor: int, currency: str) -> dict[str, Any]:
    return {
        "name": name,
        "start_minor": 0,
        "end_minor": amount_minor,
        "text": formats.figure(amount_minor, currency),
        "is_total": True,
    }
