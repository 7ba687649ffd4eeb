"""Run: the whole loop, once."""

from typing import cast

from prefect import flow

from flows.act import act_flow
from flows.build import build_flow, rebuild_flow
from flows.check import check_flow
from flows.decide import decide_flow
from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.missed import take_along
from flows.outcome import held, result_of, results_of
from flows.pull import lookup_flow, read_flow
from flows.report import report_flow
from flows.steps.alerts import mail_alerts
from flows.steps.opening import open_home
from flows.steps.pull import Pulled, blocked_in, planned_streams
from flows.steps.retention import expire_when_quiet
from flows.steps.run import LoopResult


@flow(name="run", flow_run_name=run_name, on_running=[tag_run, take_along])
async def run_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> LoopResult:
    """Pull; check and build; decide, act, report; remove what has been held for its time."""
    told: list[str] = []
    pulled = await result_of(read_flow, home_dir, shop_id, told=told)
    # Neither reads what the other makes: checking is Python, building mostly is not.
    checked, built = await results_of(
        result_of(check_flow, home_dir, shop_id, told=told),
        result_of(build_flow, home_dir, shop_id, told=told),
    )
    asked = await _asked(home_dir, shop_id, told)
    if any(one.rows for one in asked):
        checked, rebuilt = await results_of(
            result_of(check_flow, home_dir, shop_id, told=told),
            result_of(rebuild_flow, home_dir, shop_id, told=told),
        )
        built |= rebuilt
    decided = await result_of(decide_flow, home_dir, shop_id, told=told)
    acted = await result_of(act_flow, home_dir, shop_id, told=told)
    reported = await result_of(report_flow, home_dir, shop_id, told=told)
    with open_home(home_dir) as home:
        alerts = mail_alerts(home, shop_id=shop_id)
        expire_when_quiet(home)
    if alerts is not None and not alerts.is_sent:
        told.append(alerts.sentence)
    looped = LoopResult(
        pulled + asked, checked, built, decided, acted, reported, blocked_in(pulled + asked), alerts
    )
    return cast("LoopResult", held(looped, list(dict.fromkeys(told))))


async def _asked(home_dir: str, shop_id: str | None, told: list[str]) -> list[Pulled]:
    """What is asked about what was built; without such a stream there is no run of it."""
    with open_home(home_dir) as home:
        is_needed = bool(planned_streams(home, shop_id=shop_id, lookups=True))
    return await result_of(lookup_flow, home_dir, shop_id, told=told) if is_needed else []
