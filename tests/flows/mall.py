"""A home whose one shop takes public replies, with one that is drafted, and a command line."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from connectors.base.declaration import Write
from connectors.base.registry import connector
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState, Reversal, WriteKind
from contracts.payloads import Reply, decode, encode
from contracts.tables import PriceFact, StockFact
from flows.steps.home import Home
from flows.steps.opening import open_home
from tests.flows.commands import Typed, typing
from tests.flows.scripted import NOW, REVIEWS, Platform, write
from tests.warehouse.rows import judged, proposal, rows
from warehouse.models import actions as table

TEXT = "Thank you for telling us. " + "We are sorry that the parcel came late. " * 12 + "Yours."
NUMBERS = {"stars_units": 1, "review_topic": "logistics", "age_hours": 3.0, "answer_hours": 24.0}
POLICY = 'mode = "approve"\n[limits]\nmax_actions = 9\nmax_exposure_minor = 0\n'


@dataclass
class Mall:
    """A platform that takes public replies; `received` are their texts."""

    received: list[str] = field(default_factory=list)

    def send(self, _client: Any, changes: Sequence[Change]) -> list[Outcome]:
        self.received += [decode(change.payload, Reply).text for change in changes]
        return [
            Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED) for change in changes
        ]


@dataclass
class Place:
    """A home with one drafted reply, the platform that it is for, and a command line."""

    folder: Path
    mall: Mall
    typed: Typed
    action_id: str

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.typed("--json", "actions", "show", self.action_id)[1]
        )
        return found

    def edit(self, **values: Any) -> None:
        """Change the action's row behind Shopkeeper's back."""
        with open_home(self.folder) as home, home.database.write() as connection:
            connection.execute(
                update(table).where(table.c.action_id == self.action_id).values(**values)
            )


def _with(home: Home, mall: Mall) -> Home:
    """The shop's platform takes replies and tells of no review; there is nothing else."""
    shop, platform = home.shop("shop"), Platform()
    reply = Write(kind=WriteKind.REPLY_REVIEW, reversal=Reversal.IRREVERSIBLE, live=None,
                  send=mall.send)  # fmt: skip
    declared = replace(
        connector("shopify"), open_client=lambda *_: platform.client(), writes=(reply,),
        streams=(platform.stream(REVIEWS),), streams_of=None,
    )  # fmt: skip
    (source,) = shop.sources
    home.shops["shop"] = replace(shop, sources=(replace(source, connector=declared),))
    return home


def propose(home: Home, text: str = TEXT, state: str = "proposed", target: str = "review-1") -> str:
    """Draft a reply; its id."""
    row = proposal(
        target, policy="review_follow_up", shop_id="shop", state=state, currency=None,
        write_kind="reply_review", before_value=0, after_value=1, reason_code="bad_review",
        numbers=json.dumps(NUMBERS), payload=encode(Reply(text=text)),
        window_start=NOW, expires_at=NOW + dt.timedelta(days=1),
    )  # fmt: skip
    home.ledger.record(judged(row), run_id="run", at=NOW)
    return home.ledger.find(targets=[target])[0].action_id


def made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Place:
    """The home, its reply proposed."""
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    write(folder, "shop")
    (folder / "policies" / "review_follow_up.toml").write_text(POLICY, encoding="utf-8")
    approved = folder / "texts" / "approved.txt"
    approved.parent.mkdir()
    approved.write_text(f"# read by chen\n{TEXT}\n", encoding="utf-8")
    mall, opened = Mall(), Home.of
    monkeypatch.setattr(Home, "of", lambda path, **how: _with(opened(path, **how), mall))
    monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW)
    with open_home(folder) as home:
        for name, schema in (("price_facts", PriceFact), ("stock_facts", StockFact)):
            home.lake.replace(name, rows(schema, []), shop_id="shop")
        home.readings.record(home.lake.versions())
        action_id = propose(home)
    return Place(folder, mall, typing(folder, monkeypatch, capsys), action_id)
