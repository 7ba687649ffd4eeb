"""What a source tells again is what it told before, until it tells it so once more."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from checks.again import Again, told_again
from checks.profiles import SCHEMA
from contracts.checks import CheckResult
from contracts.streams import Window
from contracts.tables import TABLES
from tests.checks.conftest import READ_AT
from warehouse.lake import Lake

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
KIT = {"shop_id": "demo", "mapping_version": 1, "content_hash": 1, "currency": "USD"}
Rows = list[dict[str, Any]]


def frame(table: str, rows: Rows, read_at: dt.datetime) -> pl.DataFrame:
    """Rows of a table; what differs has another fingerprint."""
    types = {name: column.dtype for name, column in TABLES[table].schema.columns().items()}
    given = [{**KIT, "read_at": read_at, **row, "content_hash": hash(str(row))} for row in rows]
    return pl.DataFrame([{name: row.get(name) for name in types} for row in given], schema=types)


def keep(noted: list[pl.DataFrame], _table: str, rows: pl.DataFrame) -> None:
    noted.append(rows)


def judged(
    folder: Path, table: str, readings: Sequence[Rows], *, is_whole: bool = False
) -> list[CheckResult]:
    """What is said after each of the readings, which come a day apart and are merged."""
    lake = Lake(folder)
    told, said = [], []
    for number, rows in enumerate(readings):
        at = READ_AT + number * DAY
        noted = [pl.DataFrame(schema=SCHEMA)]
        beside = Again(at, Window(at - 31 * DAY, at), partial(keep, noted)).note
        lake.merge({table: frame(table, rows, at)}, beside=beside)
        told.append(pl.concat(noted).select(pl.lit(at).alias("read_at"), pl.all()))
        again = pl.concat(told)
        said.append(
            told_again("demo", table, again, is_whole=is_whole, read_at=at, checked_at=READ_AT)
        )
    return said


def coupons(factor: int = 1, title: str = "t", count: int = 4) -> Rows:
    return [
        {
            "coupon_id": str(number),
            "coupon_code": f"C{number}",
            "title": title,
            "coupon_status": "active",
            "discount_kind": "amount",
            "discount_minor": (500 + number) * factor,
            "starts_at": READ_AT - 9 * DAY,
            "limit_units": 5,
        }
        for number in range(count)
    ]


def offers(shift: dt.timedelta = dt.timedelta(0), newest: int = 0) -> Rows:
    """Offers of as many days up to `newest`, each exported on its day."""
    return [
        {
            "sku_id": str(number),
            "competitor_id": "r",
            "observed_at": READ_AT + day * DAY - 9 * HOUR + shift,
            "source_updated_at": READ_AT + day * DAY - 8 * HOUR + shift,
            "price_minor": 900 + number,
            "shipping_minor": 0,
            "is_in_stock": True,
            "fulfilment": "seller",
        }
        for day in range(newest - 3, newest + 1)
        for number in range(6)
    ]


def inbound(days: int = 0, more: int = 0) -> Rows:
    return [
        {
            "sku_id": str(number),
            "expected_date": READ_AT.date() + dt.timedelta(days=9 + days),
            "inbound_units": 5,
        }
        for number in range(8 + more)
    ]


def reviews(shift: dt.timedelta = dt.timedelta(0), count: int = 12) -> Rows:
    return [
        {
            "review_id": str(number),
            "order_id": "1",
            "rating_stars": 5,
            "reviewed_at": READ_AT - 20 * DAY + number * DAY + shift,
        }
        for number in range(count)
    ]


def verdicts(said: list[CheckResult]) -> list[bool]:
    return [one.passed for one in said]


def test_four_coupons_in_another_unit_fail_until_they_are_as_before(tmp_path: Path) -> None:
    days = [coupons(), coupons(), coupons(100), coupons(100), coupons()]
    said = judged(tmp_path, "coupons", days, is_whole=True)
    assert verdicts(said) == [True, True, False, False, True]
    assert "discount_minor × 100" in said[3].measured
    assert said[3].is_blocking


def test_coupons_that_a_merchant_changes_do_not_fail(tmp_path: Path) -> None:
    one = [*coupons()[:3], coupons(60)[3]]
    days = [coupons(), coupons(3, title="new"), coupons(count=1), one]
    assert all(verdicts(judged(tmp_path, "coupons", days, is_whole=True)))


def test_codes_of_a_campaign_that_all_redeem_at_once_are_told_and_hold_nothing(
    tmp_path: Path,
) -> None:
    days = [
        [{**one, "redeemed_units": redeemed} for one in coupons(count=2)]
        for redeemed in (1, 300, 400)
    ]
    said = judged(tmp_path, "coupons", days, is_whole=True)
    assert verdicts(said) == [True, False, True]
    assert said[1].measured == "redeemed_units × 300"
    assert not said[1].is_blocking


def test_codes_in_another_unit_hold_beside_those_that_redeem(tmp_path: Path) -> None:
    days = [
        [{**one, "redeemed_units": redeemed} for one in coupons(factor)]
        for factor, redeemed in ((1, 1), (100, 300))
    ]
    assert judged(tmp_path, "coupons", days, is_whole=True)[1].is_blocking


def test_what_a_new_mapping_reads_otherwise_does_not_fail_and_is_the_measure_from_then_on(
    tmp_path: Path,
) -> None:
    mended = [{**one, "mapping_version": 2} for one in coupons(100)]
    wrong = [{**one, "mapping_version": 2} for one in coupons()]
    said = judged(tmp_path, "coupons", [coupons(), mended, mended, wrong], is_whole=True)
    assert verdicts(said) == [True, True, True, False]


def test_a_field_that_a_whole_list_lost_fails_until_it_is_back(tmp_path: Path) -> None:
    gone = [{**one, "limit_units": None} for one in coupons()]
    days = [coupons(), gone, gone, coupons()]
    whole = judged(tmp_path / "whole", "coupons", days, is_whole=True)
    assert verdicts(whole) == [True, False, False, True]
    assert all(verdicts(judged(tmp_path / "changes", "coupons", days, is_whole=False)))


@pytest.mark.parametrize("hours", [8, -8])
def test_offers_of_another_zone_fail_until_the_old_ones_are_told_again(
    tmp_path: Path, hours: int
) -> None:
    wrong = [offers(hours * HOUR, newest=day) for day in (2, 3)]
    days = [offers(), offers(newest=1), *wrong, offers(newest=4), offers(newest=5)]
    assert verdicts(judged(tmp_path, "competitor_offers", days)) == [
        *(True, True, False, False),
        *(True, True),
    ]


def test_offers_of_files_that_overlap_with_nothing_do_not_fail(tmp_path: Path) -> None:
    days = [offers(), [], offers(newest=40), offers(newest=41)]
    assert all(verdicts(judged(tmp_path, "competitor_offers", days)))


@pytest.mark.parametrize("days", [1, -1])
def test_purchase_orders_that_all_moved_are_a_warning(tmp_path: Path, days: int) -> None:
    *usual, moved, after = judged(
        tmp_path, "inbound", [inbound(), inbound(more=2), inbound(days), inbound(days)]
    )
    assert all(verdicts(usual))
    assert (moved.passed, moved.is_blocking) == (False, False)
    assert after.passed


@pytest.mark.parametrize("hours", [8, -8])
def test_reviews_that_moved_fail_until_they_are_back(tmp_path: Path, hours: int) -> None:
    days = [reviews(), reviews(), reviews(hours * HOUR), reviews(hours * HOUR), reviews()]
    said = judged(tmp_path, "reviews", days)
    assert verdicts(said) == [True, True, False, False, True]
    assert f"reviewed_at {hours:+d} h" in said[2].measured


def test_reviews_of_the_window_that_are_told_no_more_fail_while_they_are(tmp_path: Path) -> None:
    days = [reviews(), reviews(count=4), reviews(count=4), reviews(), reviews()[2:]]
    assert verdicts(judged(tmp_path, "reviews", days)) == [True, False, False, True, True]
