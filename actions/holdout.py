"""Holdout: SKUs that no price policy touches, so that what the others gain can be measured."""

import hashlib

import polars as pl

_SCALE = 2**64


def held_out(sku_ids: pl.Series, *, salt: str, share: float) -> pl.Series:
    """Whether each SKU is held out: the same for every shop and run until the salt changes.

    SHA-256 rather than Polars' own hash, which may differ between its versions.
    """
    unique = sku_ids.unique().drop_nulls()
    flags = pl.DataFrame(
        {sku_ids.name: unique, "is_held_out": [_position(sku, salt) < share for sku in unique]},
        schema={sku_ids.name: pl.String, "is_held_out": pl.Boolean},
    )
    joined = sku_ids.to_frame().join(flags, on=sku_ids.name, how="left", maintain_order="left")
    return joined["is_held_out"].fill_null(value=False)


def _position(sku_id: str, salt: str) -> float:
    """Where a SKU falls in [0, 1)."""
    digest = hashlib.sha256(f"{salt}\n{sku_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _SCALE
