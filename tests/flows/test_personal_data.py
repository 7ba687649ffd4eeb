"""No person and no secret is in clear anywhere; who is forgotten is nowhere and stays so."""

import datetime as dt
import json
import logging
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts.errors import ConfigurationError
from contracts.streams import Page, Reading, Window
from contracts.tables import TABLES
from flows.steps.build import build
from flows.steps.export import export
from flows.steps.forget import find_stored, forget
from flows.steps.home import Home
from flows.steps.pull import pull
from flows.steps.retention import expire
from flows.steps.run import run
from flows.steps.subject import subject
from sandbox.tamper import UNKNOWN_STATUS
from tests.flows.conftest import TOKEN, Merchant
from warehouse.event_chain import Events

NAME = "Zacharias Querfeldt"
MAIL = "z.querfeldt@example.com"
PHONE = "+49 30 12345678"
IN_CLEAR = (NAME, MAIL, PHONE, "gid://shopify/Customer/")
NOT_OURS = {"inbox", "keys"}  # what the merchant exports, and what must not be read by others


def contents(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file as text; tables and databases unpacked, since a compressed name is not found."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.relative_to(folder).parts[0] in NOT_OURS:
            continue
        name = str(path.relative_to(folder))
        yield name, path.read_bytes().decode("utf-8", errors="replace")
        if path.suffix == ".parquet":
            yield name, json.dumps(pl.read_parquet(path).to_dicts(), default=str)
        elif path.suffix == ".db":
            reader = sqlite3.connect(path)
            yield name, "\n".join(reader.iterdump())
            reader.close()


def where(folder: Path, *texts: str) -> set[str]:
    """Files that hold one of the texts in clear."""
    return {name for name, text in contents(folder) if any(one in text for one in texts)}


def unsealed(home: Home) -> str:
    """All that those who have the keys can read."""
    pages = [page for one in home.landing.complete("demo") for page in home.landing.pages(one)]
    tables = [
        home.keys.vault.open_frame(home.lake.scan(name, with_deleted=True).collect(), name)
        for name in TABLES
    ]
    held_back = home.quarantine.open()["payload"].to_list()
    texts = [page.body.decode(errors="replace") for page in pages]
    texts += [json.dumps(table.to_dicts(), default=str) for table in tables]
    return "\n".join([*texts, *held_back])


def plant_titles(merchant: Merchant) -> None:
    world = merchant.world
    sku = pl.col("product_id").cast(pl.String)
    title = pl.format("Mug {} of {}, {}", sku, pl.lit(MAIL), pl.lit(PHONE))
    now = pl.lit(world.clock)
    world.products = world.products.with_columns(title=title, updated_at=now)
    world.discounts = world.discounts.with_columns(title=pl.lit(f"For {NAME}"), updated_at=now)
    world.version += 1


def plant_page(home: Home, customer: str, *, number: int) -> None:
    """A raw answer that holds what nobody asked for, nested."""
    address = {"name": NAME, "phone": PHONE, "lines": [{"deep": MAIL}]}
    order: dict[str, Any] = {
        "id": "gid://shopify/Order/1",
        "customer": {"id": f"gid://shopify/Customer/{customer}", "addresses": [address]},
        "note": f"call {NAME}",
    }
    start = dt.datetime(2026, 10, number, tzinfo=dt.UTC)
    reading = Reading("demo", "orders", Window(start, start + dt.timedelta(days=1)), start)
    page = Page(json.dumps({"orders": {"nodes": [order]}}).encode(), "page")
    home.landing.keep(reading, iter([page]))


def busiest(home: Home) -> tuple[str, list[str]]:
    """The platform's id of the member with the most orders, and the orders."""
    orders = home.scan("orders", home.shop("demo")).drop_nulls("member_id").collect()
    member_id = orders["member_id"].value_counts(sort=True)["member_id"][0]
    members = home.scan("members", home.shop("demo")).filter(pl.col("member_id") == member_id)
    opened = home.keys.vault.open_frame(members.collect(), "members")
    of_theirs = orders.filter(pl.col("member_id") == member_id)
    return opened["platform_member_id"].item(), of_theirs["order_id"].to_list()


@pytest.mark.slow
def test_after_the_whole_loop_no_person_and_no_secret_is_in_clear_anywhere(
    merchant: Merchant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plant_titles(merchant)
    order_id = merchant.tamper("status", status=f"HELD {UNKNOWN_STATUS}")["order_id"]
    with merchant.open() as home:
        run(home)
        plant_page(home, "7", number=1)
        export(home, "listings", out=merchant.folder / "listings.csv", file_format="csv")
        export(home, "members", out=merchant.folder / "members.csv", file_format="csv")
        readable = unsealed(home)
        assert order_id in home.quarantine.open(table_name="orders")["document_id"].to_list()
    assert all(one in readable for one in IN_CLEAR)
    assert where(merchant.folder, *IN_CLEAR, TOKEN) == set()
    assert list(merchant.folder.glob("reports/*.html"))
    assert not any(one in caplog.text for one in (*IN_CLEAR, TOKEN))


@pytest.mark.long
def test_who_is_forgotten_is_nowhere_nor_after_the_next_pull_nor_after_a_restore(
    built: Merchant,
) -> None:
    with built.open() as home:
        customer, order_ids = busiest(home)
        member_id = home.members(home.shop("demo")).pseudonym(customer)
        built.tamper("status", order_id=order_ids[0])
        pull(home, stream="orders")
        plant_page(home, customer, number=2)
        before = home.scan("kpis_daily", home.shop("demo")).collect()
        found = find_stored(home, customer)
        assert (found.rows["members"], found.rows["orders"]) == (1, len(order_ids))
        assert found.rows["order_lines"] > 0
        assert found.rows["order_follow_ups"] > 0  # what is computed of them counts and goes too
        assert found.quarantined == 1
    backup = shutil.copytree(built.folder / "data", built.folder.parent / "backup")

    with built.open() as home:
        forget(home, customer, by="ann")
        _is_nowhere(home, customer, member_id)
        after = home.scan("kpis_daily", home.shop("demo")).collect()
        assert after["gmv_minor"].sum() == before["gmv_minor"].sum()
        assert [one.kind for one in Events(home.database).of(member_id)] == [
            "erasure asked",
            "erasure done",
        ]

    built.tamper("change_order", order_id=order_ids[-1])
    built.tamper("status", order_id=order_ids[0], status="PAID")
    with built.open() as home:
        pull(home, stream="orders")
        pull(home, stream="customers")
        _is_nowhere(home, customer, member_id)
        orders = home.scan("orders", home.shop("demo")).collect()
        assert not set(order_ids) & set(orders["order_id"])
        theirs = orders.filter(pl.col("order_id").str.starts_with("f-"))
        assert theirs["member_id"].to_list() == [None] * len(order_ids)

    shutil.rmtree(built.folder / "data")
    shutil.copytree(backup, built.folder / "data")
    with built.open() as home:
        _is_nowhere(home, customer, member_id)
        kinds = [one.kind for one in Events(home.database).of(member_id)]
        assert kinds == ["erasure recalled", "erasure done"]
        assert find_stored(home, customer).is_forgotten


def _is_nowhere(home: Home, customer: str, member_id: str) -> None:
    """Neither by the platform's id nor by the pseudonym, but for the erasure itself."""
    assert find_stored(home, customer).is_empty
    readable = unsealed(home)
    assert f'Customer/{customer}"' not in readable
    assert member_id not in readable
    assert NAME not in readable
    files = where(home.folder, member_id)
    assert files <= {"erasures.ndjson", "data/shopkeeper.db", "data/shopkeeper.db-wal"}
    with home.database.read() as connection:
        for table in ("quarantine", "actions", "check_results"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert member_id not in str(rows)


def test_an_erasure_that_broke_off_is_carried_out_when_the_home_is_opened_again(
    built: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with built.open() as home:
        customer, _ = busiest(home)
        with monkeypatch.context() as patch:
            patch.setattr(home.landing, "rewrite", _die)
            with pytest.raises(KeyboardInterrupt):
                forget(home, customer)
        assert find_stored(home, customer).pages
    with built.open() as home:
        assert find_stored(home, customer).is_empty


def _die(*_: object) -> int:
    raise KeyboardInterrupt


def test_a_person_is_handed_what_is_held_of_them_and_of_nobody_else(
    built: Merchant, tmp_path: Path
) -> None:
    out = tmp_path / "subject.json"
    with built.open() as home:
        customer, order_ids = busiest(home)
        plant_page(home, customer, number=3)
        export(home, "orders", out=tmp_path / "orders.csv", file_format="csv")
        subject(home, customer, out=out, by="ann")
        answer = json.loads(out.read_text(encoding="utf-8"))
        member_id = answer["member_id"]
        copies = find_stored(home, customer).copies
        assert [one.kind for one in Events(home.database).of(member_id)] == ["subject"]
    assert out.stat().st_mode & 0o077 == 0
    assert answer["members"][0]["platform_member_id"] == customer
    assert {order["order_id"] for order in answer["orders"]} == set(order_ids)
    assert {line["order_id"] for line in answer["order_lines"]} == set(order_ids)
    assert NAME in json.dumps(answer["answers"])
    assert {order["member_id"] for order in answer["orders"]} == {member_id}
    states = [(one.table, one.state) for one in copies]
    assert states == [("", "handed out"), ("orders", "still there")]


def test_forget_shows_its_plan_first_and_changes_nothing_without_yes(built: Merchant) -> None:
    with built.open() as home:
        customer, order_ids = busiest(home)
    words = ["--home", str(built.folder), "--json", "forget", "--member", customer]
    done = subprocess.run(
        [sys.executable, "-m", "shopkeeper", *words], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert answer["done"] is False
    rows = answer["held"]["rows"]
    assert (rows["members"], rows["orders"]) == (1, len(order_ids))
    assert answer["held"]["pages"] > 0
    with built.open() as home:
        assert not find_stored(home, customer).is_forgotten
        assert find_stored(home, customer).rows == answer["held"]["rows"]


def test_raw_answers_and_platform_ids_go_when_their_time_is_over_and_rows_stay(
    built: Merchant,
) -> None:
    toml = "[retention]\nlanding_days = 1\npurpose_days = { contact = 5 }\n"
    (built.folder / "shopkeeper.toml").write_text(toml, encoding="utf-8")
    with built.open() as home:
        shop = home.shop("demo")
        orders = home.scan("orders", shop).collect().height
        assert expire(home).readings == 0
        built.advance(48)
        pull(home, stream="products")
        gone = expire(home)
        kept = home.landing.complete("demo")
        members = home.scan("members", shop).collect()
        now = home.now(shop)
        assert gone.readings > 0
        assert kept
        assert all("/products/" in one for one in kept)
        assert home.scan("orders", shop).collect().height == orders
    old = members["source_updated_at"] < now - dt.timedelta(days=5)
    assert old.any()
    assert members.filter(old)["platform_member_id"].null_count() == old.sum()


def test_a_home_whose_key_is_lost_says_so_and_makes_no_other(built: Merchant) -> None:
    (built.folder / "keys" / "data.key").unlink()
    with (
        built.open() as home,
        pytest.raises(ConfigurationError, match=r"keys/data.key does not exist"),
    ):
        build(home)
    assert not (built.folder / "keys" / "data.key").exists()


def test_a_home_that_gets_another_member_key_is_refused(built: Merchant) -> None:
    with built.open() as home:
        assert home.keys
    shutil.copy(built.folder / "keys" / "data.key", built.folder / "keys" / "members.key")
    with built.open() as home, pytest.raises(ConfigurationError, match="members is not the key"):
        build(home)


def test_the_first_use_of_a_home_makes_keys_that_only_their_owner_reads(merchant: Merchant) -> None:
    shutil.rmtree(merchant.folder / "keys")
    with merchant.open() as home:
        assert home.keys
    found = sorted((merchant.folder / "keys").iterdir())
    assert [file.name for file in found] == [".gitignore", "data.key", "members.key"]
    keys = found[1:]
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)
    assert len({key.read_text(encoding="utf-8") for key in keys}) == 2
