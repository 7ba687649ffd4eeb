"""A home: its settings, its shops and policies, and what is stored."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar, cast

import dataframely as dy
import polars as pl

from actions.policies.registry import policy_of
from contracts.codes import PolicyMode
from contracts.errors import ConfigurationError
from contracts.languages import Language, language_of
from contracts.names import nearest
from contracts.personal import Members
from contracts.tables import table_of
from contracts.toml_settings import parse
from flows.steps import private
from flows.steps.clock import machine_now
from flows.steps.files import settings_text
from flows.steps.named import (
    approvers_of,
    refuse_unknown_names,
    refuse_unmailed_alerts,
    refuse_unread_files,
)
from flows.steps.policies import PolicyFile, ShopPolicy, policy_files
from flows.steps.settings import HomeSettings
from flows.steps.shop import Shop, read_shop
from flows.steps.stored import Stored

SchemaT = TypeVar("SchemaT", bound=dy.Schema)


class Home(Stored):
    """A folder with shopkeeper.toml. Use it as a context manager: it holds a database open."""

    @classmethod
    def of(cls, folder: Path | str, *, once_open: Callable[["Home"], None]) -> "Home":
        """The home in a folder; `once_open` is called when its database has been opened.

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
        home.once_open = lambda: once_open(home)
        private.keep_private()
        private.close_exposed(path, settings.storage)
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
        return {path.stem: read_shop(path, lambda: self.stores) for path in files}

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
        """Names of the policies that are on for a shop; only the requested one, if one is.

        Raises:
            ConfigurationError: the requested one is not set up in this home.
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

    @property
    def language(self) -> Language:
        """In which its people read."""
        return language_of(self.settings.language)

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
        """What the clocks of the shop's sources read at its newest complete reading.

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
