"""Write a home: every setting there is, with its meaning, its bounds and its default."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from actions.guard import Limits
from actions.policies.registry import policies
from connectors.base import registry as connectors
from connectors.base.declaration import Connector
from contracts.codes import PolicyMode, WriteKind
from contracts.economics import Confirmed, Economics
from contracts.errors import ConfigurationError
from contracts.tables import Order
from flows.steps import keys
from flows.steps.approved import FILE as APPROVED
from flows.steps.secrets import holds_secret
from flows.steps.settings import (
    Auto,
    Bounces,
    Holdout,
    HomeSettings,
    Keys,
    Purchasing,
    Retention,
    Schedule,
    Storage,
)

_HOME = """# A home of Shopkeeper: where data lies, what holds for all shops. All keys are optional.

language = "en"  # of the daily page and its summary: "en" or "zh-CN"

[storage]  # folders are relative to this file
{storage}
[keys]  # what is stored is sealed with them: env:NAME, file:PATH; back the files up elsewhere
{keys}
[retention]
{retention}
[holdout]  # SKUs and members that are left alone, so that effects can be measured
{holdout}
[auto]  # what a policy in mode auto has to show in a shop; until then it acts by approval there
{auto}
[bounces]
{bounces}
# Spans in which prices are locked, in every shop or only in some, for every SKU or only some:
# [[campaigns]]
# name = "11.11"
# starts_at = 2026-10-20T20:00:00+08:00
# ends_at = 2026-11-12T00:00:00+08:00
# shops = ["my-shop"]

# Who gets one mail per run with what is new among the alerts, by the first shop's mail account:
# [alerts]
# mail_to = "ops@example.com"

# Shops that sell the same SKU, the dearest first: a later one never becomes dearer.
# [channels]
# order = ["my-shop", "my-outlet"]

# What one unit of a currency is worth in the base currency, to compare prices of such shops by;
# without a rate of these days their prices are not changed.
# [fx]
# base = "CNY"
# [fx.rates.USD]
# rate = 7.12
# date = 2026-11-20
# A rate of each day for `metrics show NAME --group`: [[fx.rates.USD]], once per date.
"""

_SHOP = """# One shop. Rename this file: its name is the shop's id. Without .example it is read.
name = "My {title} shop"
currency = "{currency}"  # as it is set there; `doctor` compares, where the platform tells it
time_zone = "{time_zone}"  # decides where a day begins; likewise
# history_from = 2026-01-01  # first day to read; a year back if not given
# usual_from = 2026-11-22  # checks hold what is read against readings from this day on
# language = "zh-CN"  # of this shop's page, "en" or "zh-CN"; the home's if not given

{sources}
[economics]  # what a sale costs; the price floor is made of it
{economics}
[confirmed]  # what only a person can know
{confirmed}
[purchasing]
{purchasing}
[schedule]  # cron in the shop's zone: minute hour day month weekday; for `shopkeeper up`
{schedule}"""

_POLICY = """# The policy {name}.
# Modes: off, shadow (write down only), approve (a person decides), auto (once
# it is earned, see [auto] in shopkeeper.toml).
mode = "{mode}"

