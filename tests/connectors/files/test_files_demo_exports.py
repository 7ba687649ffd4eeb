"""The exports of the merchant's world are read whole by the ready-made descriptions."""

import datetime as dt

import polars as pl
import pytest

from connectors.files import CONNECTOR
from contracts.ports import Stores
from contracts.streams import Context, Mapped, Window
from contracts.tables import TABLES
from sandbox.world.exports import write_exports
from sandbox.world.reports import DAYS, PRODUCTS, write_reports
from sandbox.world.world import World, build

ZONE = "America/New_York"
FIRST = 680_000_000
"""What the platform adds to a product's number."""
NOT_EXPORTED = {"traffic_hourly", "slot_traffic_daily", "active_users"}
"""Tables of a stream that none of the world's exports fills."""


@pytest.fixture(scope="module")
def world() -> World:
    return build(dt.date(2026, 11, 22), days=30, households=150)


@pytest.fixture(scope="module")
def read(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mapped]:
    folder = tmp_path_factory.mktemp("exports")
    write_exports(world, folder)
    write_reports(world, folder, first_number=FIRST)
    settings = CONNECTOR.settings.model_validate(
        {
            "folder": folder,
            "mappings": [
                "erp_costs",
                "erp_purchasing",
                "erp_stockouts",
                "competitor_offers",
                "sycm_traffic",
                "sycm_items",
                "visit_reports",
                "shop_scores",
                "goals",
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
    assert (traffic["dwell_seconds"] >= 60 * traffic["visitors_units"]).all()
    assert traffic["bounced_units"].is_between(1, traffic["visitors_units"]).all()


def test_visits_of_a_product_are_at_least_its_buyers(read: dict[str, Mapped], world: World) -> None:
    visits = read["traffic"].frames["listing_traffic_daily"]
    assert visits.height == DAYS * PRODUCTS
    local = pl.col("created_at").dt.convert_time_zone(ZONE).dt.date().alias("traffic_date")
    buyers = (
        world.lines.join(world.orders.select("order_id", local), on="order_id")
        .group_by("traffic_date", product_id=(pl.col("product_id") + FIRST).cast(pl.String))
        .agg(buyers=pl.col("order_id").n_unique())
    )
    joined = visits.join(buyers, on=["traffic_date", "product_id"])
    assert joined.height > 200
    assert (joined["carted_units"] >= joined["buyers"]).all()
    assert (visits["visitors_units"] >= visits["carted_units"]).all()


def test_paths_lose_visits_step_by_step_and_end_in_orders(
    read: dict[str, Mapped], world: World
) -> None:
    steps = read["traffic"].frames["funnel_daily"].sort("funnel_date", "funnel_path", "step")
    lost = pl.col("sessions_units").diff().over("funnel_date", "funnel_path").fill_null(0)
    assert steps.select((lost <= 0).all()).item()
    last = steps.filter(funnel_path="search", step=3)
    assert 0 < last["sessions_units"].sum() < world.orders.height


def test_ratings_and_goals_are_those_of_the_month(read: dict[str, Mapped]) -> None:
    assert read["shop_ratings"].frames["shop_ratings"].height == 3 * DAYS
    goals = read["goals"].frames
    assert goals["targets"]["metric_name"].to_list() == ["dsr_goods", "gmv", "orders"]
    assert set(goals["targets"]["first_date"]) == {dt.date(2026, 11, 1)}
    assert set(goals["benchmarks"]["last_date"]) == {dt.date(2026, 11, 30)}
