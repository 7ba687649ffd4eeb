"""A source tells of what its settings say it does: what it does not is neither read nor fresh."""

from pathlib import Path

import pytest

from connectors.base.registry import connector
from contracts.ports import Stores
from flows.steps.shop import ShopSource


def source(folder: Path, mappings: list[str]) -> ShopSource:
    table = {"folder": "inbox", "mappings": mappings, "time_zone": "Asia/Shanghai"}
    return ShopSource("shop", connector("files"), table, "shop.toml", "", folder, Stores)


@pytest.mark.parametrize(
    ("mappings", "streams"),
    [
        (["erp_costs"], ["costs"]),
        (["pdd_orders", "pdd_reviews"], ["exported_orders", "exported_reviews"]),
    ],
)
def test_streams_of_exports_are_those_that_descriptions_fill(
    tmp_path: Path, mappings: list[str], streams: list[str]
) -> None:
    assert [stream.name for stream in source(tmp_path, mappings).streams()] == streams


def test_marketplace_always_tells_of_all_its_streams(tmp_path: Path) -> None:
    shopify = connector("shopify")
    found = ShopSource("shop", shopify, {}, "shop.toml", "", tmp_path, Stores).streams()
    assert found == list(shopify.streams)
