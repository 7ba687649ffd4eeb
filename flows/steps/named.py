"""What settings name has to exist: a mistyped name would silently hold for nobody."""

import datetime as dt
import pathlib
from collections.abc import Collection
from zoneinfo import ZoneInfo

from contracts.errors import ConfigurationError
from contracts.names import nearest
from contracts.personal import purposes
from contracts.tables import TABLES
from contracts.toml_settings import Path, line_of, parse
from flows.steps.files import settings_text
from flows.steps.settings import ApproverSettings, HomeSettings, ShopSettings

_FILE = "shopkeeper.toml"
APPROVERS = "approvers.toml"
_NOT_READ = (".example", "~", ".bak", ".orig")
"""What `init` writes to be renamed, and what editors leave behind."""


def refuse_unread_files(home: pathlib.Path) -> None:
    """Refuse a file among shops and policies that nothing would read.

    Raises:
        ConfigurationError: naming it.
    """
    for folder in ("shops", "policies"):
        for path in sorted((home / folder).glob("*")):
            is_read = path.suffix == ".toml" and path.is_file()
            if not is_read and not path.name.startswith(".") and not path.name.endswith(_NOT_READ):
                raise ConfigurationError(
                    f"{folder}/{path.name} is not read: files there end in .toml; rename it, "
                    f"or move it elsewhere"
                )


def refuse_unknown_names(settings: HomeSettings, text: str, shops: Collection[str]) -> None:
    """Refuse a shop or a purpose that shopkeeper.toml names and that does not exist.

    Raises:
        ConfigurationError: with the line, and the nearest name.
    """
    named: list[tuple[Path, str]] = [
        (("channels", "order"), shop_id) for shop_id in settings.channels.order
    ]
    named += [
        (("campaigns", number, "shops"), shop_id)
        for number, campaign in enumerate(settings.campaigns)
        for shop_id in campaign.shops
    ]
    for path, shop_id in named:
        _refuse(shop_id, shops, kind="shop", where=line_of(text, path))
    known = {purpose for table in TABLES.values() for purpose in purposes(table.schema).values()}
    for purpose in settings.retention.purpose_days:
        line = line_of(text, ("retention", "purpose_days", purpose))
        _refuse(purpose, known, kind="purpose", where=line)


def refuse_unmailed_alerts(settings: HomeSettings, text: str, connectors: Collection[str]) -> None:
    """Refuse an address for alerts in a home that has no mail account to write to it by.

    Raises:
        ConfigurationError: with the line.
    """
    if settings.alerts.mail_to is not None and "email" not in connectors:
        line = line_of(text, ("alerts", "mail_to"))
        raise ConfigurationError(
            f"{_FILE}, line {line}: alerts.mail_to needs a mail account: give a shop"
            " [sources.email]"
        )


def approvers_of(
    home: pathlib.Path, *, shops: Collection[str], policies: Collection[str]
) -> ApproverSettings | None:
    """What approvers.toml says; nothing where there is none.

    Raises:
        ConfigurationError: a setting is wrong, or names a shop or policy that does not exist.
    """
    path = home / APPROVERS
    if not path.exists():
        return None
    text = settings_text(path, file=APPROVERS)
    settings = parse(text, ApproverSettings, file=APPROVERS)
    for name, role in settings.roles.items():
        for kind, given, known in (
            ("policies", role.policies, policies),
            ("shops", role.shops, shops),
        ):
            where = line_of(text, ("roles", name, kind))
            for one in given or ():
                what = kind.replace("ies", "y").removesuffix("s")
                _refuse(one, known, kind=what, where=where, file=APPROVERS)
    return settings


def _refuse(name: str, known: Collection[str], *, kind: str, where: int, file: str = _FILE) -> None:
    if name not in known:
        raise ConfigurationError(
            f"{file}, line {where}: no {kind} is named {name!r}{nearest(name, known)}"
        )


def refuse_future_history(
    settings: ShopSettings, *, now: dt.datetime, text: str, file: str
) -> None:
    """Refuse a first day of history that lies ahead: nothing would ever be read.

    Raises:
        ConfigurationError: naming the line.
    """
    first = settings.history_from
    if first is not None and first > now.astimezone(ZoneInfo(settings.time_zone)).date():
        where = f"{file}, line {line_of(text, ('history_from',))}"
        raise ConfigurationError(f"{where}: `history_from`: {first} lies in the future")
