"""document → reading → stream → source → shop: what is odd on one rung stops nothing beside it."""

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import (
    ConfigurationError,
    SourceRejectedError,
)
from contracts.streams import Page, Window
from flows.steps.backfill import BackfillMode, BackfillSpan, backfill, plan
from flows.steps.blocked import Rung
from flows.steps.check import readings as reading_checks
from flows.steps.doctor import doctor
from flows.steps.forget import forget
from flows.steps.home import Home
from flows.steps.loading import fingerprint
from flows.steps.opening import open_home
from flows.steps.pull import blocked_in, pull
from flows.steps.remap import remap
from flows.steps.run import run
from tests.flows.rungs import busy, mended, odd_cursor, refusing, rungs, stumbling
from tests.flows.scripted import (
    HOUR,
    NOW,
    REVIEWS,
    Answer,
    Platform,
    loaded,
    reviews,
    script,
    write,
)

OTHER = replace(REVIEWS, name="other")
ODD = {"id": "b", "tags": None}
UNMAPPABLE = [Page(b"<html>no list</html>", "page")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    write(tmp_path / "home", "first", "second")
    with open_home(tmp_path / "home") as opened:
        script(opened, "first", Platform(), REVIEWS)
        script(opened, "second", Platform(), REVIEWS)
        yield opened


def test_an_odd_document_is_kept_raw_and_sealed_and_the_others_are_loaded(home: Home) -> None:
    platform = Platform({"reviews": lambda _: reviews({"id": "a"}, ODD, {"id": "c"})})
    script(home, "first", platform, REVIEWS)
    (row,) = pull(home, shop_id="first")
    assert (row.blocked, row.quarantined) == ((), 1)
    assert loaded(home, "first") == ["a", "c"]
    (entry,) = home.quarantine.open(shop_id="first").to_dicts()
    assert entry["document_id"] == "b"
    assert "$.tags" in entry["reasons"]
    assert "null" in entry["payload"]
    database = (home.folder / "data" / "shopkeeper.db").read_bytes()
    assert b"tags" not in database


def test_a_newer_good_version_releases_an_odd_document(home: Home) -> None:
    platform = Platform({"reviews": lambda _: reviews(ODD)})
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first")
    platform.answers["reviews"] = lambda _: reviews({"id": "b"})
    platform.now += HOUR
    pull(home, shop_id="first")
    assert home.quarantine.open(shop_id="first").is_empty()
    assert loaded(home, "first") == ["b"]


@pytest.mark.parametrize("change", [{"mapping_version": 2}, {"fingerprint": "described anew"}])
def test_a_repaired_mapping_or_description_releases_it_with_the_next_pull_and_asks_nobody(
    home: Home, change: dict[str, object]
) -> None:
    platform = Platform({"reviews": lambda _: reviews({"id": "a"}, {"id": "b", "stars": 13})})
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first")
    assert home.quarantine.open(shop_id="first").height == 1
    good = replace(REVIEWS, to_canonical=mended, **change)  # type: ignore[arg-type]  # any field
    script(home, "first", platform, good)
    pull(home, shop_id="first")
    assert home.quarantine.open(shop_id="first").is_empty()
    assert loaded(home, "first") == ["a", "b"]


def test_a_reading_that_cannot_be_mapped_is_set_aside_and_the_next_one_is_loaded(
    home: Home,
) -> None:
    platform = Platform({"reviews": lambda _: UNMAPPABLE})
    script(home, "first", platform, REVIEWS)
    assert rungs(pull(home, shop_id="first")) == [(Rung.READING, "an answer is not readable JSON")]
    platform.answers["reviews"] = lambda _: reviews({"id": "a"})
    platform.now += HOUR
    assert rungs(pull(home, shop_id="first")) == []
    assert loaded(home, "first") == ["a"]
    windows = platform.asked["reviews"]
    assert windows[1].start == windows[0].end, "what was landed is not read twice"
    (aside,) = home.readings.set_aside(shop_id="first")
    assert aside.failure == "an answer is not readable JSON"
    fields = {one.subject: one.detail for one in doctor(home, shop_id="first") if not one.passed}
    assert fields["readings of reviews"].startswith("1 set aside: an answer is not readable JSON")


def test_it_is_tried_again_once_its_mapping_has_changed_and_not_before(home: Home) -> None:
    platform = Platform({"reviews": lambda _: UNMAPPABLE})
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first")
    tried = len(platform.contexts)
    platform.answers["reviews"] = lambda _: reviews()
    platform.now += HOUR
    pull(home, shop_id="first")
    assert len(platform.contexts) == tried + 1, "only the new window is mapped"
    reported = replace(
        REVIEWS,
        to_canonical=lambda _pages, context: REVIEWS.to_canonical(reviews({"id": "a"}), context),
        mapping_version=2,
    )
    script(home, "first", platform, reported)
    pull(home, shop_id="first")
    assert home.readings.set_aside(shop_id="first") == []
    assert loaded(home, "first") == ["a"]


def test_a_newer_snapshot_supersedes_one_that_cannot_be_mapped(home: Home) -> None:
    snapshot = replace(REVIEWS, is_snapshot=True)
    platform = Platform({"reviews": lambda _: UNMAPPABLE})
    script(home, "first", platform, snapshot)
    pull(home, shop_id="first")
    assert len(home.readings.set_aside(shop_id="first")) == 1
    platform.answers["reviews"] = lambda _: reviews({"id": "a"})
    platform.now += HOUR
    pull(home, shop_id="first")
    assert home.readings.set_aside(shop_id="first") == []
    assert loaded(home, "first") == ["a"]


def test_a_snapshot_closes_what_older_ones_held(home: Home) -> None:
    snapshot = replace(REVIEWS, is_snapshot=True)
    nameless = {"tags": None}
    platform = Platform({"reviews": lambda _: reviews({"id": "a"}, ODD, nameless)})
    script(home, "first", platform, snapshot)
    pull(home, shop_id="first")
    assert home.quarantine.open(shop_id="first").height == 2
    platform.answers["reviews"] = lambda _: reviews({"id": "a"})
    platform.now += HOUR
    pull(home, shop_id="first")
    assert home.quarantine.open(shop_id="first").is_empty(), "deleted at the platform"


def test_what_cannot_be_mapped_is_asked_for_anew_by_backfill(home: Home) -> None:
    platform = Platform({"reviews": lambda _: UNMAPPABLE})
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first")
    platform.answers["reviews"] = lambda _: reviews({"id": "a"})
    platform.now += HOUR
    days = BackfillSpan(
        first=dt.date(2026, 11, 18),
        last=dt.date(2026, 11, 20),
        mode=BackfillMode.FAILED,
        shop_id="first",
    )
    done = backfill(home, plan(home, days))
    assert done.is_blocked is False or done.checked
    assert loaded(home, "first") == ["a"]
    assert home.readings.set_aside(shop_id="first") == []


def test_remap_maps_what_was_set_aside_too(home: Home) -> None:
    platform = Platform({"reviews": lambda _: UNMAPPABLE})
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first")
    again = remap(home, shop_id="first")
    assert [one.sentence for row in again for one in row.blocked] == [
        "an answer is not readable JSON"
    ]
    reported = replace(
        REVIEWS,
        to_canonical=lambda _pages, context: REVIEWS.to_canonical(reviews({"id": "a"}), context),
    )
    script(home, "first", platform, reported)
    assert [row.readings for row in remap(home, shop_id="first")] == [1]
    assert loaded(home, "first") == ["a"]


@pytest.mark.parametrize(
    ("answer", "rung", "sentence"),
    [
        (stumbling, Rung.READING, "reading reviews fails: KeyError"),
        (odd_cursor, Rung.READING, "a cursor was answered twice"),
        (refusing, Rung.STREAM, "the permission read_reviews is missing"),
        (busy, Rung.STREAM, "the platform is busy"),
    ],
)
def test_what_stops_a_stream_stops_no_other_and_is_read_once_it_answers(
    home: Home, answer: Answer, rung: Rung, sentence: str
) -> None:
    platform = Platform({"reviews": answer, "other": lambda _: reviews({"id": "o"})})
    script(home, "first", platform, REVIEWS, OTHER)
    assert rungs(pull(home, shop_id="first")) == [(rung, sentence)]
    assert loaded(home, "first") == ["o"]
    platform.answers["reviews"] = lambda _: reviews({"id": "a"})
    assert rungs(pull(home, shop_id="first")) == []
    assert loaded(home, "first") == ["a", "o"]


def test_a_source_that_does_not_open_stops_its_streams_and_no_other_shop(home: Home) -> None:
    def closed() -> None:
        raise ConfigurationError("the token is missing")

    script(home, "first", Platform(opens=closed), REVIEWS, OTHER)
    script(home, "second", Platform({"reviews": lambda _: reviews({"id": "a"})}), REVIEWS)
    pulled = pull(home)
    assert [(one.shop_id, one.rung, one.name) for one in blocked_in(pulled)] == [
        ("first", Rung.SOURCE, "shopify")
    ]
    assert loaded(home, "second") == ["a"]


def test_a_shop_whose_step_fails_stops_no_other_shop(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.steps.build as step

    whole = step._build_shop

    def broken(opened: Home, shop: object, *, is_full: bool) -> dict[str, int]:
        if getattr(shop, "id", "") == "first":
            raise ZeroDivisionError("a fault of ours")
        return whole(opened, shop, is_full=is_full)  # type: ignore[arg-type]  # a shop

    monkeypatch.setattr(step, "_build_shop", broken)
    done = run(home)
    assert [(one.shop_id, one.rung, one.name, one.sentence) for one in done.blocked] == [
        ("first", Rung.SHOP, "build", "it fails: ZeroDivisionError")
    ]
    assert done.is_blocked
    assert [one.shop_id for one in done.acted] == ["second"]
    assert [one.en for one in done.reported.daily.blocked] == [
        "first: shop build: it fails: ZeroDivisionError"
    ]
    assert [one.zh for one in done.reported.daily.blocked] == [
        "first：店铺 build：出错（原文：it fails: ZeroDivisionError）"
    ]


def test_a_run_that_read_nothing_says_why(home: Home) -> None:
    for shop in ("first", "second"):
        script(home, shop, Platform({"reviews": refusing}), REVIEWS)
    with pytest.raises(SourceRejectedError, match="read_reviews"):
        run(home)


def test_checks_tell_of_what_was_set_aside_quarantined_or_unknown(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    many = [{"id": str(number), "stars": -number} for number in range(1, 40)]
    platform = Platform(
        {
            "reviews": lambda _: reviews({"id": "a", "mood": "x", "me@example.com": 1}, *many),
            "other": lambda _: UNMAPPABLE,
        }
    )
    script(home, "first", platform, REVIEWS, OTHER)
    with caplog.at_level(logging.WARNING):
        pull(home, shop_id="first")
    fields = {one.check: one for one in reading_checks(home, home.shop("first"))}
    assert (fields["readings"].passed, fields["readings"].is_blocking) == (False, True)
    assert fields["readings"].measured == "1 set aside: an answer is not readable JSON"
    assert (fields["quarantine"].passed, fields["quarantine"].measured) == (
        False,
        "39 of 40 rows, 98%",
    )
    assert (fields["unknown_fields"].passed, fields["unknown_fields"].is_blocking) == (False, False)
    assert fields["unknown_fields"].measured == "mood"
    warned = [record.getMessage() for record in caplog.records if "nobody knows" in record.msg]
    assert len(warned) == 1
    assert "example.com" not in caplog.text


def test_nobody_is_left_in_an_odd_document_once_somebody_is_forgotten(home: Home) -> None:
    platform = Platform({"reviews": lambda _: reviews({**ODD, "by": "member-7"})})
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first")
    assert "member-7" in home.quarantine.open(shop_id="first")["payload"][0]
    forget(home, "member-7", shop_id="first")
    assert home.quarantine.open(shop_id="first")["payload"].to_list() == ["{}"]


def test_every_value_of_a_stream_reaches_what_reads_it(home: Home) -> None:
    """From a declaration to platform, mapping and record: each value, dropped, shows."""
    stream = replace(
        REVIEWS,
        mapping_version=7,
        look_back=3 * HOUR,
        settle=2 * HOUR,
        max_window=dt.timedelta(days=1),
    )
    platform = Platform()
    script(home, "first", platform, stream)
    pull(home, shop_id="first")
    begin = dt.datetime(2026, 11, 17, 23, tzinfo=dt.UTC)  # midnight of history_from in Berlin
    day = dt.timedelta(days=1)
    end = NOW - 2 * HOUR
    assert platform.asked["reviews"] == [
        Window(begin, begin + day),
        Window(begin + day, begin + 2 * day),
        Window(begin + 2 * day, end),
    ]
    platform.now += HOUR
    pull(home, shop_id="first")
    assert platform.asked["reviews"][3:] == [Window(end - 3 * HOUR, end + HOUR)]
    context = platform.contexts[-1]
    assert (context.shop_id, context.currency, context.time_zone) == (
        "first",
        "EUR",
        "Europe/Berlin",
    )
    assert (context.read_at, context.mapping_version) == (NOW + HOUR, 7)
    assert context.facts == {"decimals": 3}
    made = fingerprint(home.shop("first"), stream)
    kept = home.readings
    assert kept.loaded_by("first", "reviews", older_than=7, fingerprint=made) == []
    assert len(kept.loaded_by("first", "reviews", older_than=8, fingerprint=made)) == 4
    assert len(kept.loaded_by("first", "reviews", older_than=7, fingerprint="other")) == 4


def test_days_that_are_asked_for_are_read_and_move_no_watermark(home: Home) -> None:
    platform = Platform()
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first", first=dt.date(2026, 11, 18), last=dt.date(2026, 11, 18))
    midnight = dt.datetime(2026, 11, 17, 23, tzinfo=dt.UTC)
    assert platform.asked["reviews"] == [Window(midnight, midnight + dt.timedelta(days=1))]
    assert home.readings.watermark("first", "reviews") is None


def test_streams_are_chosen_by_name_and_by_whether_they_ask(home: Home) -> None:
    from contracts.tables import Parcel

    platform = Platform()
    lookup = replace(OTHER, lookup=Parcel)
    script(home, "first", platform, REVIEWS, replace(OTHER, name="third"), lookup)
    pull(home, shop_id="first", stream="third")
    assert set(platform.asked) == {"third"}
    pull(home, shop_id="first", lookups=False)
    assert set(platform.asked) == {"third", "reviews"}
    with pytest.raises(ConfigurationError, match="no shop has a stream 'fourth'"):
        pull(home, stream="fourth")


def test_a_span_that_is_read_anew_closes_what_could_not_be_named(home: Home) -> None:
    platform = Platform({"reviews": lambda _: reviews({"id": "a"}, {"id": "x" * 500})})
    script(home, "first", platform, REVIEWS)
    pull(home, shop_id="first")
    assert home.quarantine.open(shop_id="first").height == 1
    platform.answers["reviews"] = lambda _: reviews({"id": "a"}, {"id": "b"})
    platform.now += HOUR
    pull(home, shop_id="first")
    assert home.quarantine.open(shop_id="first").height == 1, "another window says nothing of it"
    pull(home, shop_id="first", first=dt.date(2026, 11, 18), last=dt.date(2026, 11, 21))
    assert home.quarantine.open(shop_id="first").is_empty()
    assert loaded(home, "first") == ["a", "b"]


def test_a_backfill_that_could_not_map_a_reading_says_so_and_is_held(home: Home) -> None:
    platform = Platform({"reviews": lambda _: UNMAPPABLE, "other": lambda _: reviews({"id": "o"})})
    script(home, "first", platform, REVIEWS, OTHER)
    days = BackfillSpan(first=dt.date(2026, 11, 18), last=dt.date(2026, 11, 19), shop_id="first")
    done = backfill(home, plan(home, days))
    assert {one.sentence for one in blocked_in(done.pulled)} == {"an answer is not readable JSON"}
    assert done.is_blocked
    assert loaded(home, "first") == ["o"]
