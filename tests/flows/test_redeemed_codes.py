"""Which of our codes were used, as a platform tells it that spells them in its own way."""

from dataclasses import dataclass, field
from typing import Any, cast

import polars as pl
import pytest

from flows.steps.keys import OpenedKeys
from flows.steps.redeemed import redeemed_times
from warehouse.encryption import Vault


@dataclass
class Held:
    """What a home holds of a shop's coupons."""

    coupons: dict[str, int | None]
    grants: dict[str, str] = field(default_factory=dict)
    keys: OpenedKeys = field(default_factory=lambda: OpenedKeys(Vault(b"k" * 32), b"m" * 32))

    def scan(self, table: str, _shop: object) -> pl.LazyFrame:
        held, column = (
            (self.coupons, "redeemed_units")
            if table == "coupons"
            else (self.grants, "grant_status")
        )
        dtype = pl.Int64 if table == "coupons" else pl.String
        rows = {"coupon_code": list(held), column: list(held.values())}
        frame = pl.DataFrame(rows, schema={"coupon_code": pl.String, column: dtype})
        return self.keys.vault.seal_frames({table: frame})[table].lazy()


@dataclass
class Target:
    """An action, as far as it matters here."""

    target_id: str


@pytest.mark.parametrize(
    ("held", "times"),
    [
        (Held({"ZK-BACK-7": 3}), {"ZK-BACK-7": 3}),
        (Held({"zk-back-7": 3}), {"ZK-BACK-7": 3}),
        (Held({"zk-back-7": None}), {}),
        (Held({"zk-back-7": None}, {"ZK-BACK-7": "redeemed"}), {"ZK-BACK-7": 1}),
        (Held({"another": 3}), {}),
    ],
)
def test_a_code_is_counted_in_whatever_case_it_is_told(held: Held, times: dict[str, int]) -> None:
    actions: Any = [Target("ZK-BACK-7")]
    assert redeemed_times(cast("Any", held), cast("Any", None), actions) == times
