"""A customer taken out of raw pages, and nobody else."""

import json

from connectors.woocommerce.redaction import redact
from tests.connectors.woocommerce.recorded import (
    PEOPLE,
    ZORA,
    customer,
    order,
    page,
    refund,
    review,
    told,
)


def is_zora(platform_id: str) -> bool:
    return platform_id == str(ZORA)


def test_an_order_becomes_a_guests_and_keeps_what_was_bought() -> None:
    guest, other = order(1), order(3, customer_id=8)
    found = redact(page("orders", guest, told(order(2)), other), is_zora)
    kept = json.loads(found.page.body)
    assert (kept[0], kept[2]) == (guest, other)
    assert kept[1]["customer_id"] == 0
    assert kept[1]["line_items"][0]["total"] == "8.50"
    assert not any(mark in found.page.body.decode() for mark in PEOPLE)
    assert all(mark in json.dumps(found.removed) for mark in PEOPLE if mark != str(ZORA))
    assert [one["customer_id"] for one in found.removed if isinstance(one, dict)] == [ZORA]


def test_an_account_is_gone_from_its_list() -> None:
    found = redact(page("customers", customer(8), customer(ZORA)), is_zora)
    assert json.loads(found.page.body) == [customer(8)]
    assert found.removed == (customer(ZORA),)


def test_a_page_that_names_only_others_or_nobody_stays_byte_for_byte() -> None:
    for other in (
        page("orders", order(1), order(3, customer_id=8)),
        page("customers", customer(8)),
        page(f"refunds:{ZORA}", refund(ZORA, (1, 1))),
        page("reviews", review(ZORA)),
    ):
        assert redact(other, is_zora).page is other
