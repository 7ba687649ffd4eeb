"""A client of the JD dialect for tests, signing by the vector's rule and by nothing of ours."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from sandbox.jd import Credentials, Faults, Rates, routes
from sandbox.serving import serving
from sandbox.world.channels import JD
from sandbox.world.world import World, build

TODAY = date(2026, 11, 22)
SHANGHAI = ZoneInfo("Asia/Shanghai")
OURS = Credentials("an-app", "secret-of-a-test", "token-of-a-test", "refresh-of-a-test")
UNLIMITED = Rates(per_second=10**9, per_day=10**9)
STATES = (
    "NOT_PAY,WAIT_SELLER_STOCK_OUT,WAIT_GOODS_RECEIVE_CONFIRM,WAIT_SELLER_DELIVERY,FINISHED_L,"
    "TRADE_CANCELED,LOCKED,PAUSE,POP_ORDER_PAUSE"
)


def signature(params: Mapping[str, str], secret: str) -> str:
    """The signature of the vector."""
    text = "".join(f"{key}{params[key]}" for key in sorted(params))
    return hashlib.md5(f"{secret}{text}{secret}".encode()).hexdigest().upper()


def beijing(at: datetime) -> str:
    """A time as the platform writes it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class Clock:
    """Seconds that a test turns by hand."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Seller:
    """A shop's app, the world behind it and what can be planted there."""

    http: httpx.Client
    world: World
    faults: Faults
    clock: Clock
    token: str = OURS.access_token
    common: dict[str, str] = field(default_factory=lambda: {"v": "2.0"})

    def params(
        self, method: str, given: Mapping[str, Any], /, **more: str | None
    ) -> dict[str, str]:
        """All parameters of a call but its signature; None leaves one out."""
        every = {
            "method": f"jingdong.{method}",
            "app_key": OURS.app_key,
            "access_token": self.token,
            "timestamp": beijing(self.world.clock),
            "360buy_param_json": json.dumps(given),
            **self.common,
            **more,
        }
        return {key: value for key, value in every.items() if value is not None}

    def send(self, params: Mapping[str, str], /, **options: Any) -> dict[str, Any]:
        """The whole answer to parameters as they are, with no signature added."""
        response = self.http.post("/routerjson", **(options or {"data": params}))
        assert response.status_code == 200
        found: dict[str, Any] = response.json()
        return found

    def whole(self, method: str, **given: Any) -> dict[str, Any]:
        """The whole answer to a signed call."""
        params = self.params(method, given)
        return self.send({**params, "sign": signature(params, OURS.app_secret)})

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        """What a call answered, out of its envelope; its first two levels say success."""
        answer = self.whole(method, **given)
        name = f"jingdong.{method}".replace(".", "_") + "_responce"
        assert list(answer) == [name], answer
        inside: dict[str, Any] = answer[name]
        assert inside["code"] == "0", answer
        return inside

    def error(self, method: str, **given: Any) -> str:
        """The code a call was refused with at the first level."""
        error = self.whole(method, **given)["error_response"]
        assert error["zh_desc"]
        assert error["en_desc"]
        code: str = error["code"]
        return code

    def orders(self, **given: Any) -> dict[str, Any]:
        """A page of orders, of the last days unless a span is given."""
        asked = {
            "start_date": beijing(self.world.clock.replace(day=1)),
            "end_date": beijing(self.world.clock),
            "order_state": STATES,
            "optional_fields": "orderState,modified,orderStartTime",
            "page": "1",
            "page_size": "100",
            **given,
        }
        result: dict[str, Any] = self.call("pop.order.search", **asked)["searchorderinfo_result"]
        assert result["apiResult"]["success"] is True
        return result

    def all_orders(self, **given: Any) -> list[dict[str, Any]]:
        """All orders of a span, page by page."""
        found: list[dict[str, Any]] = []
        page = self.orders(**given)
        for number in range(2, -(-int(page["orderTotal"]) // 100) + 2):
            found += page["orderInfoList"]
            page = self.orders(**given, page=str(number))
        assert page["orderInfoList"] == []
        return found


@cache
def _built() -> World:
    return build(TODAY, days=110, channel=JD)


def jd_world() -> World:
    """Some months of the channel; frames are replaced, never altered, so they can be shared."""
    return replace(_built(), writes=[], spoiled=[], lock=threading.RLock())


@contextmanager
def selling(*, credentials: Credentials = OURS, rates: Rates = UNLIMITED) -> Iterator[Seller]:
    """A shop of its own behind real HTTP."""
    world, faults, clock = jd_world(), Faults(), Clock()
    served = routes(world, credentials, clock=clock, rates=rates, faults=faults)
    # Plain HTTP: loading certificates would take longer than the test.
    client = httpx.Client(timeout=30, verify=False)
    with serving(served) as origin, client as http:
        http.base_url = httpx.URL(origin)
        yield Seller(http, world, faults, clock)
