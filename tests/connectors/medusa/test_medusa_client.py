"""How Medusa is asked, and how its lists are read."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors.medusa import CONNECTOR, fetch
from connectors.medusa.client import MedusaClient, MedusaSettings
from contracts.errors import SourceContractError
from contracts.streams import Page, Window
from tests.connectors.medusa.recorded import opened, order, returned
from tests.connectors.medusa.scripted import Script

START, END = dt.datetime(2026, 11, 12, tzinfo=dt.UTC), dt.datetime(2026, 11, 15, tzinfo=dt.UTC)
WINDOW = Window(START, END)


def client_of(script: Script, **settings: Any) -> MedusaClient:
    return opened(httpx.MockTransport(script), **settings)


def ids(pages: list[Page]) -> list[str]:
    return [row["id"] for page in pages for row in json.loads(page.body)[page.part]]


def whole(name: str, client: MedusaClient) -> Iterator[Page]:
    stream = CONNECTOR.stream(name)
    assert stream is not None
    return stream.fetch(client, WINDOW)


def payment(number: str, changed: str, order_id: str | None = None) -> dict[str, Any]:
    owner = {"updated_at": changed, "order": {"id": order_id or f"order_{number}"}}
    return {"id": f"pay_{number}", "payment_collection": owner}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"shop_url": "http://api.example.com"},
        {"shop_url": "https://api.example.com", "is_sandbox": True, "base_url": "http://127.0.0.1:1"},
        {"shop_url": "https://api.example.com", "region_id": "europe"},
    ],
)  # fmt: skip
def test_a_shop_is_named_by_one_address(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MedusaSettings(secret_key=SecretStr("sk_1"), **given)


def test_the_key_is_a_user_without_a_password_and_stands_in_no_address() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return Script()(request)

    assert opened(httpx.MockTransport(answer)).now() == dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    assert seen[0].headers["authorization"] == "Basic c2tfMTo="
    assert "sk_1" not in str(seen[0].url)


def test_the_currency_is_the_regions_else_the_stores_own() -> None:
    regions = [{"id": "reg_1", "currency_code": "jpy"}]
    script = Script({"regions": regions})
    assert client_of(script).check().currency == "EUR"
    assert client_of(script, region_id="reg_1").check().currency == "JPY"
    with pytest.raises(SourceContractError, match="region_id"):
        client_of(script, region_id="reg_2").currency()


def test_orders_changed_in_the_window_are_asked_for_with_every_declared_field() -> None:
    script = Script({"orders": [order("1")]})
    list(fetch.orders(client_of(script, region_id="reg_1"), WINDOW))
    path, asked = script.asked[0]
    assert path == "orders"
    assert asked["updated_at[$gte]"] == ["2026-11-12T00:00:00+00:00"]
    assert asked["updated_at[$lt]"] == ["2026-11-15T00:00:00+00:00"]
    assert asked["region_id"] == ["reg_1"]
    fields = asked["fields"][0].split(",")
    assert {"total", "items.adjustments.code", "fulfillments.labels.tracking_url"} <= {*fields}
    assert not [one for one in fields if "email" in one or "address" in one]


def test_orders_whose_money_moved_are_read_though_nothing_dates_them() -> None:
    """A collection changed inside the window; its start counts, its end does not."""
    payments = [
        payment("1", "2026-11-11T23:59:59.999Z"),
        payment("2", "2026-11-12T00:00:00.000Z"),
        payment("3", "2026-11-14T23:59:59.999Z"),
        payment("4", "2026-11-15T00:00:00.000Z"),
        payment("5", "2026-11-13T00:00:00.000Z", "order_1"),
        {"id": "pay_6", "payment_collection": None},
        {"id": "pay_7", "payment_collection": {"updated_at": None, "order": None}},
        {"id": "pay_8", "payment_collection": "odd"},
    ]
    script = Script({"orders": [order(str(n)) for n in range(1, 5)], "payments": payments})
    listed = [one for one in script.rows["orders"] if one["id"] == "order_1"]
    changed = iter([listed])  # the first question is answered by what changed alone
    everything = script.rows["orders"]

    def answer(path: str) -> httpx.Response | None:
        script.rows["orders"] = next(changed, everything)
        return None

    script.answer = answer
    assert ids(list(fetch.orders(client_of(script), WINDOW))) == ["order_1", "order_2", "order_3"]
    path, asked = script.asked[1]
    assert path == "payments"
    assert asked["created_at[$gte]"] == [(START - fetch.MONEY_MOVES).isoformat()]


def test_a_list_that_moves_while_it_is_read_loses_nobody() -> None:
    """The first page is read, then two customers before its end are deleted."""
    script = Script({"customers": [{"id": f"cus_{number:04}"} for number in range(500)]})

    def gone() -> None:
        script.rows["customers"] = [
            one for one in script.rows["customers"] if one["id"] not in ("cus_0003", "cus_0199")
        ]

    script.between = gone
    found = ids(list(whole("customers", client_of(script))))
    assert {f"cus_{number:04}" for number in range(500)} <= {*found}


def test_of_returns_the_lines_of_their_orders_are_asked_for_and_no_customer() -> None:
    script = Script({"returns": [returned("1")], "orders": [order("1"), order("2")]})
    pages = list(fetch.returns(client_of(script), WINDOW))
    assert [page.part for page in pages] == ["returns", "values"]
    _, asked = script.asked[1]
    assert asked["id[]"] == ["order_1"]
    assert "customer_id" not in asked["fields"][0]
    assert "items.return_received_total" in asked["fields"][0]


def test_prices_are_asked_for_with_their_conditions_which_are_told_only_then() -> None:
    script = Script()
    list(whole("products", client_of(script)))
    fields = {path: asked["fields"][0] for path, asked in script.asked}
    for path in ("price-lists", "product-variants"):
        assert "prices.price_rules.attribute,prices.price_rules.value" in fields[path]
    assert "prices.price_set.variant.id" in fields["price-lists"]