[parameters]
{parameters}
[limits]  # the guard refuses what exceeds them
{limits}
[shops]  # what differs in single shops: the mode alone, or a table for each
# my-shop = "approve"
# [shops.my-outlet]
# mode = "auto"
# [shops.my-outlet.parameters]
# [shops.my-outlet.limits]  # money must be set for each shop where they sell in several currencies
# max_exposure_minor = {exposure}
"""

_APPROVED = """\
# Sentences that may be said to customers beside those that Shopkeeper ships, one or more to a line.
# Whoever writes one here has read it: nothing is offered for a review, none is steered or changed.
"""

_EXAMPLES: dict[str, Any] = {
    "max_actions": 20,
    "max_exposure_minor": 50_000,
    "fee_rate": 0.03,
    "min_margin_rate": 0.1,
}


def init(folder: Path) -> list[Path]:
    """Write a home into `folder`; what was written.

    Raises:
        ConfigurationError: there is a home already.
    """
    if (folder / "shopkeeper.toml").exists():
        raise ConfigurationError(f"{folder / 'shopkeeper.toml'} exists already")
    texts = {"shopkeeper.toml": _home()}
    declared = [connectors.connector(name) for name in connectors.names()]
    for shop in filter(_is_shop, declared):
        texts[f"shops/my-{shop.name}.toml.example"] = _shop(shop, declared)
    for name in policies():
        texts[f"policies/{name}.toml"] = _policy(name)
    texts[APPROVED] = _APPROVED
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [folder / name for name in texts] + keys.make(folder, HomeSettings().keys)


def _home() -> str:
    return _HOME.format(
        storage=comment_fields(Storage),
        holdout=comment_fields(Holdout),
        keys=comment_fields(Keys),
        retention=comment_fields(Retention),
        bounces=comment_fields(Bounces),
        auto=comment_fields(Auto),
    )


def _is_shop(declared: Connector) -> bool:
    """Whether a platform is a shop; the others add to one: its ads, its parcels, its members."""
    is_sold_there = any(Order in stream.tables for stream in declared.streams)
    return is_sold_there and bool(declared.writes)


def _shop(shop: Connector, declared: Sequence[Connector]) -> str:
    """A shop of one platform; what may be added to it is there, and left out at first."""
    added = [one for one in declared if not _is_shop(one)]
    sources = [_source(shop), *(_comment_out(_source(one)) for one in added)]
    return _SHOP.format(
        title=shop.title,
        currency=shop.usual_currency,
        time_zone=shop.usual_time_zone,
        sources="\n".join(sources),
        economics=comment_fields(Economics),
        confirmed=comment_fields(Confirmed),
        purchasing=comment_fields(Purchasing),
        schedule=comment_fields(Schedule),
    )


def _source(declared: Connector) -> str:
    return f"[sources.{declared.name}]  # {declared.title}\n{comment_fields(declared.settings)}"


def _comment_out(text: str) -> str:
    return "".join(f"# {line.removeprefix('# ')}\n" for line in text.splitlines())


def _policy(name: str) -> str:
    policy = policies()[name]
    # What lowers no price gives nothing away, in whatever currency.
    exposure = _EXAMPLES["max_exposure_minor"] if WriteKind.SET_PRICE in policy.WRITES else 0
    return _POLICY.format(
        name=name,
        mode=PolicyMode.SHADOW,
        parameters=comment_fields(policy.Params),
        limits=comment_fields(Limits, max_exposure_minor=exposure),
        exposure=exposure,
    )


def comment_fields(model: type[BaseModel], **examples: Any) -> str:
    """One line per field of a model, its default written as a comment, its meaning behind.

    `examples` are values of fields that have no default.
    """
    return "".join(_line(name, field, examples) for name, field in model.model_fields.items())


def _line(name: str, field: FieldInfo, examples: Mapping[str, Any]) -> str:
    if holds_secret(field.annotation):
        setting = f'{name} = "env:{name.upper()}"'
        setting = setting if field.is_required() else f"# {setting}"
    elif field.is_required():
        example = (field.examples or [{**_EXAMPLES, **examples}.get(name, "")])[0]
        setting = f"{name} = {_toml(example)}"
    elif field.get_default(call_default_factory=True) is None:
        setting = f"# {name} ="
    else:
        setting = f"# {name} = {_toml(field.get_default(call_default_factory=True))}"
    notes = ", ".join(part for part in (field.description, _bounds(field)) if part)
    return f"{setting}{'  # ' + notes if notes else ''}\n"


def _bounds(field: FieldInfo) -> str:
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    found = [
        f"{word} {getattr(bound, sign)}"
        for bound in field.metadata
        for sign, word in signs.items()
        if getattr(bound, sign, None) is not None
    ]
    return " and ".join(found)


def _toml(value: Any) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)
