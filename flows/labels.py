"""What a run is called and tagged with, so that it is found among thousands."""

from typing import Any

from prefect import State, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.flows import Flow

from contracts.errors import ConfigurationError, ShopkeeperError
from flows.steps.clock import machine_now
from flows.steps.opening import open_home


def run_name() -> str:
    """Shop, step and business date of the run that begins, as in "my-shop pull 2026-11-22"."""
    given = runtime.flow_run.get_parameters()
    step = runtime.flow_run.get_flow_name()
    shop_id = given.get("shop_id")
    return f"{shop_id or 'all shops'} {step} {_business_date(given)}".strip()


def _business_date(given: dict[str, Any]) -> str:
    """Shop-local day, of the first shop where all are meant; a wrong home fails in the run."""
    try:
        with open_home(given["home_dir"]) as home:
            shop = home.select(given.get("shop_id"))[0]
            try:
                moment = home.now(shop)
            except ConfigurationError:  # an emulated shop that nothing was read from yet
                moment = machine_now()
            return str(moment.astimezone(shop.zone).date())
    except ShopkeeperError:
        return ""


async def tag_run(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tag a run, once it begins, with its step, its shops and the policies it is about."""
    tags = [f"step:{flow.name}", *_subjects(flow_run.parameters)]
    async with get_client() as client:
        await client.update_flow_run(flow_run.id, tags=tags)


def _subjects(given: dict[str, Any]) -> list[str]:
    try:
        with open_home(given["home_dir"]) as home:
            shops = home.select(given.get("shop_id"))
            found = [f"shop:{shop.id}" for shop in shops]
            if "policy" not in given:
                return found
            named = [name for shop in shops for name in home.policies_of(shop, given["policy"])]
            return found + [f"policy:{name}" for name in dict.fromkeys(named)]
    except ShopkeeperError:
        return []
