"""What feeds tell of the truth: rightly, or wrong in one of the ways that feeds are wrong in."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from contracts.fx import FX_SCHEMA
from tests.actions.feeds.truth import Article, Case

START: Final = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
DAY: Final = dt.timedelta(days=1)
_CNY: Final = 1 / 7.1
_FACTORS: Final = {
    "zero": 0.0, "times_100": 100.0, "hundredth": 0.01, "times_10": 10.0, "tenth": 0.1,
    "double": 2.0, "half": 0.5, "other_amount": 7.1, "near_amount": 0.86,
}  # fmt: skip
_RATINGS: Final = 250
_SHIPPING: Final = 40
Row = dict[str, Any]


@dataclass
class Feeds:
    """All feeds of all shops; a stale one repeats what it said last when it was right."""

    _last: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, one: Article, day: int) -> dict[str, list[Row]]:
        """What a day's readings say of an article, by table."""
        fields = {"costs": self._cost, "competitor_offers": self._offer, "prices": self._price}
        return {table: [row] for table, say in fields.items() if (row := say(one, day)) is not None}

    def live(self, one: Article, day: int) -> int | None:
        """What the shop answers when it is asked just before a write; null: nothing to be used."""
        if one.case.feed != "prices_live":
            return one.price
        row = self._price(one, day)
        return None if row is None or row["currency"] != "USD" else row["price_minor"]

    def _cost(self, one: Article, day: int) -> Row | None:
        is_foreign = one.case.feed == "fx" and one.case.concerns(one.number)
        cost = round(one.cost(day) / _CNY) if is_foreign else one.cost(day)
        way = self._way(one, day, "costs", "costs_anew")
        row = {
            **_common(one, day), "valid_from": _valid_from(one.case, day),
            "currency": "CNY" if is_foreign or way == "other_currency" else "USD",
            "unit_cost_minor": self._value(way, "cost", one, cost, swapped=one.price),
        }  # fmt: skip
        if way != "absent":
            return row
        # Who writes over what was said leaves nothing of it; what is dated anew is not said.
        return row | {"deleted_at": row["read_at"]} if one.case.feed == "costs" else None

    def _offer(self, one: Article, day: int) -> Row | None:
        way = self._way(one, day, "offers")
        asked = one.rival(day) - _SHIPPING
        row = {
            **_common(one, day), "competitor_id": "rival", "shipping_minor": _SHIPPING,
            "currency": "CNY" if way == "other_currency" else "USD", "is_in_stock": True,
            "fulfilment": "seller", "ratings_units": asked if way == "swapped" else _RATINGS,
            "price_minor": self._value(way, "offer", one, asked, swapped=_RATINGS),
        }  # fmt: skip
        return None if way == "absent" else row

    def _price(self, one: Article, day: int) -> Row | None:
        way = self._way(one, day, "prices", "prices_live")
        row = {
            **_common(one, day), "listing_id": one.id,
            "currency": "CNY" if way == "other_currency" else "USD",
            "price_minor": self._value(way, "price", one, one.price, swapped=one.list_price),
            "list_price_minor": one.price if way == "swapped" else one.list_price,
        }  # fmt: skip
        return None if way == "absent" else row

    def _way(self, one: Article, day: int, *feeds: str) -> str | None:
        is_wrong = one.case.feed in feeds and one.case.strikes(one.number, day)
        return one.case.way if is_wrong else None

    def _value(
        self, way: str | None, name: str, one: Article, right: int, *, swapped: int | None
    ) -> int | None:
        key = (name, one.id)
        if way is None:
            self._last[key] = right
        if way == "unreadable":
            return None
        if way == "swapped":
            return swapped
        if way == "stale":
            return self._last[key]
        return round(right * _FACTORS.get(way or "", 1.0))


def _common(one: Article, day: int) -> Row:
    at = START + day * DAY
    return {
        "shop_id": one.case.shop_id, "sku_id": one.id, "read_at": at,
        "observed_at": at - dt.timedelta(hours=1),
    }  # fmt: skip


def _valid_from(case: Case, day: int) -> dt.date:
    """Costs that are dated anew are so every ten days, and whenever a feed turns wrong or right."""
    if case.feed != "costs_anew":
        return START.date()
    turned = max((turn for turn in (0, case.first, case.last + 1) if turn <= day), default=0)
    return START.date() + dt.timedelta(days=turned + (day - turned) // 10 * 10)


def rates(case: Case, day: int) -> pl.DataFrame:
    """What the settings say a yuan is worth in dollars."""
    way = case.way if case.feed == "fx" and case.first <= day <= case.last else None
    at = (START + (case.first if way == "stale" else day) * DAY).date()
    odd = {"other_currency": 0.0066, "swapped": 1 / _CNY}
    rate = odd.get(way or "", _CNY * _FACTORS.get(way or "", 1.0))
    listed = [] if way in ("unreadable", "absent") else [("CNY", rate, at)]
    return pl.DataFrame([*listed, ("USD", 1.0, at)], schema=dict(FX_SCHEMA), orient="row")
