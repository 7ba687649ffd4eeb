"""The kit of the dialects: what all of them lean on, each part by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from sandbox.kit.arguments import (
    Arguments,
    between,
    day,
    flag,
    instant_of,
    less,
    listed,
    mapped,
    one_of,
    price,
    whole,
)  # fmt: skip
from sandbox.kit.errors import ErrorTable, RefusedError
from sandbox.kit.fields import alike, as_is, document, fixed, sparse, without, written
from sandbox.kit.frames import Derived, first_of, grouped, the_row
from sandbox.kit.limits import FixedWindows, TokenBucket, Window
from sandbox.kit.lists import Page, among, equal, falling, within
from sandbox.kit.resources import Reply, Resource, Row
from sandbox.kit.routing import Routing
from sandbox.kit.signing import signed_text
from sandbox.kit.tokens import Expiring, TokenPair
from sandbox.kit.values import BEIJING, TextTime, decimal_text, minor_of, ratio_text

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ERRORS = ErrorTable(
    ("code", "text", "more"),
    {
        "missing": (40, "{name} is missing"),
        "invalid": (41, "{name}: {reason}", "see {name}"),
        "no_path": (404, "{path}"),
        "no_method": (405, "{allow}"),
        "not_emulated": (501, "{what}"),
    },
)


class Clock:
    """Seconds that a test turns by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def refusal(of: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(RefusedError) as refused:
        of()
    return refused.value.entry


def test_a_refusal_names_what_it_is_about_and_leaves_out_what_it_has_not() -> None:
    assert ERRORS("missing", name="tid").entry == {"code": 40, "text": "tid is missing"}
    whole_entry = {"code": 41, "text": "a: b", "more": "see a"}
    assert ERRORS("invalid", name="a", reason="b").entry == whole_entry
    with pytest.raises(KeyError):
        ERRORS("missing")


@pytest.mark.parametrize(
    ("read", "good", "value", "bad"),
    [
        (whole, "-7", -7, ("x", "1.0", str(2**63))),
        (between(1, 5), "5", 5, ("0", "6")),
        (less(100), "107", 7, ("x",)),
        (one_of("a", "b"), "b", "b", ("c", "A")),
        (day, "2026-11-22", date(2026, 11, 22), ("22.11.2026", "2026-11-31")),
        (price, "12.30", 1230, ("0", "-1", "1.001", "x", "NaN", "100000000")),
        (instant_of, "1795348800000", datetime(2026, 11, 22, 12, tzinfo=UTC), ("x",)),
        (listed, '[{"a": 1}]', [{"a": 1}], ("{}", "[1]", "[")),
        (mapped, '{"a": 1}', {"a": 1}, ("[]", "{")),
    ],
)
def test_arguments_are_read_by_type(
    read: Callable[[str], object], good: str, value: object, bad: tuple[str, ...]
) -> None:
    assert Arguments({"x": good}, ERRORS).needed("x", read) == value
    for text in bad:
        with pytest.raises(RefusedError) as refused:
            Arguments({"x": text}, ERRORS).get("x", read)
        assert refused.value.entry["code"] == 41


def test_what_is_not_given_is_missing_or_its_default() -> None:
    args = Arguments({"empty": "", "names": "a, b,,c", "numbers": "1,2"}, ERRORS)
    assert refusal(lambda: args.needed("empty", str)) == {"code": 40, "text": "empty is missing"}
    assert args.get("empty", whole, 3) == 3
    assert args.get("empty", flag) is None
    assert args.names("names") == ["a", "b", "c"]
    assert args.each("numbers", less(1)) == [0, 1]
    assert refusal(lambda: args.each("numbers", whole, most=1))["code"] == 41


def test_a_document_is_its_fields_and_no_more_than_asked_for() -> None:
    fields = {
        **as_is("title", name="title"),
        **written(decimal_text, price="minor"),
        **fixed(kind="x"),
        "both": lambda row: f"{row['title']} {row['minor']}",
    }
    row = {"title": "Tea", "minor": None}
    everything = {"title": "Tea", "name": "Tea", "price": None, "kind": "x", "both": "Tea None"}
    assert document(fields, row) == everything
    assert document(fields, row, only={"price", "kind"}) == {"price": None, "kind": "x"}
    assert set(without(fields, "both", "kind")) == {"title", "name", "price"}


@pytest.mark.parametrize(("minor", "text"), [(0, "0.00"), (5, "0.05"), (-123, "-1.23")])
def test_amounts_are_text_and_back(minor: int, text: str) -> None:
    assert decimal_text(minor) == text
    assert minor_of(text) == minor


def test_quotients_and_times_are_text() -> None:
    assert (ratio_text(1, 3), ratio_text(1, 0), ratio_text(1, 3, places=4)) == (
        "0.33", "0.00", "0.3333",
    )  # fmt: skip
    times = TextTime(BEIJING)
    assert times.written(NOON) == "2026-11-22 20:00:00"
    assert times.parsed("2026-11-22 20:00:00") == NOON
    with pytest.raises(ValueError, match="a time as in"):
        times.parsed("2026-11-22T20:00:00")


def frame() -> pl.DataFrame:
    at = pl.Series([NOON, NOON + timedelta(hours=1), NOON]).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"key": [1, 2, 3], "parent": [1, 1, 2], "at": at})


