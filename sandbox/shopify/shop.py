"""One shop of the emulated platform: the world, what guards it, and what was requested of it."""

import time
from typing import Any

import polars as pl
from graphql import GraphQLResolveInfo

from sandbox.kit.graphql.mutations import Done
from sandbox.shopify.bulk import BulkOperations
from sandbox.shopify.cost import Bucket, Rates
from sandbox.shopify.faults import Faults
from sandbox.shopify.paging import pager
from sandbox.shopify.tables import Tables
from sandbox.world.world import World


class Shop:
    """What resolvers work on. `origin` is where bulk files are served."""

    def __init__(self, world: World, *, rates: Rates | None = None) -> None:
        self.world = world
        self.tables = Tables(world)
        self.pager = pager(self.tables)
        begun = world.clock
        # The bucket fills as time passes, the machine's or the world's.
        self.bucket = Bucket(
            rates or Rates(),
            clock=lambda: time.monotonic() + (world.clock - begun).total_seconds(),
        )
        self.faults = Faults()
        self.bulk = BulkOperations(self.tables)
        self.origin = ""
        self.answers: dict[str, tuple[Any, Done]] = {}
        self.last_orders: pl.DataFrame | None = None

    def close(self) -> None:
        """Remove the bulk files."""
        self.bulk.close()


Info = GraphQLResolveInfo[Shop]
