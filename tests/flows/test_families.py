"""All that is held of a person is handed out, and after `forget` no byte of the home holds it.

What is planted is generated over all contracts: each document of each table that is about persons,
with every personal column, every id and every key of it.
"""

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from contracts.actions import FORGOTTEN, Judged
from contracts.codes import ActionState, WriteKind
from contracts.families import canonical, is_root, naming_columns, owners, person_ids
from contracts.personal import COMPARED, member_columns, purposes
from contracts.streams import Page
from contracts.tables import TABLES, Table
from flows.steps.forget import find_stored, forget
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from flows.steps.subject import subject
from tests.flows import scripted
from tests.flows.planted_people import (
    AT,
    BORN,
    MEMBER,
    OTHERS,
    THEIRS,
    page_of,
    planted,
    stream,
    to_rows,
)
from tests.flows.scripted import NOW, Answer, Platform
from warehouse.event_chain import Events

pytestmark = pytest.mark.long
PERSONAL = [one for one in canonical() if member_columns(one) or owners(one)]
ROOTS = [one for one in PERSONAL if is_root(one)]


def propose(home: Home, whose: str, kind: WriteKind, target: str) -> str:
    """An action for somebody in the ledger, approved; its id."""
    given = {
        "policy": "policy",
        "shop_id": "shop",
        "target_id": target,
        "parent_id": planted("order_id", whose),
        "sku_id": None,
        "write_kind": str(kind),
        "currency": "EUR",
        "reason_code": "reason",
        "numbers": json.dumps({"spent": f"spent.{whose}@example.com"}),
        "evidence": json.dumps({"row": planted("order_id", whose)}),
        "payload": json.dumps({"text": f"said.{whose}@example.com"}),
        "window_start": AT,
        "expires_at": NOW + dt.timedelta(days=9),
        "member_id": home.members(home.shop("shop")).pseudonym(MEMBER[whose]),
        "needs_target_id": None,
        "state": str(ActionState.APPROVED),
        "guard": None,
        "guard_reason": f"reason.{whose}@example.com",
    }
    judged = Judged.sample(1, overrides=[given])
    home.ledger.record(judged, run_id="run", at=AT)
    (action,) = home.ledger.find(targets=[target])
    return action.action_id


