"""The refusal path accepts anything: whatever a frame holds, nothing is lost or raised."""

import datetime as dt
import itertools
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from checks.rows import Split, split
from contracts.codes import QuarantineReason
from contracts.streams import Context, Mapped, Reading, Reject, Window
from contracts.tables import TABLES, TableKind
from tests.postgres import Postgres
from warehouse.database import Database
from warehouse.encryption import Vault
from warehouse.quarantine import Quarantine

HOURS = itertools.count()
READ_AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
CONTEXT = Context("demo", "USD", "America/New_York", READ_AT)
FILLED = sorted(name for name, table in TABLES.items() if table.kind is not TableKind.DERIVED)

# Frames of 20 columns shrink for minutes and tell no more.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

_TEXTS = st.one_of(
    st.sampled_from(
        ["", "1", "\0", "a\0b", "x" * 200, "x" * 201, "y" * 10_000, "é" * 250, "|", "?"]
    ),
    st.text(max_size=8),
)
_INSTANTS = st.datetimes(timezones=st.just(dt.UTC))


def _values(dtype: pl.DataType) -> st.SearchStrategy[Any]:
    kinds: dict[type[pl.DataType], st.SearchStrategy[Any]] = {
        pl.String: _TEXTS,
        pl.Boolean: st.booleans(),
        pl.Date: st.dates(),
        pl.Datetime: _INSTANTS,
        pl.Float64: st.floats(),
    }
    found = kinds.get(type(dtype))
    if found is None:
        assert dtype.is_integer(), dtype
        bits = int(str(dtype).removeprefix("Int")) - 1
        found = st.one_of(
            st.integers(-(2**bits), 2**bits - 1), st.sampled_from([-(2**bits), 2**bits - 1, 0, 1])
        )
    return st.none() | found


@st.composite
def frames(draw: st.DrawFn) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Any rows of a few tables, and any rejects of them."""
    names = draw(st.lists(st.sampled_from(FILLED), min_size=1, max_size=3, unique=True))
    if draw(st.booleans()):
        names = ["orders", "order_lines"]
    found = {}
    for name in names:
        types = {column: one.dtype for column, one in TABLES[name].schema.columns().items()}
        rows = draw(
            st.lists(
                st.fixed_dictionaries({column: _values(dtype) for column, dtype in types.items()}),
                max_size=4,
            )
        )
        found[name] = pl.DataFrame(rows, schema=types)
    reject = st.fixed_dictionaries(
        {
            "table": st.sampled_from(names),
            "document_id": st.none() | _TEXTS,
            "reason": st.sampled_from([str(one) for one in QuarantineReason]),
            "column": st.none() | _TEXTS,
            "detail": st.none() | _TEXTS,
            "raw": st.none() | _TEXTS,
        }
    )
    rejects = pl.DataFrame(draw(st.lists(reject, max_size=3)), schema=Reject.create_empty().schema)
    return found, rejects


def parted(given_frames: dict[str, pl.DataFrame], rejects: pl.DataFrame) -> Split:
    return split(Mapped(given_frames, rejects), CONTEXT)


@given(frames())
@settings(max_examples=100, deadline=None, phases=PHASES)
def test_every_row_passes_or_is_held_under_a_name_that_can_be_stored(
    drawn: tuple[dict[str, pl.DataFrame], pl.DataFrame],
) -> None:
    given_frames, rejects = drawn
    result = parted(given_frames, rejects)
    for name, frame in given_frames.items():
        assert result.good[name].height <= frame.height
        _, failed = TABLES[name].schema.filter(result.good[name], cast=False)
        assert failed.counts() == {}, "what passes is valid"
    held = result.bad
    assert held.select("table", "document_id").is_duplicated().any() is False
    assert held["document_id"].str.len_bytes().is_between(1, 200).all()
    if rejects.height or any(
        result.good[name].height < frame.height for name, frame in given_frames.items()
    ):
        assert held.height > 0


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def quarantine(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Any:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('any') / 'shopkeeper.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.at_head()
    database = Database(url)
    yield Quarantine(database, Vault(b"k" * 32))
    database.close()


@given(frames())
@settings(max_examples=25, deadline=None, phases=PHASES)
def test_what_is_held_can_be_kept_and_is_read_back(
    quarantine: Quarantine, drawn: tuple[dict[str, pl.DataFrame], pl.DataFrame]
) -> None:
    bad = parted(*drawn).bad
    # Each example is a reading of its own: what one closes stays closed for its instant.
    now = READ_AT + dt.timedelta(hours=next(HOURS))
    reading = Reading("demo", "orders", Window(now - dt.timedelta(days=1), now), now)
    quarantine.keep(reading, bad)
    kept = quarantine.open(shop_id="demo").select("table", "document_id", "reasons", "payload")
    assert bad.join(kept, on=bad.columns, how="anti").is_empty()


@pytest.mark.parametrize("first", ["x" * 201, "x" * 300])
def test_two_long_names_that_begin_alike_stay_two_documents(first: str) -> None:
    rejects = pl.DataFrame(
        [
            {"table": "orders", "document_id": one, "reason": "unknown_shape"}
            for one in (first, first + "y")
        ],
        schema=Reject.create_empty().schema,
    )
    assert parted({}, rejects).bad["document_id"].n_unique() == 2