def test_pages_begin_where_the_platform_begins_to_count() -> None:
    for first in (0, 1):
        page = Page(first + 1, 2, first)
        assert page.rows(frame())["key"].to_list() == [3]
        assert not page.has_next(frame())
        assert Page(first, 2, first).has_next(frame())
    given = Arguments({"no": "2", "size": "9"}, ERRORS)
    assert Page.of(given, "no", "size", most=9) == Page(2, 9)
    assert refusal(lambda: Page.of(given, "no", "size", most=8))["code"] == 41
    assert refusal(lambda: Page.of(given, "other", "size", most=9))["code"] == 40
    assert Page.of(given, "other", "none", most=9, default=20) == Page(1, 9)


def test_filters_keep_what_is_asked_for_and_all_when_nothing_is() -> None:
    def keys(*kept: pl.Expr) -> list[int]:
        found: list[int] = frame().filter(*kept)["key"].to_list()
        return found

    assert keys(within("at", NOON, NOON)) == [1, 3]
    assert keys(within("at", None, None), equal("key", None), among("key", [])) == [1, 2, 3]
    assert keys(within("at", NOON + timedelta(seconds=1), None)) == [2]
    assert keys(equal("parent", 1), among("key", [2, 3])) == [2]
    assert falling(frame(), "at", "key")["key"].to_list() == [2, 3, 1]


def test_rows_are_found_by_parent_and_by_condition() -> None:
    of_parent = {
        key: [row["key"] for row in rows] for key, rows in grouped(frame(), "parent").items()
    }
    assert of_parent == {1: [1, 2], 2: [3]}
    assert the_row(frame(), pl.col("parent") == 1, ERRORS("missing", name="x"))["key"] == 1
    assert refusal(lambda: the_row(frame(), pl.col("key") == 9, ERRORS("missing", name="x")))
    named = frame().select(
        first_of((pl.col("key") == 1, "one"), (pl.col("parent") == 1, "child"), otherwise="none")
    )
    assert named.to_series().to_list() == ["one", "child", "none"]


def test_what_follows_from_frames_is_made_anew_when_one_is_replaced() -> None:
    derived, made, own = Derived(), list[int](), frame()

    def make(frame: pl.DataFrame, number: int) -> int:
        made.append(number)
        return frame.height + number

    assert [derived(make, own, 1), derived(make, own, 1)] == [4, 4]
    assert made == [1]
    assert derived(make, own, 2) == 5
    assert derived(make, own.clone(), 2) == 5
    assert made == [1, 2, 2]


def test_a_window_that_is_full_counts_no_call_and_begins_anew() -> None:
    clock = Clock()
    counted = FixedWindows(clock)
    day_of_ours = Window(("app",), 86400, 3, offset=8 * 3600)
    second = Window(("app", "method"), 1, 2)
    assert [counted.take([day_of_ours, second]) for _ in range(3)] == [[], [], [second]]
    assert (counted.used(day_of_ours), counted.left(second)) == (2, 1)
    clock.seconds = 1
    assert [counted.take([day_of_ours, second]) for _ in range(2)] == [[], [day_of_ours]]
    assert counted.left(day_of_ours) == 16 * 3600 - 1
    clock.seconds = 16 * 3600
    assert counted.take([day_of_ours, second]) == []


def test_a_bucket_fills_as_time_passes_and_takes_back() -> None:
    clock = Clock()
    bucket = TokenBucket(4, 2, clock)
    assert [bucket.take(3), bucket.take(2), bucket.take()] == [True, False, True]
    clock.seconds = 1
    assert bucket.level() == 2
    bucket.give_back(99)
    assert bucket.level() == 4


def test_tokens_end_and_a_renewed_pair_ends_the_one_before() -> None:
    clock = Clock()
    opaque: Expiring[int] = Expiring(clock, prefix="t|")
    token = opaque.put(7, seconds=10)
    assert (token[:2], opaque.get(token), opaque.get("other")) == ("t|", 7, None)
    clock.seconds = 10
    assert (opaque.get(token), opaque.was_given(token)) == (None, True)
    pair = TokenPair("a", "b")
    assert pair.is_good("a", NOON)
    pair.renew(NOON, timedelta(hours=1))
    assert not pair.is_good("a", NOON)
    assert pair.is_good(pair.access, NOON)
    assert not pair.is_good(pair.access, NOON + timedelta(hours=1))
    assert pair.refresh not in ("b", pair.access)


