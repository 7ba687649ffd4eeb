"""Decide: policies propose, the guard judges, the ledger remembers."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.form import HomeDir, OptionalShopId, PolicyName
from flows.steps.decide import Decided, decide
from flows.steps.explain import explained
from flows.steps.home import Home
from reports.markdown import proposals_table


@flow(name="decide", flow_run_name="decide {shop_id}")
async def decide_flow(
    home_dir: HomeDir, shop_id: OptionalShopId = None, policy: PolicyName = None
) -> list[Decided]:
    """Let the policies propose; what passes the guard goes to the ledger."""
    with Home.open(home_dir) as home:
        decided = decide(home, shop_id=shop_id, policy=policy)
        runs = {row.run_id for row in decided}
        actions = [found for run_id in runs for found in home.ledger.find(run_id=run_id)]
        # What will be done comes first, of that the largest effect.
        actions.sort(key=lambda one: (one.guard is not None, -abs(one.effect_minor or 0)))
        table = proposals_table(explained(actions))
    await acreate_markdown_artifact(
        table, key="proposals", description="What was proposed and refused, with reasons"
    )
    return decided
