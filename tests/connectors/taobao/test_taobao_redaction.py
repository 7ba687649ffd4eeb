"""A buyer taken out of raw pages, wherever they stand."""

import json
from typing import Any

from connectors.taobao.redaction import redact
from contracts.streams import Page
from tests.connectors.taobao import recorded

JO, BO = "AAjo", "AAbo"


def is_jo(platform_id: str) -> bool:
    return platform_id == JO


def found(page: Page) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(redact(page, is_jo).page.body)
    return body


def test_a_trade_loses_its_buyer_and_what_says_who_it_is_and_keeps_the_rest() -> None:
    told = {
        "buyer_nick": "jo",
        "receiver_name": "Jo Doe",
        "receiver_mobile": "13800000000",
        "buyer_message": "ring twice",
        "oaid": "x",
    }
    jo = recorded.trade(1, buyer_open_uid=JO, **told)
    bo = recorded.trade(2, buyer_open_uid=BO, buyer_nick="bo")
    page = recorded.trades(jo, bo)
    kept = {name: value for name, value in jo.items() if name not in {*told, "buyer_open_uid"}}
    assert found(page)["trades"]["trade"] == [kept, bo]
    assert "Jo Doe" in json.dumps(redact(page, is_jo).removed)


def test_a_review_loses_its_author_and_its_words() -> None:
    page = recorded.reviews(recorded.review(1, ouid=JO, nick="jo", reply="Dear Jo"))
    row = found(page)["trade_rates"]["trade_rate"][0]
    assert set(row) == {"tid", "oid", "result", "created", "num_iid"}


def test_a_members_own_record_is_gone_from_the_list() -> None:
    page = recorded.members(recorded.member(JO), recorded.member(BO))
    assert [row["ouid"] for row in found(page)["members"]["basic_member"]] == [BO]


def test_a_page_that_names_nobody_meant_stays_to_the_byte() -> None:
    for pages in recorded.PAGES.values():
        for page in pages:
            assert redact(page, is_jo).page is page
