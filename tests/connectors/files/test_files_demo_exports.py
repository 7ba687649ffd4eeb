"""The exports of the merchant's world are read whole by the ready-made descriptions."""

import datetime as dt

import polars as pl
import pytest

from connectors.files import CONNECTOR
from contracts.ports import Stores
from contracts.streams import Context, Mapped, Window
from contracts.tables import TABLES
from sandbox.world.exports import write_exports
from sandbox.world.world import World, build

ZONE = "America/New_York"
NOT_EXPORTED = {
    *("traffic_hourly", "listing_traffic_daily", "slot_traffic_daily", "active_users"),
    "funnel_daily",
}
"""Tables of a stream that none of the world's exports fills."""


@pytest.fixture(scope="module")
def world() -> World:
    return build(dt.date(2026, 11, 22), days=30, households=150)


@pytest.fixture(scope="module")
def read(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mapped]:
    folder = tmp_path_factory.mktemp("exports")
    write_exports(world, folder)
    settings = CONNECTOR.settings.model_validate(
        {
            "folder": folder,
            "mappings": [
                "erp_costs",
                "erp_purchasing",
                "erp_stockouts",
                "competitor_offers",
                "sycm_traffic",
            ],
            "time_zone": ZONE,
            "as_of": world.clock,
            "quiet_seconds": 0,
        }
    )
    assert CONNECTOR.streams_of is not None
    client = CONNECTOR.open_client(settings, Stores())
    window = Window(client.now() - dt.timedelta(days=365), client.now())
    context = Context("shop", "USD", ZONE, client.now())
    return {
        stream.name: stream.to_canonical(stream.fetch(client, window), context)
        for stream in CONNECTOR.streams_of(settings)
    }


def test_every_row_fits_its_contract_and_no_column_is_unknown(read: dict[str, Mapped]) -> None:
    for mapped in read.values():
        assert mapped.rejects.height == 0
        assert mapped.unknown_fields == ()
        for name, frame in mapped.frames.items():
            assert frame.height > 0 or name in NOT_EXPORTED, name
            TABLES[name].schema.validate(frame)


def test_latest_cost_of_each_corrected_product_is_the_true_one(
    read: dict[str, Mapped], world: World
) -> None:
    latest = read["costs"].frames["costs"].sort("valid_from").unique("sku_id", keep="last")
    later = latest.filter(pl.col("valid_from") == pl.col("valid_from").max())
    true = world.products.select(
        sku_id=pl.col("product_id").cast(pl.String), true="unit_cost_minor"
    )
    joined = later.join(true, on="sku_id", how="left")
    assert joined["unit_cost_minor"].to_list() == joined["true"].to_list()


def test_pieces_on_the_way_are_those_of_the_planned_open_orders(
    read: dict[str, Mapped], world: World
) -> None:
    frames = read["purchasing"].frames
    planned = frames["supply_terms"]["sku_id"].cast(pl.Int64).implode()
    orders = world.purchase_orders.filter(
        ~pl.col("is_received"), pl.col("product_id").is_in(planned)
    )
    assert frames["inbound"]["inbound_units"].sum() == orders["units"].sum()


def test_other_tables_have_as_many_rows_as_the_world(read: dict[str, Mapped], world: World) -> None:
    assert read["stockouts"].frames["stockout_days"].height == world.stockouts.height
    assert read["offers"].frames["competitor_offers"].height == world.offers.height


def test_visitors_above_a_thousand_are_read_whole(read: dict[str, Mapped]) -> None:
    traffic = read["traffic"].frames["traffic_daily"]
    assert traffic["traffic_source"].n_unique() == 5
    assert (traffic["views_units"] >= traffic["visitors_units"]).all()
