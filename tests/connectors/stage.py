"""The scripted platforms that every connector is judged against, and one home that reads them."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import polars as pl

from connectors.base import registry
from connectors.base.declaration import Stream, Write
from contracts.codes import WriteKind
from contracts.tables import table_of
from flows.steps.build import build
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import Pulled, pull
from flows.steps.shop import ShopSource
from sandbox.composed import composed
from sandbox.klaviyo import REVISION
from sandbox.merchant import merchant
from sandbox.scoreboard import clock_text
from sandbox.shopify.cost import Rates
from sandbox.world import exports
from sandbox.world.world import World
from tests.flows.conftest import KEYS

TODAY: Final = dt.date(2026, 11, 22)
DAYS, HOUSEHOLDS = 14, 15
TOKEN: Final = "a-token-of-the-judge"
ROOMY: Final = Rates(1e6, 1e6)
CHANNELS: Final = ("shopify", "taobao", "amazon", "woocommerce", "jd")
COUPON: Final = "WINBACK"
"""The coupon of the CRM under which codes are made."""

_SHOP = """
name = "{channel}"
currency = "{currency}"
time_zone = "{zone}"
history_from = {first}

[economics]
fee_rate = 0.03
min_margin_rate = 0.05
"""
_SOURCES: Final = {
    "shopify": """
[sources.shopify]
base_url = "{url}"
access_token = "env:JUDGE_TOKEN"
is_sandbox = true

[sources.klaviyo]
base_url = "{url}"
api_key = "env:JUDGE_TOKEN"
is_sandbox = true
coupon_id = "WINBACK"
coupon_off = "15%"
event_settles_seconds = 0

[sources.kuaidi100]
base_url = "{url}"
customer = "demo"
key = "env:JUDGE_TOKEN"
is_sandbox = true
queries_per_second = 50
queries_per_day = 50_000

[sources.email]
is_sandbox = true
as_of = {clock}
ca_file = "{ca_file}"
smtp_host = "localhost"
smtp_port = {smtp_port}
imap_host = "localhost"
imap_port = {imap_port}
user = "{address}"
password = "env:JUDGE_TOKEN"
imap_password = "env:JUDGE_TOKEN"
address = "{address}"
messages_per_second = 100
messages_per_day = 20_000

[sources.files]
folder = "inbox"
mappings = ["erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic"]
time_zone = "{zone}"
quiet_seconds = 0
as_of = {clock}
""",
    "taobao": """
[sources.taobao]
base_url = "{url}"
app_key = "demo"
app_secret = "env:JUDGE_TOKEN"
session = "env:JUDGE_TOKEN"
is_sandbox = true
calls_per_second = 400

[sources.taobao_ads]
base_url = "{url}"
app_key = "demo"
app_secret = "env:JUDGE_TOKEN"
session = "env:JUDGE_TOKEN"
is_sandbox = true
calls_per_second = 400
""",
    "jd": """
[sources.jd]
base_url = "{url}"
app_key = "demo"
app_secret = "env:JUDGE_TOKEN"
access_token = "env:JUDGE_TOKEN"
is_sandbox = true
calls_per_second = 40

[sources.jd_ads]
base_url = "{url}"
app_key = "demo"
app_secret = "env:JUDGE_TOKEN"
access_token = "env:JUDGE_TOKEN"
is_sandbox = true
calls_per_second = 40
""",
    "amazon": """
[sources.amazon]
base_url = "{url}"
marketplace_id = "ATVPDKIKX0DER"
seller_id = "DEMOSELLER"
client_id = "demo"
client_secret = "env:JUDGE_TOKEN"
refresh_token = "env:JUDGE_TOKEN"
is_sandbox = true
most_offers = 20
# One report a minute.
product_traffic_days = 2
traffic_trailing_days = 0
""",
    "woocommerce": """
