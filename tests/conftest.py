"""What holds for every test: the same random rows and examples on every machine."""

import os
import zlib
from collections.abc import Iterator
from functools import partial

import dataframely as dy
import pytest
from hypothesis import settings

from tests.postgres import Postgres, running

# A developer's run looks for new examples; CI repeats the same ones, so that a red run is a change.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("developer", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "developer")


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
