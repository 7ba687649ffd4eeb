"""Approve: a person lets proposals pass, and they are sent."""

from typing import Annotated

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from pydantic import Field

from flows.act import act_flow
from flows.form import ActionIds, HomeDir, Person
from flows.labels import run_name, tag_run
from flows.steps.actions import approve
from flows.steps.explain import explained
from flows.steps.home import Home
from reports.markdown import left_table, proposals_table


@flow(name="approve", flow_run_name=run_name, on_running=[tag_run])
async def approve_flow(
    home_dir: HomeDir,
    action_ids: ActionIds,
    by: Person,
    send_now: Annotated[
        bool, Field(description="Send what is approved in these shops now, not at the next run")
    ] = True,
) -> list[str]:
    """Approve proposals by their ids; what has expired or was decided before stays as it is."""
    with Home.open(home_dir) as home:
        done = approve(home, action_ids, by=by)
        changed = done.changed
        actions = home.ledger.find(action_ids=changed) if changed else []
        table = proposals_table(explained(actions))
    await acreate_markdown_artifact(
        table + left_table(done.left),
        key="approved",
        description=f"{len(changed)} approved of {len(action_ids)}",
    )
    if send_now:
        for shop_id in dict.fromkeys(action.shop_id for action in actions):
            await act_flow(home_dir, shop_id)
    return changed
