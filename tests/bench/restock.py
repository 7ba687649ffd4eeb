"""Restock decided for 100,000 SKUs: forecast, facts and proposals, from drawn sales of 15 months.

Wall-clock seconds of a process of its own that reads the sales from a file, as from the lake, and
the most memory that it held; the aim is 15 s and 2 GB on two cores.
"""

import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from actions.policies import restock
from contracts.economics import Economics
from contracts.tables import (
    Inbound,
    Listing,
    OpenOrder,
    PriceFact,
    SalesDaily,
    StockLevel,
    StockoutDay,
    SupplyTerms,
)
from transforms.stock import stock_facts, stockout_spans
from transforms.velocity import velocity

SKUS = 100_000
DAYS = 450
AS_OF = dt.datetime(2026, 11, 29, 4, tzinfo=dt.UTC)
AIM_SECONDS = 15.0


def main() -> None:
    """Draw a catalogue, decide, print one JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        names = _write(Path(folder))
        measured = _measured({name: pl.scan_parquet(f"{folder}/{name}") for name in names})
    sys.stdout.write(json.dumps(measured) + "\n")


def _write(folder: Path) -> list[str]:
    """Draw the tables in a process of its own, so that their memory does not count."""
    code = f"from tests.bench.restock import draw; draw({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
    return [path.name for path in folder.iterdir()]


def draw(folder: str) -> None:
    """Write the tables of a catalogue into a folder, each under its name."""
    for name, frame in _tables(np.random.default_rng(7)).items():
        frame.write_parquet(f"{folder}/{name}")


def _measured(tables: dict[str, pl.LazyFrame]) -> dict[str, dict[str, object]]:
    started, cpu = time.perf_counter(), time.process_time()
    proposed, held = _decide(tables)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if proposed + held != SKUS:
        raise SystemExit(f"{SKUS - proposed - held} SKUs are neither ordered nor held")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    expected = f"{cpu:.1f} CPU-seconds, {peak:.2f} GB at most"
    return {
        "restock_100k_s": {
            "value": seconds,
            "unit": "seconds",
            "reference": f"aim: {AIM_SECONDS:g}; {expected}",
            "ratio": seconds / AIM_SECONDS,
        }
    }


def _decide(lazy: dict[str, Any]) -> tuple[int, int]:
    """How many SKUs are ordered, and how many held."""
    today = AS_OF.date()
    events = pl.LazyFrame(
        {"shop_id": ["s"], "sku_id": [None], "event_date": [today - dt.timedelta(days=18)]},
        schema_overrides={"sku_id": pl.String},
    )
    out = stockout_spans(lazy["stockouts"], lazy["levels"], as_of=AS_OF, time_zone="UTC")
    yesterday = today - dt.timedelta(days=1)
    sells = velocity(lazy["sales"], out, events, as_of_date=yesterday, window_days=56).collect()
    facts = stock_facts(
        lazy["levels"],
        sells.lazy(),
        listings=lazy["listings"],
        prices=lazy["prices"],
        supply_terms=lazy["terms"],
        inbound=lazy["inbound"],
        orders=OpenOrder.create_empty().lazy(),
        as_of=AS_OF,
        time_zone="UTC",
    ).collect()
    stated: dict[str, Any] = {
        "stock": facts.lazy(),
        "params": restock.Params(max_proposals=1_000),
        "economics": Economics(fee_rate=0.05, min_margin_rate=0.1),
        "as_of": AS_OF,
        "time_zone": "UTC",
    }
    return restock.propose(**stated).height, restock.holds(**stated).height


def _tables(rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """A long tail: most sell once in weeks, some many a day; 5 % were out of stock for months."""
    rates = rng.gamma(0.4, 1.5, SKUS)
    stock = np.where(rng.random(SKUS) < 0.05, 0, rng.poisson(rates * rng.uniform(3, 60, SKUS) + 1))
    ids = pl.DataFrame({"sku_id": pl.Series(np.arange(SKUS)).cast(pl.String)}).with_columns(
        shop_id=pl.lit("s"), read_at=pl.lit(AS_OF - dt.timedelta(hours=1)), mapping_version=1
    )
    seen = {"source_updated_at": None, "content_hash": 0, "deleted_at": None}
    common = ids.with_columns(**{name: pl.lit(value) for name, value in seen.items()})
    day = AS_OF - dt.timedelta(days=200)
    shelf = pl.Series(stock.astype(np.int64))
    return {
        "sales": _sales(rng, rates),
        "stockouts": StockoutDay.create_empty(),
        "levels": StockLevel.cast(
            common.with_columns(
                warehouse_id=pl.lit("w"),
                observed_at=pl.lit(day),
                on_hand_units=shelf,
                available_units=shelf,
                committed_units=0,
            )
        ),
        "listings": Listing.cast(
            common.with_columns(
                listing_id="sku_id",
                product_id="sku_id",
                title=pl.lit("t"),
                listing_status=pl.lit("active"),
                brand=pl.lit(None),
                category=pl.lit(None),
                created_at=pl.lit(day),
            )
        ),
        "prices": _prices(ids, rng, day),
        "terms": SupplyTerms.cast(
            common.with_columns(
                supplier=pl.lit("m"),
                lead_time_days=pl.Series(rng.uniform(2, 30, SKUS)),
                lead_time_sd_days=pl.Series(rng.uniform(0, 5, SKUS)),
                minimum_order_units=0,
                case_pack_units=pl.Series(rng.choice([1, 6, 12], SKUS)),
            )
        ),
        "inbound": Inbound.create_empty(),
    }


def _sales(rng: np.random.Generator, rates: npt.NDArray[np.float64]) -> pl.DataFrame:
    frames = []
    for ago in range(1, DAYS + 1):
        units = rng.poisson(rates)
        sold = np.nonzero(units)[0]
        frames.append(
            pl.DataFrame({"sku_id": sold, "sold_units": units[sold]}).with_columns(
                sales_date=pl.lit(AS_OF.date() - dt.timedelta(days=ago))
            )
        )
    sold_units = pl.col("sold_units").cast(pl.Int64)
    return (
        pl.concat(frames)
        .select(
            shop_id=pl.lit("s"),
            sku_id=pl.col("sku_id").cast(pl.String),
            sales_date="sales_date",
            currency=pl.lit("CNY"),
            sold_units=sold_units,
            gift_units=pl.lit(0, dtype=pl.Int64),
            orders_count=sold_units,
            gmv_minor=sold_units * 1_000,
            list_minor=sold_units * 1_000,
        )
        .pipe(SalesDaily.cast)
    )


def _prices(ids: pl.DataFrame, rng: np.random.Generator, day: dt.datetime) -> pl.DataFrame:
    price = rng.integers(500, 50_000, SKUS)
    return PriceFact.cast(
        PriceFact.create_empty()
        .join(ids.select("shop_id", "sku_id"), on=["shop_id", "sku_id"], how="right")
        .with_columns(
            listing_id="sku_id",
            product_id="sku_id",
            currency=pl.lit("CNY"),
            cost_currency=pl.lit("CNY"),
            price_minor=pl.Series(price),
            unit_cost_minor=pl.Series((price * 0.6).astype(np.int64)),
            price_observed_at=pl.lit(day),
            rivals_units=0,
        )
    )


if __name__ == "__main__":
    main()
