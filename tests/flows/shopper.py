"""One of several processes that ask the same shop: `shopper HOME REQUESTS`."""

import sys

from flows.steps.opening import open_home

# Fifty points are asked for and as many used, as long as the shop has fifty products.
DOCUMENT = "query { products(first: 50) { nodes { id } } }"
COST = 50.0


def ask(folder: str, requests: int) -> None:
    """Ask as a step does that is run by hand: through the home."""
    with open_home(folder) as home:
        client = home.shop("demo").platform.open()
        for _ in range(requests):
            client.ask(DOCUMENT, cost=COST)
        client.close()


if __name__ == "__main__":
    ask(sys.argv[1], int(sys.argv[2]))
