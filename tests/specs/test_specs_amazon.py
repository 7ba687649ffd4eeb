"""The Amazon dialect under attack, judged by the official models."""

from collections.abc import Iterator

import pytest

from sandbox.amazon import Manner
from sandbox.amazon.operations import OPERATIONS
from tests.sandbox.seller import STORE, Clock, Seller, amazon_world, opened
from tests.sandbox.seller_calls import good_calls
from tests.specs.attack import SPECS, Target, attack, document_of, tell

FILES = {
    "/orders/2026-01-01": "orders_2026-01-01",
    "/reports/": "reports_2021-06-30",
    "/listings/": "listingsItems_2021-08-01",
    "/fba/": "fbaInventory",
    "/products/pricing/v0": "productPricingV0",
    "/batches/products/pricing/v0": "productPricingV0",
    "/batches/products/pricing/2022-05-01": "productPricing_2022-05-01",
    "/sales/": "sales",
    "/finances/": "finances_2024-06-19",
    "/solicitations/": "solicitations",
}
SERVED = {one.name: path for path, ways in OPERATIONS.items() for one in ways.values()}
ANY_STORE = ("searchOrders", "getReports", "createReport")
pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(
        not SPECS.exists(), reason="the platform's models lie outside the repository"
    ),
]


class Leaping(Clock):
    """Whenever it is asked, the slowest usage plan has regained a request."""

    def __call__(self) -> float:
        self.seconds += 200
        return self.seconds


@pytest.fixture
def seller() -> Iterator[Seller]:
    manner = Manner(queued_seconds=150_000, access_token_seconds=10**9)
    with opened(amazon_world(), manner=manner, clock=Leaping()) as found:
        yield found


@pytest.mark.parametrize("name", SERVED)
def test_nothing_is_found(seller: Seller, name: str) -> None:
    template = SERVED[name]
    path, given = good_calls(seller)[name]
    target = Target(name, template, path, given.get("params", {}), given.get("json"))
    [file] = [one for root, one in FILES.items() if template.startswith(root)]
    document = document_of(f"spapi/{file}", target, served=OPERATIONS[template])
    store = {} if name in ANY_STORE else {"marketplaceIds": STORE}
    tell(document, target, only=store | {"MarketplaceId": STORE, "granularityId": STORE})
    headers = {"x-amz-access-token": seller.token().json()["access_token"]}
    outcome = attack(document, target, origin=str(seller.http.base_url), headers=headers)
    outcome.assert_spotless()
