"""The act flow works a few shops at a time; who ends it early has no more sent anywhere."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import TransientSourceError
from flows import act
from flows.steps.act import Acted
from tests.flows.homes import write_settings

LONG = 30


@pytest.fixture
def home(tmp_path: Path) -> str:
    shops = {"first": "USD", "second": "CNY", "third": "EUR", "fourth": "USD"}
    return str(write_settings(tmp_path, **shops))


def flow(home: str, **asked: Any) -> Any:
    """The flow without Prefect around it."""
    return act.act_flow.fn(home, **asked)


def test_three_shops_act_at_once_and_are_told_in_their_order(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    met, at_once = threading.Barrier(3), threading.Semaphore(act.SHOPS_AT_A_TIME)

    def acts(_: object, *, shop_id: str, policy: str, **__: object) -> list[Acted]:
        assert at_once.acquire(blocking=False)
        if shop_id != "third":  # the last of the four meets nobody
            met.wait(LONG)
        at_once.release()
        return [Acted(shop_id=shop_id, states={policy: 1})]

    monkeypatch.setattr(act, "act", acts)
    acted = asyncio.run(flow(home, policy="repricing"))
    assert [one.shop_id for one in acted] == ["first", "fourth", "second", "third"]
    assert all(one.states == {"repricing": 1} for one in acted)


def test_one_shop_asked_for_acts_alone(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act, "act", lambda _, *, shop_id, **__: [Acted(shop_id=shop_id, states={})])
    assert [one.shop_id for one in asyncio.run(flow(home, shop_id="second"))] == ["second"]


def test_what_stops_one_shop_is_told_beside_what_the_others_did(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def acts(opened: Any, *, shop_id: str, blocked: list[Any], **_: object) -> list[Acted]:
        from flows.steps.blocked import each

        def one(shop: Any) -> Acted:
            if shop_id == "second":
                raise TransientSourceError("down")
            return Acted(shop_id=shop_id, states={})

        return each(opened.select(shop_id), "act", one, blocked)

    monkeypatch.setattr(act, "act", acts)
    acted = asyncio.run(flow(home))
    assert acted.message == "second: shop act: down"
    assert [one.shop_id for one in acted.data] == ["first", "fourth", "third"]


def test_a_flow_that_is_ended_sends_no_further_chunk(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, over = threading.Semaphore(0), threading.Semaphore(0)
    tried: list[str] = []

    def acts(_: object, *, shop_id: str, progress: Any, **__: object) -> list[Acted]:
        tried.append(shop_id)
        begun.release()
        try:
            for _ in range(LONG * 100):  # chunk after chunk
                progress(shop_id, 1, None)
                threading.Event().wait(0.01)
        finally:
            over.release()
        raise AssertionError("nobody ended it")

    async def ended() -> None:
        running = asyncio.create_task(flow(home))
        for _ in range(act.SHOPS_AT_A_TIME):
            assert await asyncio.to_thread(begun.acquire, timeout=LONG)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        for _ in range(act.SHOPS_AT_A_TIME):
            assert await asyncio.to_thread(over.acquire, timeout=LONG / 2)

    monkeypatch.setattr(act, "act", acts)
    asyncio.run(ended())
    assert len(tried) == act.SHOPS_AT_A_TIME
