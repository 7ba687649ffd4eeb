"""What a query costs and when it is refused."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.graphql.cost import priced, requested
from sandbox.kit.graphql.selection import Document
from sandbox.shopify.cost import Bucket, Rates
from sandbox.shopify.endpoint import build
from sandbox.world.world import World
from tests.sandbox.conftest import Open
from tests.sandbox.merchant import Merchant

SCHEMA = build()


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("{ shop { name } }", 1),
        ("{ shop { plan { shopifyPlus } } }", 2),
        ("{ orders(first: 10) { nodes { id } } }", 10),
        ("{ orders(first: 10) { edges { cursor node { id } } pageInfo { endCursor } } }", 10),
        (
            "{ orders(first: 10) { nodes { customer { id } lineItems(first: 5) {"
            " nodes { id } } } } }",
            70,
        ),
        (
            "{ orders(first: 2) { nodes { refunds(first: 3) { totalRefundedSet {"
            " shopMoney { amount } } } } } }",
            20,
        ),
        ('{ nodes(ids: ["gid://shopify/Order/1", "gid://shopify/Order/2"]) { id } }', 2),
    ],
)
def test_points_of_a_query(text: str, points: int) -> None:
    tree = parse(text)
    operation = tree.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    document = Document(SCHEMA, {}, None)
    assert requested(priced(document, "QueryRoot", [operation.selection_set])) == points


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 50), st.floats(0, 300), st.floats(0, 1)), min_size=1, max_size=40
    )
)
def test_a_bucket_never_gives_more_than_it_held_and_was_refilled(
    steps: list[tuple[float, float, float]],
) -> None:
    now = 0.0
    rates = Rates(maximum=200, restore=10)
    bucket = Bucket(rates, clock=lambda: now)
    spent = 0.0
    for wait, points, unused in steps:
        now += wait
        if bucket.take(points):
            bucket.give_back(points * unused)
            spent += points * (1 - unused)
        assert 0 <= bucket.status()["currentlyAvailable"] <= rates.maximum
        assert spent <= rates.maximum + now * rates.restore + 1e-6


def test_what_was_not_used_is_put_back(merchant: Merchant) -> None:
    cost = merchant.answer('{ orders(first: 200, query: "id:1") { nodes { id } } }')["extensions"]
    assert cost["cost"]["requestedQueryCost"] == 200
    assert cost["cost"]["actualQueryCost"] == 0
    assert cost["cost"]["throttleStatus"] == {
        "maximumAvailable": 20_000,
        "currentlyAvailable": 20_000,
        "restoreRate": 1_000,
    }


def test_a_query_above_the_maximum_is_refused(reader: Merchant) -> None:
    document = "{ orders(first: 250) { nodes { lineItems(first: 10) { nodes { id } } } } }"
    answer = reader.answer(document)
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "data" not in answer


def test_an_empty_bucket_throttles_inside_an_answer_of_200(open_shop: Open, world: World) -> None:
    merchant = open_shop(world, Rates(maximum=300, restore=0.001))
    document = "{ orders(first: 100) { nodes { id } } }"
    answers: list[dict[str, Any]] = [merchant.answer(document) for _ in range(4)]
    assert ["errors" in answer for answer in answers] == [False, False, False, True]
    assert answers[3]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answers[3]["extensions"]["cost"]["actualQueryCost"] is None
