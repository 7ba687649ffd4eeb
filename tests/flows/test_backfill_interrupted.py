"""Ninety days, killed five times on the way, end as if nothing had happened."""

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.steps.backfill import BackfillSpan, keep, plan, read
from flows.steps.build import build as build_step
from flows.steps.opening import open_home
from sandbox.server import running
from sandbox.world.world import World, build
from tests.flows.conftest import RATES, TODAY, TOKEN, write_home
from tests.flows.test_backfill import canonical

ROOT = Path(__file__).parents[2]
DAYS, SEED, KILLS = 90, 20261122, 5
PATIENCE = 120.0


@pytest.fixture(scope="module")
def quarter() -> World:
    return build(TODAY, days=DAYS + 5, households=12)


@pytest.fixture
def home(quarter: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WORLD_TOKEN", TOKEN)
    with running(quarter, token=TOKEN, rates=RATES) as url:
        for name in ("home", "straight"):
            write_home(tmp_path / name, url, quarter)
        yield tmp_path / "home"


def start(home: Path, span: BackfillSpan) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "shopkeeper", "--home", str(home), "--json", "backfill"),
            *("--from", str(span.first), "--to", str(span.last), "--table", "order_lines"),
        ],
        cwd=ROOT,
        env={**os.environ, "WORLD_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def landed(home: Path) -> int:
    return len(list((home / "data").rglob("readings/**/*.json")))


@pytest.mark.long
def test_ninety_days_interrupted_five_times_end_like_an_uninterrupted_backfill(
    home: Path,
) -> None:
    last = TODAY - dt.timedelta(days=8)
    span = BackfillSpan(first=last - dt.timedelta(days=DAYS - 1), last=last, table="order_lines")
    with open_home(home.parent / "straight") as straight:
        planned = plan(straight, span)
        keep(straight, planned)
        read(straight, planned.readings)
        build_step(straight)
        expected = canonical(straight)
    chance = random.Random(SEED)
    weeks = len(planned.readings)
    for after in [0, *sorted(chance.sample(range(1, weeks), KILLS - 2)), weeks]:
        running_one = start(home, span)
        try:
            began = time.monotonic()
            while landed(home) < after and time.monotonic() - began < PATIENCE:
                assert running_one.poll() is None, running_one.communicate()[1]
                time.sleep(0.005)
            time.sleep(chance.random() / 4)
        finally:
            running_one.send_signal(signal.SIGKILL)
        _, complaint = running_one.communicate()
        assert running_one.returncode == -signal.SIGKILL, complaint
    reported, complaint = start(home, span).communicate(timeout=PATIENCE)
    answer = json.loads(reported or "{}")
    assert answer.get("checks"), complaint
    with open_home(home) as interrupted:
        assert plan(interrupted, span).readings == []
        found = canonical(interrupted)
    assert found.keys() == expected.keys()
    assert found["orders"].height > DAYS
    for name, frame in expected.items():
        assert found[name].equals(frame), name
