"""Several processes of one home: they take turns, share the platform's limits and lose nothing."""

import datetime as dt
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from contracts.errors import BusyError, ConfigurationError
from deployments.at_once import AT_ONCE
from flows.steps.build import build
from flows.steps.clock import machine_now
from flows.steps.home import Home
from flows.steps.leases import LENGTH, lease
from flows.steps.opening import open_home
from flows.steps.pull import pull, pull_stream
from sandbox.server import running
from sandbox.shopify.cost import Bucket, Rates
from sandbox.world.world import World
from tests.flows.conftest import TOKEN, Merchant, write_home
from tests.flows.shopper import ask
from tests.postgres import Postgres
from warehouse.event_chain import Events
from warehouse.models import leases

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
PULL = (
    "import sys; from flows.steps.opening import open_home; from flows.steps.pull import pull\n"
    "with open_home(sys.argv[1]) as home:\n    [pull(home, stream=s) for s in sys.argv[2:]]"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def of_either_kind(
    request: pytest.FixtureRequest, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Merchant]:
    """A home whose database is a file, or a PostgreSQL named by reference."""
    if request.param == "sqlite":
        yield merchant
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.at_head()
    monkeypatch.setenv("SHOP_DATABASE", url)
    settings = f'{AT_ONCE}[storage]\ndatabase = "env:SHOP_DATABASE"\n'
    (merchant.folder / "shopkeeper.toml").write_text(settings, encoding="utf-8")
    yield merchant
    postgres.drop(url)


def test_two_processes_that_pull_at_once_lose_nothing(of_either_kind: Merchant) -> None:
    streams = (["orders", "customers"], ["products", "inventory", "discounts"])
    command = [sys.executable, "-c", PULL, str(of_either_kind.folder)]
    pulling = [subprocess.Popen([*command, *names], cwd=ROOT) for names in streams]
    assert [process.wait(timeout=300) for process in pulling] == [0, 0]

    with of_either_kind.open() as home:
        assert home.readings.unfinished() == []
        summed = home.reading_totals.summary()
        assert sorted(summed["stream"]) == sorted([name for names in streams for name in names])
        assert summed["landed_rows"].equals(
            (summed["loaded_rows"] + summed["quarantined_rows"]).rename("landed_rows")
        )
        assert home.readings.versions() == home.lake.versions()
        placed = home.lake.scan("orders").collect().height + home.quarantine.open().height
        assert placed >= sum(day["orders"] for day in of_either_kind.truth()) > 0


def test_a_stream_that_another_process_pulls_is_left_alone_and_it_is_said_who_does(
    merchant: Merchant,
) -> None:
    with merchant.open() as home:
        home.leases.take(
            "pull demo products", holder="elsewhere:7:a", length=LENGTH, at=machine_now()
        )
        with pytest.raises(BusyError, match=r"pull demo products.*elsewhere:7:a, until .* UTC"):
            pull_stream(home, shop_id="demo", stream="products")
        assert home.readings.unfinished() == []
        assert home.lake.versions() == {}
        assert pull(home, stream="inventory")[0].readings == 1


def test_a_shop_that_another_process_builds_is_left_alone(built: Merchant) -> None:
    with built.open() as home:
        before = home.readings.versions()
        with lease(home, "build demo"), pytest.raises(BusyError, match="build demo"):
            build(home)
        assert home.readings.versions() == before
        assert build(home)["kpis_daily"] > 0


def test_what_a_process_was_killed_at_can_be_done_at_once(merchant: Merchant) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(timeout=60)
    with merchant.open() as home:
        for start in ("a", "b"):
            home.leases.take(
                f"work {start}",
                holder=f"{socket.gethostname()}:{ended.pid}:{start}",
                length=dt.timedelta(days=1),
                at=machine_now(),
            )
            with lease(home, f"work {start}") as mine:
                mine.confirm()
                assert mine.lease.fence == 2


def test_a_lease_is_renewed_while_the_work_goes_on(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held_until(home: Home) -> dt.datetime | None:
        with home.database.read() as connection:
            return connection.execute(select(leases.c.lease_until)).scalar()

    monkeypatch.setattr("flows.steps.leases.LENGTH", dt.timedelta(seconds=0.4))
    with merchant.open() as home, lease(home, "work"):
        first = held_until(home)
        for _ in range(600):
            if held_until(home) != first:
                return
            time.sleep(0.05)
        pytest.fail("nobody renewed the lease")


def test_whoever_slept_through_his_lease_stops_when_another_has_taken_over(
    merchant: Merchant,
) -> None:
    with merchant.open() as home, lease(home, "work") as mine:
        home.leases.take(
            "work", holder="elsewhere:7:a", length=LENGTH, at=machine_now() + 2 * LENGTH
        )
        with pytest.raises(BusyError, match="taken over"):
            mine.confirm()


def test_processes_that_ask_one_shop_never_exceed_what_it_permits(
    seeded_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_TOKEN", TOKEN)
    refused: list[float] = []
    take = Bucket.take

    def counted(bucket: Bucket, points: float) -> bool:
        taken = take(bucket, points)
        if not taken:
            refused.append(points)
        return taken

    monkeypatch.setattr(Bucket, "take", counted)
    with running(seeded_world, token=TOKEN, rates=Rates(maximum=400, restore=200)) as url:
        write_home(tmp_path / "home", url, seeded_world)
        ask(str(tmp_path / "home"), 1)  # the first answer tells what is permitted
        command = [sys.executable, "-m", "tests.flows.shopper", str(tmp_path / "home"), "12"]
        asking = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
        assert [process.wait(timeout=300) for process in asking] == [0, 0]
        assert refused == []
        with open_home(tmp_path / "home") as home:
            bucket = home.shop("demo").platform.open().bucket
            assert bucket.state.maximum == 400


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://me:hunter2@localhost/shop",
        "postgresql+psycopg://me@localhost/shop?password=hunter2",
    ],
)
@pytest.mark.parametrize("key", ["database", "database_owner"])
def test_a_database_password_that_is_written_out_is_refused(
    merchant: Merchant, key: str, written: str
) -> None:
    settings = f'[storage]\n{key} = "{written}"\n'
    (merchant.folder / "shopkeeper.toml").write_text(settings, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"line 2: `storage.{key}`.*written out") as raised:
        merchant.open()
    assert "hunter2" not in str(raised.value)


def test_a_database_is_named_by_a_secret_file_of_the_home(merchant: Merchant) -> None:
    settings = '[storage]\ndatabase = "file:database.url"\n'
    (merchant.folder / "shopkeeper.toml").write_text(settings, encoding="utf-8")
    place = merchant.folder / "elsewhere.db"
    (merchant.folder / "database.url").write_text(f"sqlite:///{place}\n", encoding="utf-8")
    with merchant.open() as home:
        assert Events(home.database).count() == 0
    assert place.is_file()
