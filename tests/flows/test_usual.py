"""What a stream brings is held against what it brought: from a pull to a gate of actions."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

import msgspec
import polars as pl
import pytest

from connectors.base.declaration import Stream
from connectors.base.frames import columns
from connectors.base.mapping import Mapper
from connectors.base.wire import decoded
from contracts.checks import CheckResult
from contracts.codes import ListingStatus, ReviewResult
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import Listing, Price, Review
from flows.steps.opening import open_home
from flows.steps.pull import pull
from flows.steps.usual import as_usual
from tests.flows.scripted import HOUR, NOW, Answer, Platform, script, write

CREATED = NOW - dt.timedelta(days=90)


class Good(msgspec.Struct):
    """One article as the scripted platform lists it."""

    id: str
    price: int = 1000
    listed: int | None = 1200
    currency: str = "EUR"
    created: dt.datetime = CREATED


class Said(msgspec.Struct):
    """One review, by when it was last changed."""

    id: str
    at: dt.datetime


def _goods(pages: Iterable[Page], context: Context) -> Mapped:
    found = [one for page in pages for one in decoded(_GOODS, page.body)]
    raw = columns(found, {"id": ("id", pl.String), "price": ("price", pl.Int64),
                          "listed": ("listed", pl.Int64), "currency": ("currency", pl.String),
                          "created": ("created", pl.Datetime("us", "UTC"))})  # fmt: skip
    mapper = Mapper(context).add(
        Listing, raw, listing_id=pl.col("id"), product_id=pl.col("id"), title=pl.col("id"),
        listing_status=pl.lit(ListingStatus.ACTIVE), created_at=pl.col("created"),
    )  # fmt: skip
    return mapper.add(
        Price, raw, listing_id=pl.col("id"), observed_at=pl.lit(context.read_at),
        currency=pl.col("currency"), price_minor=pl.col("price"), list_price_minor=pl.col("listed"),
    ).done()  # fmt: skip


def _said(pages: Iterable[Page], context: Context) -> Mapped:
    found = [one for page in pages for one in decoded(_SAID, page.body)]
    raw = columns(found, {"id": ("id", pl.String), "at": ("at", pl.Datetime("us", "UTC"))})
    return Mapper(context).add(
        Review, raw, review_id=pl.col("id"), product_id=pl.lit("p"), reviewed_at=pl.col("at"),
        review_result=pl.lit(ReviewResult.GOOD), source_updated_at=pl.col("at"),
    ).done()  # fmt: skip


_GOODS = msgspec.json.Decoder(list[Good]).decode
_SAID = msgspec.json.Decoder(list[Said]).decode
GOODS = Stream(name="products", tables=(Listing, Price), fetch=lambda *_: iter(()),
               to_canonical=_goods, is_snapshot=True)  # fmt: skip
SAID = Stream(name="reviews", tables=(Review,), fetch=lambda *_: iter(()), to_canonical=_said)


def goods(count: int = 24, **changes: object) -> Answer:
    """A list of articles, all changed alike."""
    listed = [{"id": str(number), **changes} for number in range(count)]
    body = json.dumps(listed, default=str).encode()
    return lambda _window: [Page(body, "page")]


def said(early: dt.timedelta) -> Answer:
    """A review that changed before the end of the span that was asked for."""

    def answer(window: Window) -> list[Page]:
        at = window.end - early
        return [Page(json.dumps([{"id": str(at), "at": at.isoformat()}]).encode(), "page")]

    return answer


def failed(folder: Path, *answers: dict[str, Answer]) -> dict[tuple[str, str], CheckResult]:
    """What fails once a shop was read so often, an hour later each time."""
    with open_home(folder) as home:
        platform = Platform()
        script(home, "shop", platform, GOODS, SAID)
        for hours, answer in enumerate(answers):
            platform.now, platform.answers = NOW + hours * HOUR, answer
            assert not [one for row in pull(home) for one in row.blocked]
        found = as_usual(home, home.shop("shop"))
    return {(one.table, one.check): one for one in found if not one.passed}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    write(tmp_path / "home", "shop")
    return tmp_path / "home"


CLEAN = {"products": goods(), "reviews": said(HOUR / 2)}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (CLEAN, set()),
        ({"products": goods(price=100_000)}, {("prices", "unit_jumps")}),
        ({"products": goods(listed=None)}, {("prices", "gone_columns")}),
        ({"products": goods(9)}, {("listings", "snapshot"), ("prices", "snapshot")}),
        (
            {"products": goods(created=CREATED - 8 * HOUR)},
            {("listings", "zone"), ("listings", "told_again")},
        ),
        ({"reviews": said(8 * HOUR)}, {("reviews", "instants")}),
    ],
    ids=["nothing", "fen for yuan", "a field gone", "cut", "another zone", "another zone's clock"],
)
def test_a_fault_in_a_reading_is_found_where_it_is_and_holds_what_rests_on_it(
    folder: Path, answer: dict[str, Answer], found: set[tuple[str, str]]
) -> None:
    results = failed(folder, CLEAN, CLEAN, {**CLEAN, **answer})
    assert set(results) == found
    assert all(one.is_blocking for one in results.values())


def test_a_fault_holds_as_long_as_it_lasts_and_until_a_person_calls_it_usual(folder: Path) -> None:
    wrong = {**CLEAN, "products": goods(price=100_000)}
    assert ("prices", "unit_jumps") in failed(folder, CLEAN, wrong, wrong)
    shop = folder / "shops" / "shop.toml"
    text = shop.read_text(encoding="utf-8")
    day = (NOW + dt.timedelta(days=1)).date()
    shop.write_text(text.replace("\n[sources", f"\nusual_from = {day}\n\n[sources", 1), "utf-8")
    assert failed(folder) == {}


def test_one_review_of_another_table_is_no_fault_of_this_one(folder: Path) -> None:
    results = failed(folder, CLEAN, {**CLEAN, "products": goods(price=100_000)}, CLEAN)
    assert results == {}
