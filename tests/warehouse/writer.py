"""One of several processes that merge the same orders, exports and prices into one lake."""

import datetime as dt
import random
import sys
from collections.abc import Mapping

import polars as pl

from contracts.tables import Inbound, Price
from tests.warehouse.rows import batch, hour, rows, version_rows
from warehouse.lake import Lake

ORDERS = 5
VERSIONS = 3


def batches(seed: int) -> list[Mapping[str, pl.DataFrame]]:
    """Versions of a few orders with what else a reading brings, in an order of the seed's own."""
    chance = random.Random(seed)
    numbers = [(order, version) for order in range(ORDERS) for version in range(VERSIONS)]
    chance.shuffle(numbers)
    return [
        {**_orders(some), **_others(some)}
        for some in (numbers[start : start + 3] for start in range(0, len(numbers), 3))
    ]


def _orders(numbers: list[tuple[int, int]]) -> dict[str, pl.DataFrame]:
    return batch(
        [
            version_rows(
                str(order),
                lines={"a": version + 1, "bcd"[version]: 1},
                refunds=("r",) if version % 2 else (),
                created_date=dt.date(2026, 11, 10 + order % 3),
                source_updated_at=hour(version),
                read_at=hour(version + 1),
                content_hash=version,
            )
            for order, version in numbers
        ]
    )


def _others(numbers: list[tuple[int, int]]) -> dict[str, pl.DataFrame]:
    """Exports that hold fewer rows the later they are, and a price per order and version."""
    skus = [
        {"sku_id": str(sku), "source_updated_at": hour(version), "read_at": hour(version)}
        for version in {version for _, version in numbers}
        for sku in range(VERSIONS - version)
    ]
    prices = [
        {"listing_id": str(order), "observed_at": hour(version), "read_at": hour(version)}
        for order, version in numbers
    ]
    return {"inbound": rows(Inbound, skus), "prices": rows(Price, prices)}


if __name__ == "__main__":
    for frames in batches(int(sys.argv[2])):
        Lake(sys.argv[1]).merge(frames)
