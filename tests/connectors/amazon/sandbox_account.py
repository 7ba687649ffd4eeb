"""An account of the emulated platform and our client of it, living in one time."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from connectors.amazon import CONNECTOR
from connectors.amazon.client import AmazonClient, AmazonSettings
from contracts.streams import Context, Mapped, Page, Window
from sandbox.amazon import Manner
from sandbox.world.channels import AMAZON, Channel
from tests.sandbox.seller import JAPAN, OWN, Seller, amazon_world, opened

# A sandbox is given no credentials that look like live ones.
OWNED = replace(OWN, refresh_token="a-refresh-token-of-a-test")


class Counting(httpx.HTTPTransport):
    """The network, which counts what was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        self.statuses.append(response.status_code)
        return response


@dataclass
class Account:
    """A seller, our client of it, and the time that both live in."""

    seller: Seller
    channel: Channel
    transport: Counting = field(default_factory=Counting)
    given: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = AmazonClient(
            AmazonSettings.model_validate(
                {
                    "is_sandbox": True,
                    "base_url": str(self.seller.http.base_url).rstrip("/"),
                    "marketplace_id": self.seller.own.marketplace_id,
                    "seller_id": self.seller.own.seller_id,
                    "client_id": self.seller.own.client_id,
                    "client_secret": self.seller.own.client_secret,
                    "refresh_token": self.seller.own.refresh_token,
                }
                | self.given
            ),
            transport=self.transport,
            clock=self.seller.clock,
            sleep=self.pass_time,
            wall_clock=self.seller.clock,
        )

    def pass_time(self, seconds: float) -> None:
        self.seller.clock.seconds += seconds

    def window(self, days: int = 60) -> Window:
        now = self.client.now()
        return Window(now - dt.timedelta(days=days), now - dt.timedelta(minutes=2))

    def mapped(self, stream: str, pages: list[Page]) -> Mapped:
        found = CONNECTOR.stream(stream)
        assert found is not None
        zone, currency = self.channel.zone, self.channel.currency
        return found.to_canonical(pages, Context("az", currency, zone, self.seller.world.clock))

    def pulled(self, stream: str, *more: Any) -> Mapped:
        found = CONNECTOR.stream(stream)
        assert found is not None
        return self.mapped(stream, list(found.fetch(self.client, self.window(), *more)))


@contextmanager
def account(
    channel: Channel = AMAZON, manner: Manner | None = None, **given: Any
) -> Iterator[Account]:
    store = {"marketplace_id": "A1VC38T7YXB528"} if channel is JAPAN else {}
    with opened(amazon_world(channel), own=replace(OWNED, **store), manner=manner) as seller:
        found = Account(seller, channel, given=given)
        try:
            yield found
        finally:
            found.client.close()
