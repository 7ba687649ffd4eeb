"""Repricing decided for 100,000 SKUs of a built home: facts, proposals, all guards, the ledger.

Wall-clock seconds of `decide` in a process of its own and the most memory that it held; the aim is
8 s and 2 GB on two cores. No limit cuts the batch, so that whatever passes is a row of the ledger.
"""

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.streams import Reading, Window
from contracts.tables import (
    CompetitorOffer,
    Cost,
    Listing,
    Order,
    OrderLine,
    Price,
    StockLevel,
    SupplyTerms,
    table_of,
)
from deployments.at_once import AT_ONCE
from flows.steps.build import build
from flows.steps.decide import decide
from flows.steps.opening import open_home
from warehouse.landing import Landed
from warehouse.readings import Counts

SKUS = 100_000
DAYS, LINES_A_DAY = 28, 7_000
AS_OF = dt.datetime(2026, 11, 29, 4, tzinfo=dt.UTC)
AIM_SECONDS = 8.0
_TOKEN = "SHOPKEEPER_BENCH_TOKEN"
_SHOP = f"""
name = "Bench"
currency = "USD"
time_zone = "America/New_York"
[sources.shopify]
base_url = "http://127.0.0.1:9"
access_token = "env:{_TOKEN}"
is_sandbox = true
[sources.files]
folder = "inbox"
mappings = ["erp_costs", "erp_purchasing", "competitor_offers"]
time_zone = "America/New_York"
as_of = {AS_OF:%Y-%m-%dT%H:%M:%SZ}
[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""
_POLICY = """
mode = "auto"
[parameters]
rule = "match"
min_factor = 0.7
max_factor = 1.5
[limits]
max_actions = 100_000
max_exposure_minor = 1_000_000_000_000
max_mean_change_rate = 1.0
"""


def main() -> None:
    """Make the home and decide in it, each in a process of its own; print one JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        for step in ("prepare", "decide"):
            command = [sys.executable, "-m", "tests.bench.reprice", step, folder]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    sys.stdout.write(done.stdout)


