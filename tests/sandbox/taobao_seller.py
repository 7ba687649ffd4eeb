"""A client of the Taobao dialect for tests, signing by the vectors' rule and by nothing of ours."""

import hashlib
import hmac
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

from sandbox.serving import serving
from sandbox.taobao import Credentials, Faults, Rates, routes
from sandbox.world.channels import TAOBAO
from sandbox.world.world import World, build

TODAY = date(2026, 11, 22)
SHANGHAI = ZoneInfo("Asia/Shanghai")
OURS = Credentials("12345678", "secret-of-a-test", "session-of-a-test", "refresh-of-a-test")
UNLIMITED = Rates(per_second=10**9, api_per_second=10**9, per_day=10**9)
ALL_TYPES = (
    "fixed,auction,guarantee_trade,auto_delivery,ec,cod,step,o2o_offlinetrade,external_trade"
)


def signature(params: Mapping[str, str], secret: str) -> str:
    """The signature of the vectors, for each of the three ways."""
    text = "".join(f"{key}{params[key]}" for key in sorted(params) if params[key])
    if params.get("sign_method") == "hmac":
        return hmac.new(secret.encode(), text.encode(), hashlib.md5).hexdigest().upper()
    if params.get("sign_method") == "hmac-sha256":
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()
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
    session: str = OURS.session
    common: dict[str, str] = field(default_factory=lambda: {"format": "json", "v": "2.0"})

    def params(self, method: str, **given: Any) -> dict[str, str]:
        """All parameters of a call but its signature; None leaves one out."""
        every = {
            "method": method,
            "app_key": OURS.app_key,
            "session": self.session,
            "timestamp": beijing(self.world.clock),
            "sign_method": "md5",
            **self.common,
            **given,
        }
        return {key: str(value) for key, value in every.items() if value is not None}

    def send(self, params: dict[str, str]) -> dict[str, Any]:
        """The whole answer to parameters as they are, with no signature added."""
        response = self.http.post("/router/rest", data=params)
        assert response.status_code == 200
        found: dict[str, Any] = response.json()
        return found

    def whole(self, method: str, **given: Any) -> dict[str, Any]:
        """The whole answer to a signed call."""
        params = self.params(method, **given)
        return self.send({**params, "sign": signature(params, OURS.app_secret)})

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        """What a call answered, out of its envelope."""
        answer = self.whole(method, **given)
        assert "error_response" not in answer, answer
        assert len(answer) == 1
        inside: dict[str, Any] = next(iter(answer.values()))
        return inside

    def error(self, method: str, **given: Any) -> tuple[int, str]:
        """The code and the sub_code a call was refused with."""
        error = self.whole(method, **given)["error_response"]
        assert error["request_id"]
        return error["code"], error.get("sub_code", "")

    def pages(self, method: str, name: str, item: str, **given: Any) -> list[dict[str, Any]]:
        """All rows of a list that tells its total, the last page first."""
        size = given.setdefault("page_size", 100)
        total = self.call(method, page_no=1, **given)["total_results"]
        found: list[dict[str, Any]] = []
        for number in range(max(1, -(-total // size)), 0, -1):
            answer = self.call(method, page_no=number, **given)
            found += answer.get(name, {}).get(item, [])
        assert len(found) == total
        return found

    def text(self, method: str, name: str, **given: Any) -> Any:
        """What a report says: JSON text inside of the JSON."""
        return json.loads(self.call(method, **given)[name])


@cache
def _built() -> World:
    return build(TODAY, days=110, channel=TAOBAO)


def taobao_world() -> World:
    """Some months of the channel; frames are replaced, never altered, so they can be shared."""
    return replace(_built(), writes=[], spoiled=[], lock=threading.RLock())


@contextmanager
def selling(
    *,
    credentials: Credentials = OURS,
    rates: Rates = UNLIMITED,
) -> Iterator[Seller]:
    """A shop of its own behind real HTTP."""
    world, faults, clock = taobao_world(), Faults(), Clock()
    served = routes(world, credentials, clock=clock, rates=rates, faults=faults)
    # Plain HTTP: loading certificates would take longer than the test.
    client = httpx.Client(timeout=30, verify=False)
    with serving(served) as origin, client as http:
        http.base_url = httpx.URL(origin)
        yield Seller(http, world, faults, clock)
