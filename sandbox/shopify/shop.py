"""One shop of the emulated platform: the world, what guards it, and what it was asked to do."""

import time
from typing import Any

from graphql import GraphQLResolveInfo

from sandbox.shopify.bulk import BulkOperations
from sandbox.shopify.cost import Bucket, Rates
from sandbox.shopify.faults import Faults
from sandbox.shopify.paging import Pager
from sandbox.shopify.tables import Tables
from sandbox.world.world import World


class Shop:
    """What resolvers work on. `origin` is where bulk files are served."""

    def __init__(self, world: World, *, rates: Rates | None = None) -> None:
        self.world = world
        self.tables = Tables(world)
        self.pager = Pager(self.tables)
        begun = world.clock
        # The bucket fills as time passes, the machine's or the world's.
        self.bucket = Bucket(
            rates or Rates(),
            clock=lambda: time.monotonic() + (world.clock - begun).total_seconds(),
        )
        self.faults = Faults()
        self.bulk = BulkOperations(self.tables)
        self.origin = ""
        self.answers: dict[str, tuple[Any, Any]] = {}
        self.last_orders = self.tables.get("orders").clear()

    def record(
        self, operation: str, given: dict[str, Any], *, applied: list[Any], errors: list[Any]
    ) -> None:
        """Keep a write that was received, with what was applied of it."""
        self.world.writes.append(
            {
                "at": self.world.clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "operation": operation,
                "input": given,
                "applied": applied,
                "errors": errors,
            }
        )

    def close(self) -> None:
        """Remove the bulk files."""
        self.bulk.close()


Info = GraphQLResolveInfo[Shop]
