"""Stop: nothing is written any more, at once."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.form import HomeDir, OptionalShopId, Person, PlatformName, PolicyName
from flows.labels import run_name, tag_run
from flows.steps.actions import switch
from flows.steps.home import Home
from reports.markdown import escaped


@flow(name="stop", flow_run_name=run_name, on_running=[tag_run])
async def stop_flow(
    home_dir: HomeDir,
    by: Person,
    platform: PlatformName = None,
    shop_id: OptionalShopId = None,
    policy: PolicyName = None,
) -> str:
    """Stop all writes at once, or those of a platform, shop or policy; undo still works."""
    with Home.open(home_dir) as home:
        is_all = platform is shop_id is policy is None
        scope = switch(
            home,
            on=True,
            everything=is_all,
            platform=platform,
            shop_id=shop_id,
            policy=policy,
            by=by,
        )
    await acreate_markdown_artifact(
        f"Stopped: {escaped(scope)}\n", key="stopped", description="Kill switches"
    )
    return scope
