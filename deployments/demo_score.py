"""The demo's scoreboard: what we hold against what the emulated platforms say happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import polars as pl

from checks.reconcile import against, together
from contracts.codes import ActionState, WriteKind
from contracts.tables import AdsDaily, Consent, Parcel, table_of
from deployments.demo_home import SHOPS, DemoWorld
from flows.steps.home import Home
from flows.steps.shop import Shop

_AD_SUMS = ("spend_minor", "impressions", "clicks", "orders", "revenue_minor")
_CONSENTS = {"granted": "granted", "withdrawn": "withdrawn", "never": "never_asked"}


@dataclass(frozen=True, slots=True)
class DemoScore:
    """Things compared with what really happened, and how many of them differ."""

    what: str
    compared: int
    differing: int

    @property
    def sentence(self) -> str:
        """What a person reads."""
        return f"{self.what} equal for {self.compared - self.differing:,} of {self.compared:,}"


def score_demo(home: Home, world: DemoWorld) -> list[DemoScore]:
    """Compare everything that the demo read or wrote."""
    with httpx.Client(base_url=world.url, timeout=60) as truth:
        return [
            *(_days(home, home.shop(shop), truth, channel) for shop, channel in SHOPS.items()),
            _ads(home, home.shop("tmall"), truth),
            _parcels(home, home.shop("demo"), truth),
            _consents(home, home.shop("demo"), truth),
            _mail(home, truth),
        ]


def _truth_rows(truth: httpx.Client, what: str, channel: str) -> list[dict[str, Any]]:
    answer = truth.get(f"/truth/{what}", params={"channel": channel}).raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found


def _days(home: Home, shop: Shop, truth: httpx.Client, channel: str) -> DemoScore:
    """Orders, units and GMV per day, lake and quarantine together."""
    truth_days = pl.DataFrame(_truth_rows(truth, "days", channel)).select(
        order_date=pl.col("date").str.to_date(),
        orders_count=pl.col("orders"),
        sold_units=pl.col("units"),
        gmv_minor=pl.col("gmv_minor"),
    )
    history = shop.settings.history_from
    truth_days = (
        truth_days if history is None else truth_days.filter(pl.col("order_date") >= history)
    )
    ours = together(
        home.scan("orders", shop),
        home.scan("order_lines", shop),
        home.quarantine.open(shop_id=shop.id, table_name="orders"),
        shop.settings.time_zone,
    )
    # An order of before that changed since is read too; its day is not read whole.
    ours = ours if history is None else ours.filter(pl.col("order_date") >= history)
    return DemoScore(
        f"{shop.id}: orders, units, GMV per day",
        truth_days.height,
        against(ours, truth_days).height,
    )


def _ads(home: Home, shop: Shop, truth: httpx.Client) -> DemoScore:
    """Sums per day and ad product, of the days that were read."""
    ours = (
        home.read(AdsDaily, shop)
        .filter(pl.col("ad_level") == "campaign")
        .group_by("ad_date", "ad_channel")
        .agg(
            pl.col("spend_minor").sum(),
            pl.col("impressions_units").sum().alias("impressions"),
            pl.col("clicks_units").sum().alias("clicks"),
            pl.col("orders_count").sum().alias("orders"),
            pl.col("revenue_minor").sum(),
        )
        .collect()
    )
    truth_ads = (
        pl.DataFrame(_truth_rows(truth, "ads", "taobao"))
        .group_by(ad_date=pl.col("date").str.to_date(), ad_channel="product")
        .agg(pl.col(_AD_SUMS).sum())
    )
    keys = ["ad_date", "ad_channel"]
    read = ours.join(truth_ads, on=keys, how="left", suffix="_truth")
    return DemoScore("tmall: ads per day", read.height, _differing(read, _AD_SUMS))


def _parcels(home: Home, shop: Shop, truth: httpx.Client) -> DemoScore:
    """When the parcels that were looked up were delivered."""
    truth_parcels = pl.DataFrame(_truth_rows(truth, "parcels", "shopify")).select(
        shipment_id=pl.concat_str("carrier", "number", separator=":"),
        delivered_at_truth=pl.col("delivered_at").str.to_datetime(time_zone="UTC", time_unit="us"),
    )
    sealed = home.read(Parcel, shop).select("shipment_id", "delivered_at").collect()
    ours = home.keys.vault.open_frame(sealed, table_of(Parcel).name)
    read = ours.join(truth_parcels, on="shipment_id", how="left")
    return DemoScore("demo: parcels asked about", read.height, _differing(read, ("delivered_at",)))


def _consents(home: Home, shop: Shop, truth: httpx.Client) -> DemoScore:
    """What members allowed, by pseudonym."""
    members = home.members(shop)
    truth_consents = pl.DataFrame(
        [
            (members.pseudonym(row["household_id"]), _CONSENTS[row["consent"]])
            for row in _truth_rows(truth, "members", "shopify")
        ],
        schema=["member_id", "consent_status_truth"],
        orient="row",
    )
    marketing = (pl.col("purpose") == "marketing") & (pl.col("channel") == "email")
    ours = home.read(Consent, shop).filter(marketing).collect()
    both = truth_consents.join(ours, on="member_id", how="full", coalesce=True)
    return DemoScore("demo: consents", both.height, _differing(both, ("consent_status",)))


def _mail(home: Home, truth: httpx.Client) -> DemoScore:
    """Messages that the ledger says were sent, and those that arrived: each once."""
    arrived = sorted(_keys(_truth_rows(truth, "writes", "shopify")))
    states = (ActionState.CONFIRMED, ActionState.REVERTED)
    sent = sorted(
        action.action_id
        for action in home.ledger.find(states=states, write_kinds=(WriteKind.SEND_MESSAGE,))
    )
    together_ = set(arrived) | set(sent)
    differing = sum(arrived.count(key) != 1 or sent.count(key) != 1 for key in together_)
    return DemoScore("demo: messages", len(together_), differing)


def _keys(writes: list[dict[str, Any]]) -> Iterator[str]:
    for write in writes:
        if write.get("kind") == "send_message":
            yield str(write["key"])


def _differing(read: pl.DataFrame, columns: tuple[str, ...]) -> int:
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_truth")) for name in columns]
    return read.filter(pl.any_horizontal(differs)).height