def answering(root: Table, action_ids: dict[str, str]) -> Answer:
    """What a platform says of both persons, whatever the window."""
    return lambda _: [page_of(root, action_ids, (THEIRS, OTHERS))]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home that holds two persons, in every place where it may hold one."""
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    scripted.write(tmp_path, "shop")
    with open_home(tmp_path) as opened:
        fill(opened, ROOTS)
        opened.reports.mkdir()
        for whose in (THEIRS, OTHERS):
            text = f"<p>{planted('order_id', whose)}</p>"
            (opened.reports / f"{whose}.html").write_text(text, encoding="utf-8")
        yield opened


def fill(home: Home, roots: Sequence[Table]) -> None:
    """Let a home hold two persons in these tables, in quarantine and in the ledger."""
    action_ids = {}
    for whose in (THEIRS, OTHERS):
        propose(home, whose, WriteKind.CREATE_COUPON, planted("coupon_code", whose))
        action_ids[whose] = propose(
            home, whose, WriteKind.SEND_MESSAGE, f"message.{whose}@example.com"
        )
    answers: dict[str, Answer] = {stream(root).name: answering(root, action_ids) for root in roots}
    scripted.script(home, "shop", Platform(answers), *map(stream, roots))
    assert [one.blocked for one in pull(home) if one.blocked] == []
    hold(home, roots, action_ids)


def hold(home: Home, roots: Sequence[Table], action_ids: dict[str, str]) -> None:
    """Let every document be held in quarantine, too."""
    shop = home.shop("shop")
    from checks.rows import split
    from contracts.erasing import protect
    from contracts.streams import Reading, Window

    for root in roots:
        page = page_of(root, action_ids, (THEIRS, OTHERS))
        odd = [one | {"is_odd": True} for one in json.loads(page.body)]
        start = NOW - dt.timedelta(hours=1)
        reading = Reading("shop", stream(root).name, Window(start, NOW), NOW)
        context = shop.context(NOW)
        mapped = protect(
            to_rows([Page(json.dumps(odd).encode(), "page")], context), home.members(shop)
        )
        home.quarantine.keep(reading, split(mapped, context).bad)
    assert home.quarantine.open()["table"].n_unique() == len(roots)


def contents(home: Home) -> Iterator[tuple[str, str]]:
    """Every byte of the home as text: as it lies there, unpacked, and unsealed."""
    vault = home.keys.vault
    for path in sorted(home.folder.rglob("*")):
        if path.is_file() and path.parent.name != "keys":
            name = str(path.relative_to(home.folder))
            yield name, path.read_bytes().decode("utf-8", errors="replace")
            if path.suffix == ".parquet" and path.parts[-2] != "_delta_log":
                frame = pl.read_parquet(path)
                yield name, json.dumps(frame.to_dicts(), default=str)
                table = next(one for one in path.parts if one in TABLES)
                yield name, json.dumps(vault.open_frame(frame, table).to_dicts(), default=str)
    for manifest in sorted((home.folder / "data" / "landing" / "readings").rglob("*.json")):
        yield str(manifest), vault.open(manifest.read_bytes(), name="manifest").decode()
    for reading_id in home.landing.complete("shop"):
        for page in home.landing.pages(reading_id):
            yield f"landing {reading_id}", page.part + page.body.decode()
    yield "quarantine", json.dumps(home.quarantine.all("shop").to_dicts(), default=str)
    yield "ledger", str(home.ledger.find())
    database = sqlite3.connect(home.folder / "data" / "shopkeeper.db")
    for line in database.iterdump():
        yield f"database: {line[:60]}", line
    database.close()


def lying_open(folder: Path) -> str:
    """What a folder tells to who has no keys: its bytes, tables and databases unpacked."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            texts.append(path.read_bytes().decode("utf-8", errors="replace"))
            if path.suffix == ".parquet":
                texts.append(json.dumps(pl.read_parquet(path).to_dicts(), default=str))
            elif path.suffix == ".db":
                database = sqlite3.connect(path)
                texts += database.iterdump()
                database.close()
    return "\n".join(texts)


def said(whose: str) -> set[str]:
    """All that was planted of somebody."""
    columns = {
        name
        for one in PERSONAL
        for name in (*member_columns(one), *purposes(one.schema), *naming_columns(one))
        if name not in ("message_id", "member_id", "title", "month_day")
    }
    texts = {planted(name, whose) for name in columns}
    return texts | {
        f"{name}.{whose}@example.com" for name in ("spent", "said", "reason", "message")
    }


def test_the_tables_tell_what_names_a_person() -> None:
    assert {
        "order_id",
        "shipment_id",
        "case_id",
        "review_id",
        "grant_id",
        "coupon_code",
    } <= person_ids()
    assert {"tracking_number", "message_id", "address", "profile_id"} <= person_ids()
    open_to_all = {"shop_id", "sku_id", "listing_id", "product_id", "coupon_id", "campaign_id"}
    assert not open_to_all & person_ids()


def test_all_that_was_planted_is_handed_out(home: Home, tmp_path: Path) -> None:
    subject(home, MEMBER[THEIRS], out=tmp_path / "out.json", by="ann")
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    assert {one for one in said(THEIRS) if one not in text} == set()
    assert {one for one in said(OTHERS) if one in text} == set()
    assert [one["month_day"] for one in json.loads(text)["occasions"]] == [BORN[THEIRS]]


