"""What holds for every test: the same random rows and examples on every machine."""

import gc
import os
import zlib
from collections.abc import Iterator
from functools import partial

import dataframely as dy
import pytest
from hypothesis import settings

from tests.once import REPLACED
from tests.postgres import Postgres, running

# A developer's run looks for new examples; CI repeats the same ones, so that a red run is a change.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("developer", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "developer")


# What takes minutes begins first, the longest before the rest: so no core stands idle at the end.
_FIRST = (
    "tests/flows/test_planted_faults",
    "tests/crash/",
    "tests/deployments/test_schedules.py",
    "tests/deployments/test_unattended.py",
    "tests/actions/test_wrong_feeds.py",
    "tests/deployments/test_prove.py",
    "tests/connectors/test_every_",
    "tests/flows/test_backtest.py",
    "tests/flows/test_complete_journey.py",
    "tests/actions/test_repricing_days.py",
    "tests/flows/",
    "tests/test_audit.py",
    "tests/actions/",
    "tests/deployments/",
    "tests/test_new.py",
    "tests/warehouse/",
)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some tests mostly wait for a minute or for a process."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        fits = (number for number, one in enumerate(_FIRST) if item.nodeid.startswith(one))
        return next(fits, len(_FIRST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported stays; looking through it for rubbish takes half a second each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    """What every test would make alike is made once."""
    with pytest.MonkeyPatch.context() as patch:
        for name, replaced in REPLACED:
            patch.setattr(name, replaced)
        yield


@pytest.fixture(autouse=True)
def _same_samples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that `Schema.sample` invents depend on the test's name alone."""
    seed = zlib.crc32(request.node.nodeid.encode())
    monkeypatch.setattr("dataframely.schema.Generator", partial(dy.random.Generator, seed))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, started when the first test asks for it."""
    with running() as server:
        yield server
