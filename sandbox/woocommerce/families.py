"""Products with variations: some of the world's products, sold as variations of a parent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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

    def with_parents(self, world: World) -> pl.DataFrame:
        """The world's products and the parents."""
        return pl.concat([world.products, *(self._parent(world, key) for key in self.found)])

    def listed(self, everything: pl.DataFrame, skus: list[str]) -> pl.DataFrame:
        """What the list of products holds: simple ones and parents; by code variations too."""
        if not skus:
            varied = [key for one in self.found.values() for key in one.codes]
            return everything.filter(~pl.col("product_id").is_in(varied))
        codes = {key: one.sku for key, one in self.found.items()}
        keys = everything["product_id"].to_list()
        own = [key for key in keys if (codes.get(key) or self.own_code(key)) in skus]
        return everything.filter(pl.col("product_id").is_in(own))

    def _parent(self, world: World, key: int) -> pl.DataFrame:
        """A row for the parent, which the world does not know: its first variation's."""
        family = self.found[key]
        first = world.products.filter(pl.col("product_id").is_in(list(family.codes))).head(1)
        return first.with_columns(
            product_id=pl.lit(key, dtype=first.schema["product_id"]), title=pl.lit(family.title)
        )
