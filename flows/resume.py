"""Resume: take back a stop."""

from prefect import flow

from flows.form import HomeDir, OptionalShopId, Person, PlatformName, PolicyName
from flows.labels import run_name, tag_run
from flows.switching import turn_switch


@flow(name="resume", flow_run_name=run_name, on_running=[tag_run])
async def resume_flow(
    home_dir: HomeDir,
    by: Person,
    platform: PlatformName = None,
    shop_id: OptionalShopId = None,
    policy: PolicyName = None,
) -> str:
    """Take back a stop; name what was stopped."""
    return await turn_switch(
        home_dir, on=False, by=by, platform=platform, shop_id=shop_id, policy=policy
    )
