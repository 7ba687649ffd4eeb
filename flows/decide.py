"""Decide: policies propose, the guard judges, the ledger remembers."""

from typing import cast

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from contracts.actions import Action
from contracts.codes import ActionState
from contracts.languages import Bilingual
from flows.form import HomeDir, OptionalShopId, PolicyName
from flows.labels import run_name, tag_run
from flows.outcome import as_held_state
from flows.steps.blocked import Blocked
from flows.steps.decide import Decided, decide
from flows.steps.effect import effects
from flows.steps.explain import report_holds, report_without_names
from flows.steps.opening import open_home
from reports.checked import translate_data
from reports.markdown import by_approval_list, effects_list, left_alone_table, proposals_list

_TITLE = Bilingual("What was proposed and refused, with reasons", "提出与拒绝的动作及原因")


def _urgency(action: Action) -> tuple[bool, bool, int]:
    """What waits for a person comes first, then what will be done, of that the largest effect."""
    is_waiting = action.state is ActionState.PROPOSED
    return action.guard is not None, not is_waiting, -abs(action.effect_minor or 0)


@flow(name="decide", flow_run_name=run_name, on_running=[tag_run])
async def decide_flow(
    home_dir: HomeDir, shop_id: OptionalShopId = None, policy: PolicyName = None
) -> list[Decided]:
    """Let the policies propose; what passes the guard goes to the ledger."""
    blocked: list[Blocked] = []
    with open_home(home_dir) as home:
        decided = decide(home, shop_id=shop_id, policy=policy, blocked=blocked)
        runs = {row.run_id for row in decided}
        actions = [found for run_id in runs for found in home.ledger.find(run_id=run_id)]
        actions.sort(key=_urgency)
        holds = report_holds([count for row in decided for count in row.left_alone])
        language = home.language
        held = [translate_data(one.held_back) for one in decided if one.held_back]
        table = by_approval_list([one.in_(language) for one in held])
        table += proposals_list(report_without_names(actions, language), language)
        table += left_alone_table(holds, language)
        table += effects_list(effects(home, shop_id=shop_id, policy=policy), language)
    await acreate_markdown_artifact(table, key="proposals", description=_TITLE.in_(language))
    return cast("list[Decided]", as_held_state(decided, [one.summary for one in blocked]))
