"""Run: the whole loop, once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from prefect import Flow, flow

from flows.act import act_flow
from flows.build import build_flow, rebuild_flow
from flows.check import check_flow
from flows.decide import decide_flow
from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.missed import drop_all_missed
from flows.outcome import as_held_state, result_of, results_of
from flows.pull import lookup_flow, read_flow
from flows.report import report_flow
from flows.steps.alerts import mail_alerts
from flows.steps.opening import open_home
from flows.steps.pull import planned_streams
from flows.steps.retention import expire_when_idle
from flows.steps.run import LoopResult, order, result_of_steps

_STEPS: Mapping[str, Flow[..., Any]] = {
    "read": read_flow,
    "check": check_flow,
    "build": build_flow,
    "lookup": lookup_flow,
    "rebuild": rebuild_flow,
    "decide": decide_flow,
    "act": act_flow,
    "report": report_flow,
}


@flow(name="run", flow_run_name=run_name, on_running=[tag_run, drop_all_missed])
async def run_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> LoopResult:
    """Pull; check and build; decide, act, report; remove what has been stored for its time."""
    stopped: list[str] = []
    results: dict[str, Any] = {}
    with open_home(home_dir) as home:
        looks_up = bool(planned_streams(home, shop_id=shop_id, lookups=True))
    for names in order(results):
        if names == ("lookup",) and not looks_up:  # a run of nothing would only be looked at
            results["lookup"] = []
            continue
        runs = (result_of(_STEPS[name], home_dir, shop_id, stopped=stopped) for name in names)
        results.update(zip(names, await results_of(*runs), strict=True))
    with open_home(home_dir) as home:
        alerts = mail_alerts(home, shop_id=shop_id)
        expire_when_idle(home)
    if alerts is not None and not alerts.is_sent:
        stopped.append(alerts.sentence)
    looped = replace(result_of_steps(results, []), alerts=alerts)
    return cast("LoopResult", as_held_state(looped, list(dict.fromkeys(stopped))))
