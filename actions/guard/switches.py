"""Kill switches: stops of everything, a platform, a shop or a policy."""

from collections.abc import Iterable, Sequence

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.refusals import GuardRule, refuse
from contracts.actions import KillSwitch

GUARD = "kill_switch"


def stop_of(
    switches: Iterable[KillSwitch], *, policy: str | None, shop_id: str, platform: str
) -> KillSwitch | None:
    """The widest stop in force for a policy of a shop, if any; no policy: for the whole shop."""
    names = {"all": "", "platform": platform, "shop": shop_id, "policy": policy}
    order = {scope: rank for rank, scope in enumerate(names)}
    found = [
        switch
        for switch in switches
        if switch.scope in names and (switch.scope == "all" or switch.name == names[switch.scope])
    ]
    return min(found, key=lambda switch: order[switch.scope], default=None)


def explain(switch: KillSwitch) -> str:
    """One sentence for the operator."""
    scope = switch.scope if switch.scope == "all" else f"{switch.scope} {switch.name}"
    return f"{switch.by} stopped {scope} at {switch.since:%Y-%m-%d %H:%M} UTC"


def check_kill_switches(frame: pl.DataFrame, facts: GuardFacts) -> pl.DataFrame:
    """Refuse writes under a stop."""
    keys = ["policy", "shop_id", "write_kind"]
    writers = frame.select(keys).unique()
    found = [_stop_rows(facts.switches, facts, writer) for writer in writers.iter_rows()]
    stops = writers.with_columns(stop=pl.Series(found, dtype=pl.String))
    joined = frame.join(stops, on=keys, how="left", maintain_order="left")
    is_violated = pl.col("stop").is_not_null()
    return refuse(joined, GuardRule(GUARD, is_violated, pl.col("stop"))).drop("stop")


def _stop_rows(
    switches: Sequence[KillSwitch], facts: GuardFacts, writer: tuple[str, str, str]
) -> str | None:
    policy, shop_id, kind = writer
    platform = facts.platforms.get((shop_id, kind), "")
    switch = stop_of(switches, policy=policy, shop_id=shop_id, platform=platform)
    return None if switch is None else explain(switch)
