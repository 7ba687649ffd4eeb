"""One carrier has one code, whatever a platform calls it."""

import polars as pl
import pytest

from contracts.carriers import carrier_code, shipment_id


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("YTO Express", "yuantong"),
        ("圆通速递", "yuantong"),
        ("yuantong", "yuantong"),
        ("SF", "shunfeng"),
        ("DHL Express", "dhl"),
        ("Some Local Courier", "somelocalcourier"),
        (" ", None),
        (None, None),
    ],
)
def test_a_carrier_has_one_code(name: str | None, code: str | None) -> None:
    frame = pl.DataFrame({"name": [name]}, schema={"name": pl.String})
    assert frame.select(carrier_code(pl.col("name"))).item() == code


def test_a_parcel_without_carrier_or_number_has_no_name() -> None:
    rows = [("yuantong", " YT1 "), (None, "YT1"), ("yuantong", None)]
    frame = pl.DataFrame(rows, schema=["carrier", "number"], orient="row")
    named = frame.select(shipment_id(pl.col("carrier"), pl.col("number"))).to_series()
    assert named.to_list() == ["yuantong:YT1", None, None]
