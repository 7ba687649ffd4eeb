"""Products with variations: some of the world's products, sold as variations of a parent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sandbox.world.world import World


@dataclass(frozen=True)
class Family:
    """A parent and its variations by the world's product ids.

    `codes` are the variations' own codes, empty for one without. `shared_units` is a stock of the
    parent that all variations are sold out of; each has its own when it is not given.
    """

    parent_id: int
    sku: str
    codes: Mapping[int, str]
    title: str = "Family"
    shared_units: int | None = None


@dataclass
class Families:
    """All parents of a shop, by id."""

    found: dict[int, Family] = field(default_factory=dict)

    def of(self, product_id: int) -> Family | None:
        """The family that a product is a variation of."""
        return next((one for one in self.found.values() if product_id in one.codes), None)

    def own_code(self, product_id: int) -> str:
        """The code that a product has itself."""
        family = self.of(product_id)
        return str(product_id) if family is None else family.codes[product_id]

    def shown_code(self, product_id: int) -> str:
        """The code that answers show: of a variation without one its parent's."""
        family = self.of(product_id)
        return self.own_code(product_id) or (family.sku if family else "")

    def listed(self, world: World, skus: list[str]) -> pl.DataFrame:
        """What the list of products holds: simple ones and parents; by code variations too."""
        varied = [key for one in self.found.values() for key in one.codes]
        is_varied = pl.col("product_id").is_in(varied)
        everything = pl.concat([world.products, *(self._parent(world, key) for key in self.found)])
        if not skus:
            return everything.filter(~is_varied)
        codes = {key: one.sku for key, one in self.found.items()}
        own = [
            key
            for key in everything["product_id"].to_list()
            if (codes.get(key) or self.own_code(key)) in skus
        ]
        return everything.filter(pl.col("product_id").is_in(own))

    def row(self, world: World, key: int) -> dict[str, Any] | None:
        """The row of a parent."""
        return self._parent(world, key).row(0, named=True) if key in self.found else None

    def _parent(self, world: World, key: int) -> pl.DataFrame:
        """A row for the parent, which the world does not know: its first variation's."""
        family = self.found[key]
        first = world.products.filter(pl.col("product_id").is_in(list(family.codes))).head(1)
        return first.with_columns(
            product_id=pl.lit(key, dtype=first.schema["product_id"]), title=pl.lit(family.title)
        )