def prepare(folder: Path) -> None:
    """Write a home, fill its lake and build it."""
    files = {
        "shopkeeper.toml": AT_ONCE,
        "shops/demo.toml": _SHOP,
        "policies/repricing.toml": _POLICY,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    window = Window(AS_OF - dt.timedelta(days=1), AS_OF)
    counts = Counts(landed_rows=0, loaded_rows=0, quarantined_rows=0, seconds=0)
    with open_home(folder) as home:
        merged = home.lake.merge(_tables(np.random.default_rng(7)))
        home.readings.record({name: table.version for name, table in merged.items()})
        for _, stream in home.shop("demo").streams():
            reading = Reading("demo", stream.name, window, AS_OF)
            home.readings.record_load(reading, Landed(), counts=counts, versions={}, at=AS_OF)
        build(home)


def measure(folder: Path) -> dict[str, dict[str, object]]:
    """Decide once; every SKU is proposed or held."""
    with open_home(folder) as home:
        started, cpu = time.perf_counter(), time.process_time()
        (decided,) = decide(home, policy="repricing")
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    recorded = sum(decided.states.values())
    left = sum(one.targets for one in decided.left_alone)
    if recorded + left != SKUS:
        raise SystemExit(f"{SKUS - recorded - left} SKUs are neither recorded nor left alone")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    expected = f"{recorded:,} rows, {cpu:.1f} CPU-seconds, {peak:.2f} GB at most"
    return {
        "reprice_100k_s": {
            "value": seconds,
            "unit": "seconds",
            "reference": f"aim: {AIM_SECONDS:g}; {expected}",
            "ratio": seconds / AIM_SECONDS,
        }
    }


def _tables(rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """A catalogue with its prices, and what sold of it."""
    price = rng.integers(500, 50_000, SKUS)
    shelf = pl.Series(rng.poisson(20, SKUS)).cast(pl.Int64)
    sku = pl.Series("sku_id", np.arange(SKUS)).cast(pl.String)
    long_ago = AS_OF - dt.timedelta(days=200)
    frames: dict[type[dy.Schema], pl.DataFrame] = {
        Listing: pl.DataFrame({"listing_id": sku, "product_id": sku, "sku_id": sku}).with_columns(
            title=pl.lit("t"), listing_status=pl.lit("active"), created_at=pl.lit(long_ago)
        ),
        Price: pl.DataFrame({"listing_id": sku, "price_minor": price}).with_columns(
            observed_at=pl.lit(long_ago), list_price_minor=pl.col("price_minor") * 11 // 10
        ),
        Cost: pl.DataFrame({"sku_id": sku, "unit_cost_minor": price * rng.uniform(0.4, 0.9, SKUS)})
        .with_columns(pl.col("unit_cost_minor").cast(pl.Int64), valid_from=pl.lit(long_ago.date())),
        CompetitorOffer: _offers(rng, price),
        StockLevel: pl.DataFrame(
            {"sku_id": sku, "on_hand_units": shelf, "available_units": shelf}
        ).with_columns(
            warehouse_id=pl.lit("w"), observed_at=pl.lit(long_ago), committed_units=0
        ),
        SupplyTerms: pl.DataFrame({"sku_id": sku}).with_columns(
            supplier=pl.lit("m"), lead_time_days=7.0, minimum_order_units=0, case_pack_units=1
        ),
        **_sold(rng, price),
    }  # fmt: skip
    return {table_of(schema).name: _cast(schema, frame) for schema, frame in frames.items()}


def _offers(rng: np.random.Generator, price: npt.NDArray[np.int64]) -> pl.DataFrame:
    """Three competitors, each of which offers two thirds of the articles."""
    offers = []
    for rival in ("a", "b", "c"):
        some = np.nonzero(rng.random(SKUS) < 2 / 3)[0]
        theirs = price[some] * rng.normal(1, 0.08, some.size)
        offers.append(
            pl.DataFrame({"sku_id": some, "price_minor": theirs.astype(np.int64)}).with_columns(
                competitor_id=pl.lit(rival), fulfilment=pl.lit("seller"), is_in_stock=True
            )
        )
    return pl.concat(offers).with_columns(
        pl.col("sku_id").cast(pl.String), observed_at=pl.lit(AS_OF - dt.timedelta(hours=2))
    )


def _sold(
    rng: np.random.Generator, price: npt.NDArray[np.int64]
) -> dict[type[dy.Schema], pl.DataFrame]:
    """Orders of one line each; the first articles sell the most."""
    orders = DAYS * LINES_A_DAY
    article = (SKUS * rng.random(orders) ** 3).astype(np.int64)
    lines = pl.DataFrame(
        {
            "order_id": pl.Series(np.arange(orders)).cast(pl.String),
            "sku_id": pl.Series(article).cast(pl.String),
            "placed_at": pl.Series(rng.integers(3600, DAYS * 86_400, orders)),
            "unit_price_minor": price[article],
        }
    ).with_columns(
        listing_id="sku_id",
        line_id="order_id",
        line_kind=pl.lit("sale"),
        placed_at=pl.lit(AS_OF) - pl.duration(seconds="placed_at"),
        quantity_units=1,
        current_units=1,
        total_minor="unit_price_minor",
        goods_minor="unit_price_minor",
        payment_status=pl.lit("paid"),
        fulfilment_status=pl.lit("fulfilled"),
    )
    dated = lines.with_columns(created_date=pl.col("placed_at").dt.date())
    return {Order: dated, OrderLine: dated}


def _cast(schema: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table; what is not drawn is the same in all of them."""
    with_extra = frame.with_columns(
        shop_id=pl.lit("demo"),
        currency=pl.lit("USD"),
        read_at=pl.lit(AS_OF - dt.timedelta(hours=1)),
        mapping_version=1,
    )
    missing = {
        name: pl.lit(None if column.nullable else 0)
        for name, column in schema.columns().items()
        if name not in with_extra.columns
    }
    return with_extra.with_columns(**missing).pipe(schema.cast)


if __name__ == "__main__":
    os.environ[_TOKEN] = "bench"
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        sys.stdout.write(json.dumps(measure(Path(sys.argv[2]))) + "\n")
