"""Why GMV moved, in a sentence."""

import polars as pl
import pytest

from reports.spans import SpanKind
from reports.why import bars, explain_gmv


def movers(**effects: int) -> pl.DataFrame:
    """Of a day before that had 60,000.00."""
    frame = pl.DataFrame(
        {"effect": list(effects), "effect_minor": list(effects.values())},
        schema={"effect": pl.String, "effect_minor": pl.Int64},
    )
    end = 6_000_000 + pl.col("effect_minor").cum_sum()
    return frame.with_columns(start_minor=end - pl.col("effect_minor"), end_minor=end)


K1 = movers(visitors=1_121_055, conversion=-1_121_055, aov=300_000)


def test_what_moved_it_most_comes_first_with_its_sign() -> None:
    told = {
        language: explain_gmv(K1, 300_000, "USD", of=SpanKind.DAY, language=language)
        for language in ("en", "zh")
    }
    assert told["en"] == (
        "GMV +3,000.00 USD against the same weekday a week before: visitors +11,210.55 USD,"
        " conversion -11,210.55 USD, average order +3,000.00 USD."
    )
    assert told["zh"] == (
        "成交额较上周同日 +3,000.00 USD，其中访客数 +11,210.55 USD、转化率 -11,210.55 USD、"
        "客单价 +3,000.00 USD。"
    )


@pytest.mark.parametrize(
    ("of", "change", "told"),
    [
        (SpanKind.DAY, None, "there are no data of the same weekday a week before."),
        (SpanKind.WEEK, None, "there are no data of the week before."),
        (SpanKind.CAMPAIGN, 5.0, "as one of the two has no orders."),
        (SpanKind.DAY, 0.0, "GMV is what it was on the same weekday a week before."),
    ],
)
def test_what_is_not_known_says_so(of: SpanKind, change: float | None, told: str) -> None:
    assert explain_gmv(movers(), change, "USD", of=of, language="en").endswith(told)


def test_what_came_or_went_whole_is_not_split() -> None:
    entered = movers(entry_exit=500)
    told = explain_gmv(entered, 500, "USD", of=SpanKind.DAY, language="en")
    assert told.endswith("what moved it is not known, as one of the two has no orders.")


def test_the_bars_lead_from_one_amount_to_the_other() -> None:
    drawn = bars(K1, before_minor=6_000_000, now_minor=6_300_000, currency="USD", language="zh")
    assert drawn["name"].to_list() == ["之前", "访客数", "转化率", "客单价", "现在"]
    assert drawn["end_minor"].to_list() == [6_000_000, 7_121_055, 6_000_000, 6_300_000, 6_300_000]
    assert drawn["start_minor"][1:-1].to_list() == drawn["end_minor"][:-2].to_list()
    assert drawn["text"].to_list()[:2] == ["60,000.00", "+11,210.55"]
