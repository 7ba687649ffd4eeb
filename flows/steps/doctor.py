"""Doctor: does every shop answer, and what may we write there?"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.errors import ShopkeeperError
from flows.steps import secrets
from flows.steps.clock import machine_now
from flows.steps.earned import why_not_auto_in
from flows.steps.home import Home
from flows.steps.named_skus import named_skus_exist
from flows.steps.private import OTHERS, exposed_paths
from flows.steps.remap import stale
from flows.steps.restored import restore_problem
from flows.steps.shop import Shop, ShopSource

_FIXED = re.compile(r"UTC([+-]\d{1,2}(?:\.\d{1,2})?)")
_SHOWN = 5
_SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    shop_id: str
    source: str
    subject: str
    passed: bool
    detail: str


def doctor(home: Home, *, shop_id: str | None = None) -> list[Finding]:
    """Open every source of a shop, or of all, and list what can be written."""
    return [
        *_database(home),
        *_open_to_others(home),
        *_secrets(home),
        *_check_shops(home, shop_id),
    ]


def _database(home: Home) -> list[Finding]:
    """An older copy of the database, or one whose chain was cut."""
    problem = restore_problem(home)
    if problem is None:
        return []
    return [Finding(shop_id="", source="database", subject="journal", passed=False, detail=problem)]


def _check_shops(home: Home, shop_id: str | None) -> list[Finding]:
    return [
        finding
        for shop in home.select(shop_id)
        for found in [
            *([*_examine(shop, one), *_mappings(home, shop, one)] for one in shop.sources),
            _set_aside(home, shop),
            _by_approval(home, shop),
            _names(home, shop),
        ]
        for finding in found
    ]


def _by_approval(home: Home, shop: Shop) -> list[Finding]:
    """Policies that are set to `auto` and have not earned it."""
    return [
        Finding(shop_id=shop.id, source="policies", subject="auto", passed=False, detail=why)
        for why in why_not_auto_in(home, shop)
    ]


def _open_to_others(home: Home) -> list[Finding]:
    """What others may open and was not ours to close when the home was opened."""
    return [
        Finding(
            shop_id="",
            source="home",
            subject="permissions",
            passed=False,
            detail=f"others may open {path}: `chmod -R go= {path}` as its owner",
        )
        for path in exposed_paths(home.folder, home.settings.storage)
    ]


def _secrets(home: Home) -> list[Finding]:
    """Files of secrets, wherever they lie, that others may read."""
    return [
        Finding(
            shop_id="",
            source="home",
            subject="secret files",
            passed=False,
            detail=f"others may read the secret in {path}: `chmod 600 {path}` as its owner",
        )
        for path in dict.fromkeys(_secret_files(home))
        if path.stat().st_mode & OTHERS
    ]


def _secret_files(home: Home) -> Iterator[Path]:
    """What settings of the home and of its shops refer to by `file:`."""
    keys, storage = home.settings.keys, home.settings.storage
    references = [keys.data, keys.members, *keys.earlier, storage.database, storage.database_owner]
    for shop in home.shops.values():
        for source in shop.sources:
            names = secrets.secret_fields(source.connector.settings)
            references += [source.table.get(name) for name in names]
    for reference in references:
        scheme, _, name = str(reference).partition(":")
        if scheme == "file" and secrets.is_file(home.folder / name):
            yield home.folder / name


def _set_aside(home: Home, shop: Shop) -> list[Finding]:
    """Readings that cannot be mapped, one finding a stream."""
    aside: dict[str, list[str]] = {}
    for one in home.readings.set_aside(shop_id=shop.id):
        aside.setdefault(one.reading.stream, []).append(one.failure)
    owners = {stream.name: source.connector.name for source, stream in shop.streams()}
    return [
        Finding(
            shop_id=shop.id,
            source=owners.get(stream, shop.platform.connector.name),
            subject=f"readings of {stream}",
            passed=False,
            detail=f"{len(failures)} set aside: {failures[-1]}; once it is mended,"
            " `shopkeeper build --remap`, or `backfill --mode failed` to read again",
        )
        for stream, failures in aside.items()
    ]


def _names(home: Home, shop: Shop) -> list[Finding]:
    """SKUs that settings name and no listing has."""
    return [
        Finding(
            shop_id=shop.id,
            source=shop.platform.connector.name,
            subject="named SKUs",
            passed=one.passed,
            detail=one.measured,
        )
        for one in named_skus_exist(home, shop)
    ]


def _mappings(home: Home, shop: Shop, source: ShopSource) -> list[Finding]:
    """Streams of a source whose mapping has changed since they were read."""
    return [
        Finding(
            shop_id=shop.id,
            source=source.connector.name,
            subject=f"mapping of {one.stream}",
            passed=False,
            detail=one.sentence,
        )
        for one in stale(home, shop)
        if source.connector.stream(one.stream) is not None
    ]


def _examine(shop: Shop, source: ShopSource) -> list[Finding]:
    details: list[tuple[str, str, bool]] = []
    try:
        client = source.open()
        try:
            if hasattr(client, "prove"):
                client.prove()
            details.append(("answers", *_clock(shop, client.now())))
            if hasattr(client, "check"):
                details += _account(shop, client.check())
            if hasattr(client, "interpreter"):
                details.append(("interpreter", *client.interpreter()))
            if hasattr(client, "strangers"):
                details += _strangers(client.strangers())
        finally:
            client.close()
    except ShopkeeperError as error:
        details.append(("answers", str(error), False))
    details += [
        (f"write {kind}", capability, True) for kind, capability in source.connector.capabilities()
    ]
    return [
        Finding(
            shop_id=shop.id,
            source=source.connector.name,
            subject=subject,
            passed=passed,
            detail=detail,
        )
        for subject, detail, passed in details
    ]


def _strangers(files: list[str]) -> list[tuple[str, str, bool]]:
    """Files of a folder that are never read, since nothing says what they are."""
    if not files:
        return [("files", "a description names each file in the folder", True)]
    others = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return [("files", f"no description names {', '.join(files[:_SHOWN])}{others}", False)]


def _clock(shop: Shop, clock: dt.datetime) -> tuple[str, bool]:
    skew = abs(clock - machine_now())
    reported = f"its clock says {clock:%Y-%m-%d %H:%M:%S} UTC"
    if shop.is_sandbox or skew <= _SKEW:
        return reported, True
    return f"{reported}, which is {skew} off ours: set this machine's clock", False


def _account(shop: Shop, account: Any) -> list[tuple[str, str, bool]]:
    settings = shop.settings
    details = [("account", f"{account.name}, plan {account.plan}", True)]
    for name, ours in (("currency", settings.currency), ("time_zone", settings.time_zone)):
        theirs = getattr(account, name, None)
        if theirs is None:  # not every platform has one, or reports it
            continue
        same = theirs == ours or (name == "time_zone" and _is_same_zone(theirs, ours))
        details.append((name, theirs if same else f"{theirs} there, {ours} in our settings", same))
    if account.scopes is not None:
        details.append(("permissions", ", ".join(account.scopes), True))
    return details


def _is_same_zone(theirs: str, ours: str) -> bool:
    """Whether two zones tell the same time on every day of a year: "UTC+8" is Asia/Shanghai."""
    there, here = _zone(theirs), _zone(ours)
    if there is None or here is None:
        return False
    year = [machine_now() + dt.timedelta(days=day) for day in range(366)]
    return all(
        day.astimezone(there).utcoffset() == day.astimezone(here).utcoffset() for day in year
    )


def _zone(name: str) -> dt.tzinfo | None:
    """A zone by its IANA name, or by its hours from UTC as in "UTC+5.5"."""
    try:
        if offset := _FIXED.fullmatch(name):
            return dt.timezone(dt.timedelta(hours=float(offset[1])))
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