[sources.woocommerce]
base_url = "{url}"
is_sandbox = true
access = "signed_key"
consumer_key = "env:JUDGE_KEY"
consumer_secret = "env:JUDGE_TOKEN"
requests_per_second = 100
""",
}


@dataclass
class Stage:
    """Five shops of one merchant with all that is around them, and the home that reads them.

    `held` is what the lake held after each round of reading, by shop and table.
    """

    folder: Path
    worlds: Mapping[str, World]
    told: Mapping[str, Any]
    pulled: list[list[Pulled]] = field(default_factory=list)
    held: list[dict[tuple[str, str], pl.DataFrame]] = field(default_factory=list)

    read_until: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    """Where the last reading ended."""

    def world(self, shop_id: str) -> World:
        """The world behind a shop."""
        return self.worlds[shop_id]

    def pass_time(self, span: dt.timedelta) -> None:
        """Move all clocks."""
        for world in self.worlds.values():
            world.clock += span
            world.version += 1

    @property
    def now(self) -> dt.datetime:
        """The clock of the mail host, the CRM and the carriers."""
        return self.worlds["shopify"].clock

    def read(self) -> None:
        """Pull whatever is due, as the loop does, and note what the lake holds then."""
        self._write_home()
        self.read_until = self.now
        with open_home(self.folder) as home:
            rows = pull(home, lookups=False)
            build(home)
            rows += pull(home, lookups=True)
            self.pulled.append(rows)
            self.held.append(
                {
                    (shop.id, name): frame
                    for shop in home.select(None)
                    for name, frame in _of(home, shop.id)
                }
            )

    @contextmanager
    def client(self, shop_id: str, connector: str) -> Iterator[Any]:
        """An open client of a shop's source."""
        self._write_home()
        with open_home(self.folder) as home:
            client = source_of(home, shop_id, connector).open()
            try:
                yield client
            finally:
                client.close()

    def pseudonym(self, shop_id: str, member: str) -> str:
        """What a member is called in the lake."""
        with open_home(self.folder) as home:
            return home.members(home.shop(shop_id)).pseudonym(member)

    def write(self, connector: str, kind: WriteKind) -> Write:
        """A write that a connector declares."""
        found = registry.connector(connector).write(kind)
        assert found is not None
        return found

    def crm(self, path: str, **attributes: Any) -> None:
        """Another hand on the CRM's account."""
        headers = {"authorization": f"Klaviyo-API-Key {TOKEN}", "revision": REVISION}
        kind = path.rpartition("/")[2].removesuffix("s")
        body = {"data": {"type": kind, "attributes": attributes}}
        url = f"{self.told['url']}/api/{path}"
        httpx.post(url, headers=headers, json=body).raise_for_status()

    def _write_home(self) -> None:
        for name in ("shops", "policies", "keys"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name, key in KEYS.items():
            (self.folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
        (self.folder / "shopkeeper.toml").write_text("", encoding="utf-8")
        for channel, world in self.worlds.items():
            text = (_SHOP + _SOURCES[channel]).format(
                channel=channel,
                currency=world.currency,
                zone=world.zone,
                first=TODAY - dt.timedelta(days=30),
                clock=clock_text(world),
                **{"url": self.told["url"], **self.told["mail"]},
            )
            (self.folder / "shops" / f"{channel}.toml").write_text(text, encoding="utf-8")
        exports.write_exports(self.worlds["shopify"], self.folder / "inbox")


def _of(home: Home, shop_id: str) -> Iterator[tuple[str, pl.DataFrame]]:
    shop = home.shop(shop_id)
    names = {table for _, stream in shop.streams() for table in tables_of(stream)}
    for name in sorted(names):
        yield name, home.keys.vault.open_frame(home.scan(name, shop).collect(), name)


def tables_of(stream: Stream) -> list[str]:
    """Names of the tables a stream fills."""
    return [table_of(schema).name for schema in stream.tables]


def source_of(home: Home, shop_id: str, connector: str) -> ShopSource:
    """A shop's source by its connector."""
    declared = registry.connector(connector)
    return next(
        source for source, _ in home.shop(shop_id).streams() if source.connector is declared
    )


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """The platforms, served; nothing is read yet."""
    worlds = merchant(TODAY, days=DAYS, households=HOUSEHOLDS, channels=CHANNELS)
    with composed(worlds, token=TOKEN, rates=ROOMY) as told:
        yield Stage(folder, worlds, told)
