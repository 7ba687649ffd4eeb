"""What stop and resume share: a kill switch is turned, and the run names it."""

from prefect.artifacts import acreate_markdown_artifact

from flows.steps.actions import switch
from flows.steps.opening import open_home
from reports.markdown import escape


async def turn_switch(
    home_dir: str,
    *,
    on: bool,
    by: str,
    platform: str | None,
    shop_id: str | None,
    policy: str | None,
) -> str:
    """Turn the switch of a platform, shop or policy, or of all where none is named; its scope."""
    with open_home(home_dir) as home:
        scope = switch(
            home,
            on=on,
            everything=platform is shop_id is policy is None,
            platform=platform,
            shop_id=shop_id,
            policy=policy,
            by=by,
        )
    word = "Stopped" if on else "Resumed"
    await acreate_markdown_artifact(
        f"{word}: {escape(scope)}\n", key=word.lower(), description="Kill switches"
    )
    return scope
