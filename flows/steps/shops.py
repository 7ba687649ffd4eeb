"""Work for several shops: what stops one of them does not stop the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from contracts.errors import ShopkeeperError
from flows.steps.home import Shop

Done = TypeVar("Done")


def each(shops: Sequence[Shop], work: Callable[[Shop], Done]) -> list[Done]:
    """Do the work for every shop; results of all of them.

    Raises:
        ShopkeeperError: the first of those that stopped a shop, once every shop had its turn.
    """
    done: list[Done] = []
    failures: list[ShopkeeperError] = []
    for shop in shops:
        try:
            done.append(work(shop))
        except ShopkeeperError as error:
            if len(shops) > 1:
                error.args = (f"shop {shop.id}: {error}",)
            failures.append(error)
    if failures:
        raise failures[0]
    return done
