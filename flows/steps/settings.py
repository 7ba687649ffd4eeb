"""What an operator writes in a home: the storage, one file per shop, one file per policy."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from contracts.codes import PolicyMode
from contracts.economics import Confirmed, Economics
from contracts.languages import Locale
from contracts.markers import SkuCode
from contracts.money import known_currency
from flows.steps import crons
from flows.steps.secrets import holds_password
from transforms.stock import USUAL_OVERDUE_DAYS

_REFERENCE = "^(env|file):.+$"
Currency = Annotated[str, AfterValidator(known_currency)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Storage(_Strict):
    """Where a home keeps what it reads; relative to the home."""

    landing: str = "data/landing"
    lake: Annotated[
        str, Field(description="a folder, or an object store by URL such as s3://bucket/lake")
    ] = "data/lake"
    database: Annotated[
        str, Field(description="a file, a URL such as postgresql://me@host/shop, or env:, file:")
    ] = "data/shopkeeper.db"
    database_owner: Annotated[
        str | None,
        Field(description="the same database as the role that owns its tables and may change them"),
    ] = None

    @field_validator("database", "database_owner")
    @classmethod
    def _no_password(cls, value: str | None) -> str | None:
        if value is not None and holds_password(value):
            raise ValueError("a password is written out; write a reference, env:NAME or file:PATH")
        return value


class Holdout(_Strict):
    """The share of SKUs and of members that are left alone, so that effects can be measured."""

    salt: Annotated[str, Field(min_length=1)] = "shopkeeper"
    share_rate: Annotated[float, Field(ge=0, le=0.5)] = 0.0


class Keys(_Strict):
    """Keys by reference, env:NAME or file:PATH; whoever loses one loses what it sealed."""

    data: Annotated[
        str, Field(pattern=_REFERENCE, description="seals what is stored; keep a copy elsewhere")
    ] = "file:keys/data.key"
    members: Annotated[
        str, Field(pattern=_REFERENCE, description="makes pseudonyms of customers; never change it")
    ] = "file:keys/members.key"
    earlier: Annotated[
        list[Annotated[str, Field(pattern=_REFERENCE)]],
        Field(description="earlier data keys, which still open what they sealed"),
    ] = []


class Retention(_Strict):
    """How long what is read is stored; `run` removes what is older."""

    landing_days: Annotated[
        int, Field(ge=1, description="days that raw answers are kept; the lake stays")
    ] = 400
    purpose_days: Annotated[
        dict[str, Annotated[int, Field(ge=1)]],
        Field(description="days that personal columns are kept after the last change, by purpose"),
    ] = {"contact": 730, "service": 730, "birthday": 400}


class CampaignSettings(_Strict):
    """A span of a platform's calendar during which prices are locked."""

    name: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    shops: list[str] = []
    """Empty: all of them."""
    skus: list[SkuCode] = []
    """Empty: all of them."""

    @property
    def last(self) -> dt.datetime:
        """Its last instant; it ends before `ends_at`."""
        return self.ends_at - dt.timedelta.resolution

    def concerns(self, shop_id: str) -> bool:
        """Whether it is a shop's own."""
        return not self.shops or shop_id in self.shops

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _zoned(cls, value: dt.datetime) -> dt.datetime:
        if value.tzinfo is None:
            raise ValueError("give the instant with its offset, as in 2026-11-11T00:00:00+08:00")
        if not 2000 < value.year < 2100:
            raise ValueError(f"the year {value.year} is far from today's")
        return value.astimezone(dt.UTC)

    @model_validator(mode="after")
    def _ordered(self) -> "CampaignSettings":
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at: the campaign ends before it begins")
        return self


class Rate(_Strict):
    """What one unit of a currency is worth in the base currency, and as of which day."""

    rate: Annotated[float, Field(gt=0)]
    date: dt.date


def _several(value: Any) -> Any:
    """One table, or several."""
    return [value] if isinstance(value, dict) else value


class Fx(_Strict):
    """Rates by which prices of shops in different currencies are compared."""

    base: Currency = "CNY"
    rates: Annotated[
        dict[Currency, Annotated[tuple[Rate, ...], BeforeValidator(_several)]],
        Field(
            description="one table per currency, [fx.rates.USD] rate = 7.12, date = 2026-11-20;"
            " several with their dates as [[fx.rates.USD]]"
        ),
    ] = {}


class Channels(_Strict):
    """How the merchant's shops stand to each other."""

    order: Annotated[
        list[str],
        Field(description="your shops, the dearest first: a later one never gets dearer for a SKU"),
    ] = []


class Bounces(_Strict):
    """What is known of messages that came back, beside what mail systems say."""

    confirmed_days: Annotated[
        list[dt.date],
        Field(description="days (UTC) whose many addresses are really gone, as `check` names them"),
    ] = []


