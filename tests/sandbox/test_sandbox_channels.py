"""One merchant on several platforms: other households, the same goods, another currency."""

from datetime import date
from itertools import combinations

import httpx
import polars as pl
import pytest

from sandbox.merchant import merchant
from sandbox.server import running
from sandbox.world.channels import CHANNELS, TAOBAO, WOOCOMMERCE
from sandbox.world.world import World, build

TODAY = date(2026, 11, 22)
MONEY = ("unit_minor", "automatic_minor", "code_minor")


@pytest.fixture(scope="module")
def whole() -> World:
    """All households on one platform."""
    return build(TODAY, days=30)


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """The same days on all platforms."""
    return merchant(TODAY, days=30, channels=tuple(CHANNELS))


def test_channels_share_no_household_and_together_have_all(
    whole: World, worlds: dict[str, World]
) -> None:
    members = {name: set(world.customers["household_id"]) for name, world in worlds.items()}
    assert all(members.values())
    for one, other in combinations(members.values(), 2):
        assert not one & other
    # Who never buys a best seller is no member of the channel that offers nothing else.
    nowhere = set(whole.customers["household_id"]) - set().union(*members.values())
    assert all(household % 10 in TAOBAO.remainder for household in nowhere)
    sold = {name: world.orders.height for name, world in worlds.items()}
    elsewhere = whole.orders.filter(~(pl.col("household_id") % 10).is_in(list(TAOBAO.remainder)))
    assert sum(sold.values()) - sold["taobao"] == elsewhere.height
    assert 0 < sold["taobao"] <= whole.orders.height - elsewhere.height


def test_a_channel_offers_its_best_sellers(worlds: dict[str, World]) -> None:
    assert worlds["taobao"].products.height == 1_500 < worlds["amazon"].products.height


def test_the_same_product_has_the_same_number_on_all_channels(worlds: dict[str, World]) -> None:
    columns = ["product_id", "title", "vendor"]
    shopify = worlds["shopify"].products.select(columns)
    for world in worlds.values():
        both = world.products.select(columns).join(shopify, on="product_id", suffix="_shopify")
        assert both.height > 500
        assert both["title"].equals(both["title_shopify"], check_names=False)


def test_amounts_are_those_of_the_data_in_the_currency_of_the_channel(
    whole: World, worlds: dict[str, World]
) -> None:
    for world in worlds.values():
        factor = world.channel.minor_per_cent
        lines = world.lines.join(whole.lines, on="line_id", suffix="_cents")
        assert lines.height == world.lines.height
        for name in MONEY:
            assert (lines[name] == lines[f"{name}_cents"] * factor).all()
        assert set(world.orders["currency"]) == {world.channel.currency}
    refunds = worlds["taobao"].refunds.join(worlds["taobao"].orders, on="order_id")
    assert (refunds["amount_minor"] % 7 == 0).all()
    assert refunds.height > 0


def test_a_world_of_the_merchant_is_the_world_built_for_its_channel() -> None:
    together = merchant(TODAY, days=7, households=60, channels=("shopify", "taobao"))
    alone = build(TODAY, days=7, households=60, channel=TAOBAO)
    assert list(together) == ["shopify", "taobao"]
    for name in ("orders", "lines", "products", "contacts", "reviews", "parcels", "ads"):
        assert getattr(together["taobao"], name).equals(getattr(alone, name)), name


def test_days_are_those_of_the_channels_zone(worlds: dict[str, World]) -> None:
    for world in worlds.values():
        due = world.orders["deliver_by_at"].dt.convert_time_zone(world.channel.zone)
        assert set(due.dt.to_string("%H:%M:%S")) == {"23:59:59"}
        start = world.orders["deliver_from_at"].dt.convert_time_zone(world.channel.zone)
        assert set(start.dt.to_string("%H:%M:%S")) == {"00:00:00"}
        assert (world.orders["created_at"] < world.orders["deliver_from_at"]).all()


def test_parcel_numbers_are_unique_among_all_channels(worlds: dict[str, World]) -> None:
    numbers = pl.concat([world.parcels["number"] for world in worlds.values()])
    assert numbers.n_unique() == numbers.len()


def test_worlds_of_one_server_are_told_apart_and_move_together() -> None:
    worlds = merchant(TODAY, days=7, households=40, channels=("shopify", "woocommerce"))
    shop = worlds["shopify"]
    with running(shop, channels=worlds) as url, httpx.Client(base_url=url) as http:
        moved = http.post("/world/advance", json={"hours": 24}).json()
        for name, world in worlds.items():
            given = {"channel": name}
            assert http.get("/world/clock", params=given).json()["clock"] == moved["clock"]
            days = http.get("/truth/days", params=given).json()
            assert sum(day["orders"] for day in days) == world.orders.height
        unknown = http.get("/truth/days", params={"channel": "bazaar"})
    assert unknown.status_code == 400
    assert "bazaar" in unknown.json()["errors"]
    assert worlds["woocommerce"].channel == WOOCOMMERCE