def test_paths_lead_to_operations_and_the_rest_is_refused_by_its_kind() -> None:
    routing = Routing(
        {"/orders/{id}": {"GET": "one"}, "/skus/{sku:any}": {"GET": "sku"}},
        ERRORS,
        real=r"/orders/[^/]+/notes",
    )
    assert routing.find("GET", "/orders/7") == ("one", {"id": "7"})
    assert routing.find("GET", "/skus/a/b\nc") == ("sku", {"sku": "a/b\nc"})
    assert refusal(lambda: routing.find("POST", "/orders/7")) == {"code": 405, "text": "GET"}
    assert refusal(lambda: routing.find("GET", "/orders/7/notes"))["code"] == 501
    assert refusal(lambda: routing.find("GET", "/orders/7/8"))["code"] == 404


def test_what_is_signed_is_in_order_without_what_is_empty() -> None:
    params = {"foo_bar": "2", "foo": "1", "empty": "", "sign": "x", "360": "0"}
    assert signed_text(params) == b"3600foo1foo_bar2"


def test_fields_of_a_document_are_asked_for_one_by_one_and_inside_of_others() -> None:
    found = [{"id": 1, "billing": {"city": "A", "email": "a@b"}, "lines": [{"id": 2, "sku": "S"}]}]
    assert sparse(found, ["id", "billing.email", "lines.sku", "unknown.id"]) == [
        {"id": 1, "billing": {"email": "a@b"}, "lines": [{"sku": "S"}]}
    ]
    assert sparse(found, ["lines.id", "lines"]) == [{"lines": [{"id": 2, "sku": "S"}]}]
    assert alike("", "city state") == {"city": "", "state": ""}


def test_a_number_in_a_path_is_digits_alone() -> None:
    routing = Routing({"/orders/{key:int}": {"GET": "one"}, "/{rest:any}": {"GET": "all"}}, ERRORS)
    assert routing.find("GET", "/orders/12") == ("one", {"key": "12"})
    assert routing.find("GET", "/orders/1x") == ("all", {"rest": "orders/1x"})


class Notes(Resource[dict[str, Any]]):
    """Notes of a book by number; one without a text is refused, and that is written down."""

    kind = "note"
    allows = "create get update"

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.refused: list[tuple[str, Any]] = []

    def _asked(self, call: dict[str, Any]) -> tuple[Any, Any]:
        return call.get("key"), call.get("body")

    def _reply(self, call: dict[str, Any], shown: Row, status: int) -> Reply:
        return Reply(shown, status)

    @contextmanager
    def _refusing(self, call: object, verb: str, key: Any, given: Any) -> Iterator[None]:
        try:
            yield
        except RefusedError:
            self.refused.append((verb, key))
            raise

    def _shown(self, call: object, key: Any) -> Row:
        if key not in self.texts:
            raise ERRORS("no_path", path=key)
        return {"key": key, "text": self.texts[key]}

    def _checked(self, call: object, row: Row | None, given: Any) -> str:
        if not given:
            raise ERRORS("missing", name="text")
        return f"{row['text']}, {given}" if row else str(given)

    def _insert(self, call: object, written: str) -> int:
        self.texts[len(self.texts)] = written
        return len(self.texts) - 1

    def _write(self, call: object, row: Row, written: str) -> None:
        self.texts[row["key"]] = written


def test_a_resource_is_created_shown_and_changed_by_what_it_says_of_itself() -> None:
    notes = Notes()
    assert {path: list(ways) for path, ways in notes.operations("{id}").items()} == {
        "": ["POST"], "/{id}": ["GET", "POST", "PUT", "PATCH"],
    }  # fmt: skip
    assert notes.create({"body": "a"}) == Reply({"key": 0, "text": "a"}, 201)
    assert notes.update({"key": 0, "body": "b"}) == Reply({"key": 0, "text": "a, b"})
    assert notes.get({"key": 0}) == Reply({"key": 0, "text": "a, b"})


def test_what_is_refused_of_a_resource_is_not_written_and_the_dialect_hears_of_it() -> None:
    notes = Notes()
    assert refusal(lambda: notes.create({"body": ""}))["text"] == "text is missing"
    notes.create({"body": "a"})
    refusal(lambda: notes.update({"key": 0, "body": ""}))
    refusal(lambda: notes.update({"key": 5, "body": "b"}))
    assert notes.texts == {0: "a"}
    assert notes.refused == [("create", None), ("set", 0), ("set", 5)]
