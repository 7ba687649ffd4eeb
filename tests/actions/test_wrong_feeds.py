"""No feed that is wrong, in whatever way and however long, makes a price leave below cost.

The judge is the truth of `tests.actions.feeds.truth`, in plain Python: what a sale leaves after the
usual discount, fees, tax, shipping and returns, less what the piece really costs. What may leave
all the same is told by the same world with right feeds.
"""

from collections import Counter

import pytest

from tests.actions.feeds.market import Market, Rule
from tests.actions.feeds.truth import FEEDS, RIGHT, WAYS, Case, Change

FIRST = 3
"""Day from which a feed is wrong: what it was before is known."""
AFTER = 8
"""Days that follow a single wrong one, since it may leave traces."""


def cases(feeds: tuple[str, ...], ways: tuple[str, ...], *, days: int) -> list[Case]:
    """Every feed wrong in every way, for some goods and for all."""
    return [
        Case(feed, way, is_all, FIRST, FIRST + days - 1)
        for feed in feeds
        for way in ways
        for is_all in (False, True)
    ]


def run(wrong: list[Case], *, days: int, rule: Rule = "match") -> Market:
    """So many days of the right world and of the wrong ones."""
    market = Market([RIGHT, *wrong], rule=rule)
    market.run(days)
    return market


def below_cost(market: Market) -> list[Change]:
    """What the guard let pass though a sale at it loses money, sent or not."""
    return [one for one in market.changes if one.article.left(one.after, one.day) < 0]


def told(changes: list[Change]) -> list[str]:
    """What to look at, once per shop."""
    by_shop = {one.article.case.shop_id: one for one in changes}
    return [f"{shop}: {one.before} to {one.after}, day {one.day}" for shop, one in by_shop.items()]


def passed(market: Market, case: Case, wrong: Case) -> Counter[int]:
    """Safe changes per article of a shop, of those goods that are told of rightly in the other."""
    return Counter(
        one.article.number
        for one in market.changes
        if one.article.case is case
        and not wrong.concerns(one.article.number)
        and one.article.left(one.after, one.day) >= 0
    )


def share(market: Market, wrong: Case) -> float:
    """Of the safe changes that leave where all is right: the part that leaves here."""
    right, here = passed(market, RIGHT, wrong), passed(market, wrong, wrong)
    return (right & here).total() / right.total()


def judged(market: Market) -> None:
    """Nothing below cost left, and nearly all that is safe did."""
    assert not told(below_cost(market))
    some = [case for case in market.cases if case is not RIGHT and not case.is_all]
    assert passed(market, RIGHT, some[0]).total() > 2 * FIRST
    assert [case.shop_id for case in some if share(market, case) < 0.95] == []


def test_a_feed_that_is_wrong_for_a_day_sells_nothing_below_cost_and_holds_nothing_else() -> None:
    """Found: a price read at half, by the pull and by the look before a write, was raised from
    there, which cut the real one to half."""
    some = [
        *cases(("costs",), ("tenth", "times_10", "near_amount", "absent"), days=1),
        *cases(("offers",), ("half", "other_currency"), days=1),
        *cases(("prices_live",), ("half", "hundredth", "near_amount"), days=1),
        *cases(("fx",), ("tenth", "swapped"), days=1),
    ]
    judged(run(some, days=FIRST + 4))


def test_a_first_cost_that_is_wrong_by_itself_is_held_by_the_lower_bounds_alone() -> None:
    """Nothing tells that it is wrong; the judge does, since here a price does leave below cost."""
    wrong = Case("costs", "tenth", is_all=True, first=0, last=99)
    market = run([wrong], days=24)
    found = below_cost(market)
    assert {one.article.case.shop_id for one in found} == {wrong.shop_id}
    lowest = min(one.after / one.article.first_price for one in market.changes)
    assert 0.7 <= lowest < 0.8  # 0.7 of 90 days, then 0.6 of the anchor, for good


def test_a_first_price_that_is_wrong_by_itself_is_not_raised_to_a_loss() -> None:
    """Sales prove the price; of what nobody buys nothing does."""
    ways = ("half", "hundredth")
    wrong = [Case("prices_live", way, is_all=True, first=0, last=99) for way in ways]
    assert not told(below_cost(run(wrong, days=3)))


@pytest.mark.long
@pytest.mark.parametrize("rule", ["match", "optimum"])
@pytest.mark.parametrize("days", [1, 90])
def test_every_feed_may_be_wrong_in_every_way(rule: Rule, days: int) -> None:
    """Found: costs in euros under the label of dollars were used, and sold at a loss in weeks."""
    judged(
        run(
            cases(FEEDS, WAYS, days=days),
            days=FIRST + days + (AFTER if days == 1 else 2),
            rule=rule,
        )
    )
