"""Parcels: what leaves under one waybill is one parcel, however often a platform names it."""

import polars as pl

_PARCEL = ["order_id", "source_updated_at", "shipment_id"]
_DATES = ("shipped_at", "promised_at", "delivered_at")


def one_each(shipments: pl.DataFrame) -> pl.DataFrame:
    """One row per parcel of an order's version, each date the earliest that is told of it."""
    if not shipments.select(_PARCEL).is_duplicated().any():
        return shipments
    dates = [pl.col(name).min().over(_PARCEL) for name in _DATES]
    return shipments.with_columns(dates).unique(_PARCEL, keep="first", maintain_order=True)
