"""What an account says of itself reaches the mapping, and a replay maps as the reading was."""

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.base.declaration import Stream
from contracts.streams import Context, Facts, Mapped, Page, Reading, Window
from flows.steps import pull
from flows.steps.home import Home
from flows.steps.opening import open_home
from tests.flows.test_lookup_streams import SHOP

NOW = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
READING = Reading("demo", "prices", Window(NOW - dt.timedelta(days=1), NOW), NOW)


class Account:
    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def account_facts(self) -> Facts:
        return {"decimals": self.decimals}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "shops").mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    (tmp_path / "shops" / "demo.toml").write_text(SHOP, encoding="utf-8")
    with open_home(tmp_path) as opened:
        yield opened


def test_a_replay_maps_by_what_the_account_said_then(home: Home) -> None:
    seen: list[Facts] = []

    def to_canonical(_pages: Iterable[Page], context: Context) -> Mapped:
        seen.append(context.facts)
        return Mapped({})

    def fetch(_client: Any, _window: Window) -> Iterator[Page]:
        yield Page(b"{}", "page")

    shop = home.shop("demo")
    stream = Stream(name="prices", tables=(), fetch=fetch, to_canonical=to_canonical)
    pull.pull_reading(home, shop, stream, Account(4), READING)
    pull.pull_reading(home, shop, stream, Account(2), READING)
    assert seen == [{"decimals": 4}, {"decimals": 4}]