class Auto(_Strict):
    """What a policy in mode `auto` has to show in a shop; until then it acts by approval there."""

    shadow_days: Annotated[
        int,
        Field(ge=0, description="days of decisions in shadow or approve; 0: you vouch for it"),
    ] = 14
    least_costed_rate: Annotated[
        float,
        Field(ge=0, le=1, description="for prices: active listings linked to a SKU with a cost"),
    ] = 0.9
    needs_backtest: Annotated[
        bool,
        Field(description="whether a `shopkeeper backtest` of the current settings is required"),
    ] = True
    backtest_days: Annotated[int, Field(ge=1, description="days that a backtest stays valid")] = 30


class Alerts(_Strict):
    """Who gets new alerts."""

    mail_to: Annotated[
        str | None,
        Field(
            pattern=r"^[^\s@<>,;]{1,64}@[^\s@<>,;]+\.[^\s@<>,;]+$",
            description="one address, which gets one mail per run, by the first mail account",
        ),
    ] = None


class HomeSettings(_Strict):
    """shopkeeper.toml."""

    language: Locale = "en"
    """Of the daily page and of its summary; a shop may have its own."""
    storage: Storage = Storage()
    keys: Keys = Keys()
    retention: Retention = Retention()
    holdout: Holdout = Holdout()
    fx: Fx = Fx()
    channels: Channels = Channels()
    auto: Auto = Auto()
    bounces: Bounces = Bounces()
    alerts: Alerts = Alerts()
    campaigns: list[CampaignSettings] = []


Cron = Annotated[str, AfterValidator(crons.validate_cron)]


class Schedule(_Strict):
    """When a shop's work begins once `shopkeeper up` runs; cron in the shop's zone."""

    pull: Annotated[Cron, Field(description="the loop: pull, check, build, decide, act")] = (
        "15 * * * *"
    )
    report: Annotated[Cron, Field(description="the report of the day before")] = "30 7 * * *"


class Purchasing(_Strict):
    """How a shop's goods are bought."""

    overdue_days: Annotated[
        int,
        Field(
            ge=0,
            le=365,
            description="days after its expected day until which a purchase order is counted on",
        ),
    ] = USUAL_OVERDUE_DAYS


class ShopSettings(_Strict):
    """shops/<shop>.toml. Each table under `sources` belongs to the connector of that name."""

    name: str
    currency: Currency
    time_zone: str
    history_from: dt.date | None = None
    """First day to read, in the shop's zone; a year back if not given."""
    usual_from: dt.date | None = None
    """Checks hold a reading against those from this shop-local day on; all if not given."""
    language: Locale | None = None
    """Of this shop's page; the home's if not given."""
    sources: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    economics: Economics
    confirmed: Confirmed = Confirmed()
    purchasing: Purchasing = Purchasing()
    schedule: Schedule = Schedule()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        import zoneinfo

        if value not in zoneinfo.available_timezones():
            raise ValueError(f"{value!r} is not an IANA time zone such as Asia/Shanghai")
        return value


class PolicyOfShop(_Strict):
    """What differs in one shop: `my-shop = "approve"`, or a table with parameters and limits."""

    mode: PolicyMode | None = None
    parameters: dict[str, Any] = {}
    limits: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _mode_alone(cls, value: Any) -> Any:
        return {"mode": value} if isinstance(value, str) else value


class PolicySettings(_Strict):
    """policies/<policy>.toml."""

    mode: PolicyMode = PolicyMode.SHADOW
    shops: dict[str, PolicyOfShop] = {}
    parameters: dict[str, Any] = {}
    limits: dict[str, Any] = {}

    def mode_of(self, shop_id: str) -> PolicyMode:
        """The mode in force for a shop."""
        return self.shops.get(shop_id, _NOTHING).mode or self.mode

    def common(self, part: Literal["parameters", "limits"]) -> dict[str, Any]:
        """What holds in every shop that does not say otherwise."""
        return self.parameters if part == "parameters" else self.limits

    def own(self, part: Literal["parameters", "limits"], shop_id: str) -> dict[str, Any]:
        """What one shop says for itself."""
        shop = self.shops.get(shop_id, _NOTHING)
        return shop.parameters if part == "parameters" else shop.limits


class Role(_Strict):
    """Who may approve what, up to which amounts; amounts in minor units, by currency."""

    users: list[str] = []
    """Accounts of the operating system, of who types in a terminal."""
    names: list[str] = []
    """Names as given with --by or typed into a form: nobody proves them."""
    policies: list[str] | None = None
    """Not given: all."""
    shops: list[str] | None = None
    """Not given: all."""
    max_action_minor: dict[Currency, Annotated[int, Field(ge=0)]] | None = None
    """Most at stake with one action; not given: any. A currency that is not named: nothing."""
    max_day_minor: dict[Currency, Annotated[int, Field(ge=0)]] | None = None
    """The same of all that one person approves within 24 hours."""

    @model_validator(mode="after")
    def _somebodys(self) -> "Role":
        if not self.users and not self.names:
            raise ValueError("a role has users or names")
        return self


class ApproverSettings(_Strict):
    """approvers.toml."""

    roles: Annotated[dict[str, Role], Field(min_length=1)]


_NOTHING = PolicyOfShop()
