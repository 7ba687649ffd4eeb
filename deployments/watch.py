"""What `doctor` finds of a home that runs by itself."""

import datetime as dt
from zoneinfo import ZoneInfo

from contracts.errors import TransientSourceError
from deployments.place import Place
from deployments.schedules import Standing, standings
from flows.steps.clock import machine_now
from flows.steps.doctor import Finding
from flows.steps.home import Home


def health(home: Home, *, shop_id: str | None = None) -> list[Finding]:
    """Whether server and worker run, what their logs say, and how each schedule stands.

    A home that nothing was started for is no fault: it may be run by hand or by a cron of its own.
    """
    place = Place.of(home.folder)
    running = {name: one.is_running() for name, one in place.unattended.items()}
    if not any(running.values()):
        return [_finding("unattended", "nothing runs by itself; `shopkeeper up` starts it")]
    found = [
        _finding(name, "runs" if is_running else "does not run: `shopkeeper up`", is_running)
        for name, is_running in running.items()
    ]
    found += [
        _finding("errors", told.sentence(log), told.is_clean)
        for log, told in place.errors().items()
    ]
    return found + (_schedules(home, place, shop_id) if running["server"] else [])


def _schedules(home: Home, place: Place, shop_id: str | None) -> list[Finding]:
    shops = {shop.id: shop for shop in home.select(shop_id)}
    try:
        with place.client() as client:
            standing = standings(client)
    except (TransientSourceError, OSError) as error:
        return [_finding("schedules", str(error), False)]
    now = machine_now()
    return [
        Finding(
            shop_id=one.shop_id,
            source="schedule",
            subject=one.step,
            passed=one.is_well(now),
            detail=sentence(one, shops[one.shop_id].zone, now),
        )
        for one in standing
        if one.shop_id in shops
    ]


def sentence(one: Standing, zone: ZoneInfo, now: dt.datetime) -> str:
    """How a schedule stands, by the shop's clock."""
    if one.last_at is None:
        last = "has not run yet"
    elif one.last_state == "Running":
        last = f"runs since {_local(one.last_at, zone)}"
    else:
        last = f"ran {_local(one.last_at, zone)}: {str(one.last_state).lower()}"
    if one.is_paused:
        return f"{last}; is paused"
    if one.next_at is None:
        return f"{last}; no run is planned: see prefect/server.log"
    if one.is_late(now):
        return f"{last}; waits since {_local(one.next_at, zone)}: see prefect/worker.log"
    return f"{last}; next {_local(one.next_at, zone)} ({zone.key})"


def _local(moment: dt.datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _finding(subject: str, detail: str, passed: bool = True) -> Finding:
    return Finding(shop_id="", source="prefect", subject=subject, passed=passed, detail=detail)
