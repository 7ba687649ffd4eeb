"""A shop of a home: its settings, and the accounts that it is read from and written to by."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr

from connectors.base.declaration import Connector, Stream
from connectors.base.registry import connector
from contracts.codes import WriteKind
from contracts.economics import Economics
from contracts.errors import ConfigurationError
from contracts.ports import Stores
from contracts.streams import Context, Facts
from contracts.tables import Order, Settlement
from contracts.toml_settings import parse, validate
from flows.steps import secrets
from flows.steps.clock import machine_now
from flows.steps.files import settings_text
from flows.steps.named import refuse_future_history
from flows.steps.settings import ShopSettings


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
        """The streams of this account, mapped by its settings of today."""
        of_account = self.connector.streams_of
        return list(of_account(self.settings()) if of_account else self.connector.streams)

    @property
    def sells(self) -> bool:
        """Whether it has orders."""
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

        A CRM or a mailer can be written to as well, but has no orders; where no source does
        both, it is the first that can be written to, else the first.
        """
        written = [source for source in self.sources if source.connector.writes]
        selling = [source for source in written if source.sells]
        return next(iter((*selling, *written, *self.sources)))

    def writer(self, kind: WriteKind) -> ShopSource | None:
        """The source that writes a kind: the first whose connector can; None: none can."""
        return next((one for one in self.sources if one.connector.write(kind)), None)

    @property
    def is_sandbox(self) -> bool:
        """Whether its platform is an emulated one, whose clock is not the machine's."""
        return any(source.table.get("is_sandbox", False) for source in self.sources)

    def streams(self) -> list[tuple[ShopSource, Stream]]:
        """Every stream of every source.

        Raises:
            ConfigurationError: two sources read the same; they would share what was read until.
                Or both tell what was paid out, each with numbers of its own: it would count twice.
        """
        found = [(source, stream) for source in self.sources for stream in source.streams()]
        owners: dict[str, str] = {}
        for source, stream in found:
            owner = owners.setdefault(stream.name, source.connector.name)
            if owner != source.connector.name:
                raise ConfigurationError(
                    f"{source.file}: {owner} and {source.connector.name} both report "
                    f"`{stream.name}`; a shop is one marketplace, write a file for each"
                )
        self._check_statements(found)
        return found

    def _check_statements(self, found: Sequence[tuple[ShopSource, Stream]]) -> None:
        # A folder whose descriptions are wrong has all streams, none of them described, until it
        # is opened and says what is wrong.
        tellers = {
            source.connector.name: source.file
            for source, stream in found
            if Settlement in stream.tables and stream.documents is not None
        }
        if len(tellers) > 1:
            raise ConfigurationError(
                f"{next(iter(tellers.values()))}: {' and '.join(tellers)} both report settlements,"
                " which would count twice; leave out the description of the export, or let the"
                " marketplace not read them, by the setting that its README names"
            )

    def context(
        self, read_at: dt.datetime, *, mapping_version: int = 1, facts: Facts | None = None
    ) -> Context:
        """What a mapping may know; `facts` are those of the account when it was read."""
        currency, zone = self.settings.currency, self.settings.time_zone
        return Context(self.id, currency, zone, read_at, mapping_version, facts or {})

    def midnight(self, day: dt.date) -> dt.datetime:
        """First instant of a shop-local day, in UTC."""
        return dt.datetime.combine(day, dt.time(), self.zone).astimezone(dt.UTC)


def read_shop(path: Path, stores: Callable[[], Stores]) -> Shop:
    """The shop of a settings file; `stores` is where all clients of its accounts meet.

    Raises:
        ConfigurationError: a setting is wrong; names file, line and key.
    """
    file = f"shops/{path.name}"
    text = settings_text(path, file=file)
    settings = parse(text, ShopSettings, file=file)
    sources = []
    for name, table in settings.sources.items():
        where = f"{file}, [sources.{name}]"
        declared = _connector(name, where=where)
        secrets.refuse_inline(table, declared.settings, where=where)
        validate_partly(table, declared, text=text, file=file)
        folder = path.parent.parent
        sources.append(ShopSource(path.stem, declared, dict(table), file, text, folder, stores))
    shop = Shop(path.stem, settings, tuple(sources))
    if not shop.is_sandbox:  # whose days are not ours
        refuse_future_history(settings, now=machine_now(), text=text, file=file)
    return shop


def _connector(name: str, *, where: str) -> Connector:
    try:
        return connector(name)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


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
