"""Laws of derived tables: after whatever was read, a build ends as a whole one does."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contracts.tables import TABLES, TableKind
from flows.steps import whole_days
from flows.steps.build import build, derive, rebuild
from flows.steps.home import Home
from flows.steps.opening import open_home
from tests.flows.any_rows import FIRST_DAY, SPAN, any_rows
from tests.flows.homes import write_settings
from warehouse.gone import Snapshot
from warehouse.merge import family, root

pytestmark = pytest.mark.fuzz
CANONICAL = sorted(name for name, one in TABLES.items() if one.kind is not TableKind.DERIVED)
VERSIONED = sorted(
    {root(family(one)) for one in TABLES.values() if one.kind is TableKind.VERSIONED}
)
SHOP, CURRENCY = "mug", "USD"
NOW = FIRST_DAY + SPAN

Step = tuple[list[str], int, int, bool, bool]
"""Tables that are read, a seed, hours until then, whether versioned ones are whole, and whether a
`rebuild` comes before the build."""
STEPS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(CANONICAL), min_size=1, max_size=6, unique=True),
        st.integers(0, 2**32),
        st.sampled_from([0, 0, 3, 30]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


class Clocked:
    """A home whose newest reading is when the test says."""

    def __init__(self, home: Home, patch: pytest.MonkeyPatch) -> None:
        self.home, self.now = home, NOW
        patch.setattr(Home, "data_as_of", lambda _home, _shop: self.now)
        patch.setattr(whole_days, "LINES_AT_ONCE", 5)  # so that a whole build has stretches

    def read(self, name: str, draw: Random, *, is_whole: bool) -> None:
        """Merge a reading that is up to a day old: newer ones may be there already, or not yet."""
        read_at = self.now + dt.timedelta(hours=draw.randrange(-24, 3))
        frames = any_rows(TABLES[name], draw, shop_id=SHOP, currency=CURRENCY, read_at=read_at)
        top = root(family(TABLES[name])) if TABLES[name].kind is TableKind.VERSIONED else ""
        whole = {top: Snapshot(shop_id=SHOP, read_at=read_at)} if top and is_whole else None
        merged = self.home.lake.merge(self.home.keys.vault.seal_frames(frames), snapshots=whole)
        self.home.readings.record({table: one.version for table, one in merged.items()})

    def read_all(self, draw: Random) -> None:
        """Something of every table, in any order."""
        for name in draw.sample(CANONICAL, len(CANONICAL)) * 2:
            self.read(name, draw, is_whole=False)
        self.check()

    def check(self) -> None:
        """Build what changed; every derived table is as if it were built whole."""
        build(self.home)
        shop = self.home.shop(SHOP)
        for name, frame in derive(self.home, shop, as_of=self.now).items():
            key = TABLES[name].key
            built = self.home.scan(name, shop).sort(key).collect()
            assert_frame_equal(built, frame.sort(key), check_exact=True), name


@contextmanager
def opened(folder: Path) -> Iterator[Clocked]:
    with pytest.MonkeyPatch.context() as patch, open_home(folder) as home:
        yield Clocked(home, patch)


@pytest.fixture(scope="module")
def read_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something of every table was read, and built."""
    folder = write_settings(tmp_path_factory.mktemp("read") / "home", **{SHOP: CURRENCY})
    with opened(folder) as clocked:
        clocked.read_all(Random(0))
    return folder


@pytest.fixture
def clocked(read_home: Path, tmp_path: Path) -> Iterator[Clocked]:
    with opened(Path(copytree(read_home, tmp_path / "home"))) as clocked:
        yield clocked


def after(steps: list[Step]) -> None:
    with (
        TemporaryDirectory() as folder,
        opened(write_settings(Path(folder), **{SHOP: CURRENCY})) as clocked,
    ):
        clocked.read_all(Random(steps[0][1]))
        for names, seed, hours, is_whole, is_rebuilt in steps:
            draw = Random(seed)
            clocked.now += dt.timedelta(hours=hours)
            for name in names:
                clocked.read(name, draw, is_whole=is_whole)
            if is_rebuilt:
                rebuild(clocked.home, changed=names)
            clocked.check()


@given(STEPS)
@settings(max_examples=20)
def test_a_build_after_any_readings_ends_as_a_whole_one(steps: list[Step]) -> None:
    after(steps)


@pytest.mark.parametrize("name", CANONICAL)
def test_a_build_after_a_change_of_one_table_ends_as_a_whole_one(
    clocked: Clocked, name: str
) -> None:
    draw = Random(name)
    for is_whole in (False, True):
        clocked.read(name, draw, is_whole=is_whole)
        clocked.check()