def test_after_forget_nothing_that_was_planted_is_in_any_byte_of_the_home(home: Home) -> None:
    pseudonym = home.members(home.shop("shop")).pseudonym(MEMBER[THEIRS])
    before = home.scan("orders", home.shop("shop")).collect()["total_minor"].sum()
    forget(home, MEMBER[THEIRS], by="ann")
    _is_nowhere(home, pseudonym)
    born = home.scan("occasions", home.shop("shop")).collect()
    assert home.keys.vault.open_frame(born, "occasions")["month_day"].to_list() == [BORN[OTHERS]]
    assert find_stored(home, MEMBER[THEIRS]).is_empty
    assert home.scan("orders", home.shop("shop")).collect()["total_minor"].sum() == before
    assert Events(home.database).verify() is None
    kept = "\n".join(text for _, text in contents(home))
    assert {one for one in said(OTHERS) if one not in kept} == set()

    platform = home.shop("shop")
    pull(home, first=AT.date(), last=NOW.date())  # the platform goes on telling of them
    _is_nowhere(home, pseudonym)
    assert home.scan("orders", platform).collect()["total_minor"].sum() == before


def _is_nowhere(home: Home, pseudonym: str) -> None:
    texts = said(THEIRS)
    found = {(name, one) for name, text in contents(home) for one in texts if one in text}
    assert found == set()
    named = {name for name, text in contents(home) if pseudonym in text}
    on_the_list = (
        "erasures.ndjson",
        "data/shopkeeper.db",
        'database: INSERT INTO "erasures"',
        'database: INSERT INTO "events"',
    )
    assert {name for name in named if not name.startswith(on_the_list)} == set()


SECRET = ("coupon_code", "shipment_id", "tracking_number", "grant_id", "address", "message", "said")


def test_a_copy_of_data_without_keys_tells_no_code_no_parcel_and_no_message(
    home: Home, tmp_path: Path
) -> None:
    (action,) = home.ledger.find(targets=[planted("coupon_code", THEIRS)])
    assert action.payload
    copy = shutil.copytree(home.folder / "data", tmp_path / "copy")
    readable_text = lying_open(copy)
    secrets = {f"{name}.{whose}@" for name in SECRET for whose in (THEIRS, OTHERS)}
    assert {one for one in secrets if one in readable_text} == set()
    assert not any(f'"month_day": "{one}"' in readable_text for one in BORN.values())
    assert planted("order_id", THEIRS) in readable_text  # as docs/guarantees.md says


def test_what_a_home_of_before_left_open_is_sealed_when_it_is_opened(
    home: Home, tmp_path: Path
) -> None:
    vault = home.keys.vault
    tables = [one for one in TABLES if COMPARED & set(purposes(TABLES[one].schema).values())]
    for name in tables:
        home.lake.rewrite(name, partial(vault.open_frame, table_name=name, only=COMPARED))
    for path in (home.folder / "data" / "landing" / "readings").rglob("*.json"):
        path.write_bytes(vault.open(path.read_bytes(), name="manifest"))
    home.readings.record(home.lake.versions())
    with home.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO due VALUES ('seal')")
        for document_id in (
            connection.exec_driver_sql(
                "SELECT document_id FROM quarantine WHERE table_name = 'parcels'"
            )
            .scalars()
            .all()
        ):
            connection.exec_driver_sql(
                "UPDATE quarantine SET document_id = ? WHERE document_id = ?",
                (vault.open_document("parcels", document_id), document_id),
            )
    assert planted("tracking_number", THEIRS) in lying_open(home.folder / "data")
    with open_home(home.folder) as again:
        assert again.database
        copy = shutil.copytree(again.folder / "data", tmp_path / "copy")
        secrets = {planted(name, THEIRS) for name in SECRET}
        assert {one for one in secrets if one in lying_open(copy)} == set()
        parcels = vault.open_frame(again.scan("parcels", again.shop("shop")).collect(), "parcels")
        assert planted("shipment_id", THEIRS) in parcels["shipment_id"].to_list()
        assert "parcels" in again.quarantine.open()["table"].to_list()


def test_what_waits_for_who_is_forgotten_is_not_sent(home: Home) -> None:
    forget(home, MEMBER[THEIRS], by="ann")
    states = {one.member_id == FORGOTTEN: one.state for one in home.ledger.find()}
    assert states == {True: ActionState.SUPERSEDED, False: ActionState.APPROVED}
