"""A home, opened: its settings, its shops and policies, and what is stored.

The one place that reads settings, the environment and the machine's clock.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar, cast, get_args
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl
from pydantic import BaseModel, SecretStr

from actions.policies.registry import policy_of
from connectors.base.declaration import Connector, Stream
from connectors.base.registry import connector
from contracts.codes import PolicyMode, WriteKind
from contracts.economics import Economics
from contracts.errors import ConfigurationError
from contracts.names import nearest
from contracts.personal import Members
from contracts.ports import Stores
from contracts.streams import Context, Facts
from contracts.tables import Order, table_of
from contracts.toml_settings import parse, validate
from flows.steps import private, secrets
from flows.steps.files import settings_text
from flows.steps.named import (
    approvers_of,
    refuse_future_history,
    refuse_unknown_names,
    refuse_unmailed_alerts,
    refuse_unread_files,
)
from flows.steps.policies import PolicyFile, ShopPolicy, policy_files
from flows.steps.settings import HomeSettings, ShopSettings
from flows.steps.stored import Stored

SchemaT = TypeVar("SchemaT", bound=dy.Schema)

Progress = Callable[[str, int, int | None], None]
"""Told the name of a piece of work, how much of it is done, and how much there is if known."""


def silent(_name: str, _done: int, _total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True, eq=False)
class ShopSource:
    """One connector of a shop, with its settings as written: secrets are still references."""

    shop_id: str
    connector: Connector
    table: dict[str, Any]
    file: str
    text: str
    folder: Path
    stores: Callable[[], Stores]

    def settings(self) -> BaseModel:
        """The connector's settings, secrets read.

        Raises:
            ConfigurationError: a secret is missing, or a setting is wrong.
        """
        where = f"{self.file}, [sources.{self.connector.name}]"
        model = self.connector.settings
        table = dict(self.table)
        for name in secrets.secret_fields(model):
            if name in table:
                secret = secrets.resolve(str(table[name]), where=where, folder=self.folder)
                secrets.refuse_unsendable(secret, where=f"{where}: `{name}`")
                table[name] = SecretStr(secret)
        for name, info in model.model_fields.items():
            if Path in (info.annotation, *get_args(info.annotation)) and name in table:
                table[name] = self.folder / str(table[name])
            elif isinstance(table.get(name), list):
                table[name] = [self._in_home(item) for item in table[name]]
        prefix = ("sources", self.connector.name)
        return validate(table, model, text=self.text, file=self.file, prefix=prefix)

    def streams(self) -> list[Stream]:
        """What this account tells of, mapped as its settings say today."""
        of_account = self.connector.streams_of
        return list(of_account(self.settings()) if of_account else self.connector.streams)

    @property
    def sells(self) -> bool:
        """Whether it tells of orders."""
        return any(Order in stream.tables for stream in self.connector.streams)

    def _in_home(self, value: Any) -> Any:
        """A TOML file named in a list of settings lies in the home."""
        is_file = isinstance(value, str) and value.endswith(".toml")
        return str(self.folder / value) if is_file else value

    def open(self) -> Any:
        """An open client, with limits and tokens of all clients of the home; close it after use."""
        return self.connector.open_client(self.settings(), self.stores())


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop of a home."""

    id: str
    settings: ShopSettings
    sources: tuple[ShopSource, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The zone that decides where its days begin."""
        return ZoneInfo(self.settings.time_zone)

    @property
    def economics(self) -> Economics:
        """What a sale costs there."""
        return self.settings.economics

    @property
    def platform(self) -> ShopSource:
        """The marketplace, whose clock is the shop's: the first that sells and can be written to.

        A CRM or a mailer can be written to as well, but tells of no orders; where no source does
        both, it is the first that can be written to, else the first.
        """
        written = [source for source in self.sources if source.connector.writes]
        selling = [source for source in written if source.sells]
        return next(iter((*selling, *written, *self.sources)))

    def writer(self, kind: WriteKind) -> ShopSource | None:
        """The source that writes a kind: the first whose connector can; null: none can."""
        return next((one for one in self.sources if one.connector.write(kind)), None)

    @property
    def is_sandbox(self) -> bool:
        """Whether its platform is an emulated one, whose clock is not the machine's."""
        return any(source.table.get("is_sandbox", False) for source in self.sources)

    def streams(self) -> list[tuple[ShopSource, Stream]]:
        """Every stream of every source.

        Raises:
            ConfigurationError: two sources tell of the same; they would share what was read until.
        """
        found = [(source, stream) for source in self.sources for stream in source.streams()]
        owners: dict[str, str] = {}
        for source, stream in found:
            owner = owners.setdefault(stream.name, source.connector.name)
            if owner != source.connector.name:
                raise ConfigurationError(
                    f"{source.file}: {owner} and {source.connector.name} both tell of "
                    f"`{stream.name}`; a shop is one marketplace, write a file for each"
                )
        return found

    def context(
        self, read_at: dt.datetime, *, mapping_version: int = 1, facts: Facts | None = None
    ) -> Context:
        """What a mapping may know; `facts` are those of the account when it was read."""
        currency, zone = self.settings.currency, self.settings.time_zone
        return Context(self.id, currency, zone, read_at, mapping_version, facts or {})

    def midnight(self, day: dt.date) -> dt.datetime:
        """First instant of a shop-local day, in UTC."""
        return dt.datetime.combine(day, dt.time(), self.zone).astimezone(dt.UTC)


@dataclass(slots=True)
class ShopClock:
    """The platform's clock: what it said once, and the time that has passed since."""

    said: dt.datetime
    at: float = field(default_factory=time.monotonic)

    def __call__(self) -> dt.datetime:
        """Now, by the platform."""
        return self.said + dt.timedelta(seconds=time.monotonic() - self.at)


class Home(Stored):
    """A folder with shopkeeper.toml. Use it as a context manager: it holds a database open."""

    @classmethod
    def open(cls, folder: Path | str) -> "Home":
        """Open the home in a folder.

        Raises:
            ConfigurationError: there is none, or a setting is wrong; names file, line and key.
        """
        path = Path(folder).absolute()
        file = path / "shopkeeper.toml"
        if not file.is_file():
            raise ConfigurationError(
                f"{folder} is not a home: it has no shopkeeper.toml; `shopkeeper init` writes one"
            )
        text = settings_text(file, file="shopkeeper.toml")
        settings = parse(text, HomeSettings, file="shopkeeper.toml")
        home = cls(path, settings)
        private.keep_private()
        private.mend(path, settings.storage)
        refuse_unread_files(path)
        refuse_unknown_names(settings, text, home.shops)
        sources = [source for shop in home.shops.values() for source in shop.sources]
        refuse_unmailed_alerts(settings, text, {source.connector.name for source in sources})
        for policy in home.policies.values():
            policy.confirm(home.currencies)
        home.approvers = approvers_of(path, shops=home.shops, policies=home.policies)
        return home

    def __enter__(self) -> Self:
        return self

    @cached_property
    def shops(self) -> dict[str, Shop]:
        """Shops by id, which is the name of their file."""
        files = sorted((self.folder / "shops").glob("*.toml"))
        return {path.stem: _shop(path, lambda: self.stores) for path in files}

    @cached_property
    def policies(self) -> dict[str, PolicyFile]:
        """Policies that the home sets up, by name."""
        return policy_files(self.folder)

    @property
    def currencies(self) -> dict[str, str]:
        """What each shop sells in, by id."""
        return {shop.id: shop.settings.currency for shop in self.shops.values()}

    def policy(self, shop: Shop, name: str) -> ShopPolicy:
        """A policy as it holds in a shop.

        Raises:
            ConfigurationError: it is not set up in this home; or money that is set for several
                shops would mean several currencies.
        """
        if name not in self.policies:
            raise ConfigurationError(f"policies/{name}.toml does not exist in this home")
        return self.policies[name].of(shop.id, self.currencies)

    def select(self, shop_id: str | None) -> list[Shop]:
        """One shop, or all of them.

        Raises:
            ConfigurationError: there is no such shop.
        """
        if shop_id is not None:
            return [self.shop(shop_id)]
        if not self.shops:
            raise ConfigurationError(f"{self.folder} has no shop: write one under shops/")
        return list(self.shops.values())

    def shop(self, shop_id: str) -> Shop:
        """The shop of that id.

        Raises:
            ConfigurationError: there is none.
        """
        if shop_id not in self.shops:
            raise ConfigurationError(f"no shop is named {shop_id!r}{nearest(shop_id, self.shops)}")
        return self.shops[shop_id]

    def policies_of(self, shop: Shop, name: str | None) -> list[str]:
        """Names of the policies that are on for a shop; only the one that is asked for, if one is.

        Raises:
            ConfigurationError: the one that is asked for is not set up in this home.
        """
        if name is not None and name not in self.policies:
            policy_of(name)
            raise ConfigurationError(f"policies/{name}.toml does not exist in this home")
        return [
            one
            for one, file in self.policies.items()
            if name in (None, one) and file.settings.mode_of(shop.id) is not PolicyMode.OFF
        ]

    def members(self, shop: Shop) -> Members:
        """The members of a shop, as a mapping may know them."""
        erasures = self.erasures
        return Members(shop.id, self.keys.members, erasures.of(shop.id), erasures.ids(shop.id))

    def carry_out_erasures(self) -> None:
        """Erase whoever is to be forgotten and is there again, as a restore leaves it.

        Raises:
            BusyError: a shop is being pulled or built.
        """
        from flows.steps.forget import carry_out  # it needs an open home itself

        carry_out(self)

    def seal_older(self) -> None:
        """Seal what a release of before left open.

        Raises:
            BusyError: a shop is being pulled or built.
        """
        from flows.steps.sealing import seal_older  # it needs an open home itself

        seal_older(self)

    @property
    def reports(self) -> Path:
        """Where reports are written."""
        return self.folder / "reports"

    def scan(self, table: str, shop: Shop, *, as_of: dt.datetime | None = None) -> pl.LazyFrame:
        """A table of the lake at its recorded version, one shop's rows."""
        version = self.readings.versions().get(table)
        frame = self.lake.scan(table, version=version, as_of=as_of)
        return frame.filter(pl.col("shop_id") == shop.id)

    def read(
        self, schema: type[SchemaT], shop: Shop, *, as_of: dt.datetime | None = None
    ) -> dy.LazyFrame[SchemaT]:
        """The same, typed: what was merged passed the row checks."""
        return cast("dy.LazyFrame[SchemaT]", self.scan(table_of(schema).name, shop, as_of=as_of))

    def data_as_of(self, shop: Shop) -> dt.datetime:
        """What the clocks of the shop's sources said at its newest complete reading.

        Raises:
            ConfigurationError: nothing has been read yet.
        """
        newest = self.readings.newest(shop.id, with_backfills=True)
        if not newest:
            raise ConfigurationError(f"shop {shop.id} has no data yet: run `shopkeeper pull`")
        return max(newest.values())

    def now(self, shop: Shop) -> dt.datetime:
        """The shop's moment without asking its platform: the machine's, or a sandbox world's."""
        return self.data_as_of(shop) if shop.is_sandbox else machine_now()


def machine_now() -> dt.datetime:
    """The machine's clock, UTC."""
    return dt.datetime.now(dt.UTC)


def parse_day(text: str, option: str) -> dt.date:
    """A day as the command line takes it.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} {text!r} is not a day such as 2026-11-11") from None


def parse_as_of(text: str, option: str = "--as-of") -> dt.datetime:
    """A day (its first instant, UTC) or an instant with offset.

    Raises:
        ConfigurationError: it is neither.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text!r} is neither a day nor an instant such as 2026-11-11T09:00:00+08:00"
        ) from None
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)


def _shop(path: Path, stores: Callable[[], Stores]) -> Shop:
    file = f"shops/{path.name}"
    text = settings_text(path, file=file)
    settings = parse(text, ShopSettings, file=file)
    sources = []
    for name, table in settings.sources.items():
        declared = connector(name)
        secrets.refuse_inline(table, declared.settings, where=f"{file}, [sources.{name}]")
        validate_partly(table, declared, text=text, file=file)
        folder = path.parent.parent
        sources.append(ShopSource(path.stem, declared, dict(table), file, text, folder, stores))
    shop = Shop(path.stem, settings, tuple(sources))
    if not shop.is_sandbox:  # whose days are not ours
        refuse_future_history(settings, now=machine_now(), text=text, file=file)
    return shop


def validate_partly(table: dict[str, Any], declared: Connector, *, text: str, file: str) -> None:
    """Refuse wrong settings when the home is opened, secrets still unread."""
    needed = {
        name
        for name in secrets.secret_fields(declared.settings)
        if name in table or declared.settings.model_fields[name].is_required()
    }
    filled = {**table, **dict.fromkeys(needed, "unread")}
    prefix = ("sources", declared.name)
    validate(filled, declared.settings, text=text, file=file, prefix=prefix)
