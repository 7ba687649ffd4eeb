"""A server that replays recorded pages of nested orders, so that only the client is measured."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES, PER_PAGE, LINES = 36, 250, 8
ORDERS = PAGES * PER_PAGE
_CLOCK = "Sun, 22 Nov 2026 05:00:00 GMT"
_POINTS = 3.6  # of an order


def _answer(data: bytes, points: float) -> bytes:
    """An answer that never runs out of points."""
    status = {"maximumAvailable": 1e9, "currentlyAvailable": 1e9, "restoreRate": 1e9}
    cost = {
        "requestedQueryCost": points,
        "actualQueryCost": points,
        "throttleStatus": status,
    }
    extensions = json.dumps({"cost": cost}).encode()
    return b'{"data":' + data + b',"extensions":' + extensions + b"}"


def _bag(cents: int) -> dict[str, object]:
    return {"shopMoney": {"amount": f"{cents // 100}.{cents % 100:02d}"}}


def _line(number: int, draw: random.Random) -> dict[str, object]:
    unit, pieces = draw.randrange(99, 2999), draw.randrange(1, 5)
    cut = draw.randrange(0, unit) if draw.random() < 0.4 else 0
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": f"SKU-{draw.randrange(4000)}",
        "quantity": pieces,
        "currentQuantity": pieces,
        "variant": {"id": f"gid://shopify/ProductVariant/{draw.randrange(4000)}"},
        "originalUnitPriceSet": _bag(unit),
        "originalTotalSet": _bag(unit * pieces),
        "discountAllocations": [{"allocatedAmountSet": _bag(cut)}] if cut else [],
        "cents": unit * pieces - cut,
        "cut": cut,
    }


def _order(number: int, draw: random.Random) -> dict[str, object]:
    lines = [_line(number * 100 + place, draw) for place in range(draw.randrange(1, 2 * LINES))]
    goods = sum(int(str(line.pop("cents"))) for line in lines)
    cuts = sum(int(str(line.pop("cut"))) for line in lines)
    # One reading spans a month at most, and most of its orders were placed within it.
    day = f"2026-11-{1 + number % 21:02d}" if number % 4 else f"2026-10-{25 + number % 7:02d}"
    refund = {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": f"{day}T20:00:00Z",
        "totalRefundedSet": _bag(min(goods, 100)),
    }
    return {
        "id": f"gid://shopify/Order/{number}",
        "createdAt": f"{day}T10:00:00Z",
        "updatedAt": f"{day}T21:00:00Z",
        "currencyCode": "USD",
        "processedAt": f"{day}T10:05:00Z",
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "discountCodes": ["SAVE"] if number % 10 == 0 else [],
        "customer": {"id": f"gid://shopify/Customer/{draw.randrange(3000)}"},
        "subtotalPriceSet": _bag(goods),
        "totalDiscountsSet": _bag(cuts),
        "totalShippingPriceSet": _bag(0),
        "totalTaxSet": _bag(0),
        "totalPriceSet": _bag(goods),
        "totalRefundedSet": _bag(0),
        "refunds": [refund] if number % 50 == 0 else [],
        "fulfillments": [
            {
                "createdAt": f"{day}T15:00:00Z",
                "deliveredAt": None,
                "estimatedDeliveryAt": None,
                "status": "SUCCESS",
                "trackingInfo": [{"company": "YTO Express", "number": f"YT{number}"}],
            }
        ],
        "lineItems": {
            "nodes": lines,
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        },
    }


def recorded() -> list[bytes]:
    """The data of pages of orders as the platform answers them; the same in every run."""
    draw = random.Random(7)
    pages = []
    for page in range(PAGES):
        nodes = [_order(page * PER_PAGE + place + 1, draw) for place in range(PER_PAGE)]
        info = {"hasNextPage": page + 1 < PAGES, "endCursor": str(page + 1)}
        orders = {"nodes": nodes, "pageInfo": info}
        pages.append(json.dumps({"orders": orders}).encode())
    return pages


def _handler(pages: list[bytes]) -> type[BaseHTTPRequestHandler]:
    count = {"count": {"count": ORDERS, "precision": "EXACT"}}
    clock = {"shop": {"id": "gid://shopify/Shop/1"}}

    class Replay(BaseHTTPRequestHandler):
        """Answers by what the body asks for."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            asked = json.loads(self.rfile.read(length))
            if "ordersPage" in asked["query"]:
                page = pages[int(asked["variables"]["after"] or 0)]
                body = _answer(page, _POINTS * asked["variables"]["first"])
            else:
                data = count if "ordersCount" in asked["query"] else clock
                body = _answer(json.dumps(data).encode(), 1)
            self.send_response_only(200)
            self.send_header("date", _CLOCK)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    return Replay


def main() -> None:
    """Serve until ended; prints the address when ready."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(recorded()))
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


@contextmanager
def served() -> Iterator[str]:
    """The replaying server as a process of its own; yields its address."""
    command = [sys.executable, "-m", "tests.bench.replay"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
