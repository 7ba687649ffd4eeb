"""Resume: take back a stop."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.form import HomeDir, OptionalShopId, Person, PlatformName, PolicyName
from flows.labels import run_name, tag_run
from flows.steps.actions import switch
from flows.steps.home import Home
from reports.markdown import escaped


@flow(name="resume", flow_run_name=run_name, on_running=[tag_run])
async def resume_flow(
    home_dir: HomeDir,
    by: Person,
    platform: PlatformName = None,
    shop_id: OptionalShopId = None,
    policy: PolicyName = None,
) -> str:
    """Take back a stop; name what was stopped."""
    with Home.open(home_dir) as home:
        is_all = platform is shop_id is policy is None
        scope = switch(
            home,
            on=False,
            everything=is_all,
            platform=platform,
            shop_id=shop_id,
            policy=policy,
            by=by,
        )
    await acreate_markdown_artifact(
        f"Resumed: {escaped(scope)}\n", key="resumed", description="Kill switches"
    )
    return scope
