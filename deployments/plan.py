"""Which deployments a home has: what runs by itself and when, and what a person may start."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import Flow
from prefect.utilities.callables import parameter_schema
from pydantic.fields import FieldInfo

from deployments.api import TAG
from flows.registry import flows_by_step
from flows.steps.crons import names_no_hour
from flows.steps.home import Home
from flows.steps.shop import Shop

POOL = "shopkeeper"
ALL_SHOPS = "all-shops"

# One run per shop holds the whole chain in order. Chained by events, a step would be lost whenever
# the server is down at the moment its trigger comes.
_SCHEDULED = {"run": "pull", "report": "report"}

# A zone of the same minutes whose clocks are never changed, by the minutes that it is off full
# hours. Summer time is a full hour, but for Lord Howe Island, where it is taken by winter's clock.
_STEADY = {0: "UTC", 30: "Asia/Kolkata", 45: "Asia/Kathmandu"}
_ANY_DAY = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One deployment, complete."""

    step: str
    name: str
    entrypoint: str
    description: str
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    form: dict[str, Any]
    """JSON schema of the form; the server refuses what does not fit."""
    cron: str | None = None
    time_zone: str | None = None
    version: str = field(default="", compare=False)
    """Hash of the rest: the same definition need not be written again."""

    @property
    def full_name(self) -> str:
        """As Prefect writes it."""
        return f"{self.step}/{self.name}"

    def schedule(self) -> CronSchedule | None:
        """When it runs by itself."""
        return CronSchedule(cron=self.cron, timezone=self.time_zone) if self.cron else None


def definitions(home: Home) -> list[Definition]:
    """All deployments of a home, by name.

    Raises:
        ConfigurationError: the home has no shop.
    """
    shops = home.select(None)
    found = [
        _with_version(one)
        for step, flow in flows_by_step().items()
        for one in _definitions(home, step, flow, shops)
    ]
    return sorted(found, key=lambda one: one.full_name)


def _definitions(
    home: Home, step: str, flow: Flow[..., Any], shops: list[Shop]
) -> Iterator[Definition]:
    """One for each shop; what a person decides, or what knows no shop, once for all."""
    form = _form_schema(flow)
    fields = form["properties"]
    if "by" in fields or "shop_id" not in fields:
        yield _definition(home, step, flow, form, shops=shops, fixed={}, name=ALL_SHOPS)
        return
    for shop in shops:
        one = _definition(
            home, step, flow, form, shops=[shop], fixed={"shop_id": shop.id}, name=shop.id
        )
        yield _with_schedule(one, shop) if step in _SCHEDULED else one


def _form_schema(flow: Flow[..., Any]) -> dict[str, Any]:
    """The form's schema, with the descriptions of its fields, which Prefect leaves out."""
    schema = parameter_schema(flow).model_dump(exclude_unset=True)
    hints = get_type_hints(flow.fn, include_extras=True)
    for name, about in schema["properties"].items():
        for noted in getattr(hints[name], "__metadata__", ()):
            if isinstance(noted, FieldInfo) and noted.description:
                about["description"] = noted.description
    return schema


def _definition(
    home: Home,
    step: str,
    flow: Flow[..., Any],
    form: dict[str, Any],
    *,
    shops: list[Shop],
    fixed: dict[str, str],
    name: str,
) -> Definition:
    fixed = {"home_dir": str(home.folder), **fixed}
    tags = [TAG, f"step:{step}", *(f"shop:{shop.id}" for shop in shops)]
    if "policy" in form["properties"]:
        on = [policy for shop in shops for policy in home.policies_of(shop, None)]
        tags += [f"policy:{policy}" for policy in dict.fromkeys(on)]
    return Definition(
        step=step,
        name=name,
        entrypoint=f"flows.{step}.{step}_flow",
        # What it raises is for who calls it in Python.
        description=(flow.description or "").partition("\n\nRaises:")[0],
        tags=tuple(tags),
        parameters=fixed,
        form=_restrict_form(form, fixed, _choices(home)),
    )


def _choices(home: Home) -> dict[str, list[str]]:
    """What a home knows by name."""
    platforms = {s.connector.name for shop in home.shops.values() for s in shop.sources}
    return {
        "shop_id": sorted(home.shops),
        "policy": sorted(home.policies),
        "platform": sorted(platforms),
    }


def _restrict_form(
    schema: dict[str, Any], fixed: dict[str, str], choices: dict[str, list[str]]
) -> dict[str, Any]:
    """The form with what is fixed made unchangeable, and names made choices."""
    form: dict[str, Any] = json.loads(json.dumps(schema))
    for name, about in form["properties"].items():
        if name in fixed:
            about |= {"readOnly": True, "enum": [fixed[name]], "type": "string"}
            for loose in ("anyOf", "default"):
                about.pop(loose, None)
        elif name in choices:
            for branch in about.get("anyOf", [about]):
                if branch.get("type") == "string":
                    branch["enum"] = choices[name]
    return form


def _with_schedule(one: Definition, shop: Shop) -> Definition:
    cron = getattr(shop.settings.schedule, _SCHEDULED[one.step])
    return replace(one, cron=cron, time_zone=planned_in(cron, shop.zone))


def planned_in(cron: str, zone: ZoneInfo) -> str:
    """The zone by whose clock the server plans a schedule.

    Prefect runs each hour that a clock shows once, so nothing would run in the hour that the clocks
    of autumn show again. What runs every hour is planned by a clock that is never changed.
    """
    if not names_no_hour(cron):
        return zone.key
    offset = _ANY_DAY.astimezone(zone).utcoffset()
    assert offset is not None
    return _STEADY[offset // dt.timedelta(minutes=1) % 60]


def _with_version(one: Definition) -> Definition:
    fields = {name: getattr(one, name) for name in Definition.__dataclass_fields__}
    text = json.dumps(fields, sort_keys=True)
    return replace(one, version=hashlib.sha256(text.encode()).hexdigest()[:12])
