"""Which days are asked for, and what is wrong inside of an answer that succeeded."""

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from connectors.base.ad_days import Part
from connectors.base.gateway import RefusedCallError
from connectors.taobao_ads import fetch
from contracts.errors import SourceContractError
from contracts.streams import Window
from tests.connectors.taobao_ads.recorded import CONTEXT, DATE, opened, refused, row

NOW = CONTEXT.read_at
DAY = dt.timedelta(days=1)


class Ads:
    """One campaign with one product, and reports of as many rows as told."""

    def __init__(self, *, count: int = 1, onebp: dict[str, Any] | None = None) -> None:
        self.asked: list[dict[str, str]] = []
        self.count, self.onebp = count, onebp
        self.token = 0
        self.expire_after: int | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        self.asked.append(asked)
        token = asked.get("subway_token")
        if token is not None and self.expire_after is not None:
            if token != f"token-{self.token}" or self.expire_after == 0:
                self.expire_after = None
                return refused(15, "isv.invalid-parameter:subway_token")
            self.expire_after -= 1
        return httpx.Response(200, json={"any_response": self.answer(asked)}, headers=DATE)

    def answer(self, asked: dict[str, str]) -> dict[str, Any]:
        method = asked["method"]
        if method.endswith("authsign.get"):
            self.token += 1
            return {"subway_token": f"token-{self.token}"}
        if method.endswith("campaigns.get"):
            return {"campaigns": {"campaign": [{"campaign_id": 31}]}}
        if method.endswith("adgroupsbycampaignid.get"):
            group = {"adgroup_id": 1, "campaign_id": 31, "num_iid": 5}
            return {"adgroups": {"adgroup_list": {"a_d_group": [group]}}}
        if method.startswith("taobao.onebp"):
            return {"result": self.onebp or {"success": True, "total_count": 0}}
        if method.startswith("taobao.simba.rpt."):
            call = method.removeprefix("taobao.simba.rpt.").removesuffix(".get")
            kind = "effect" if call.endswith("effect") else "base"
            left = self.count - (int(asked["page_no"]) - 1) * 500
            text = json.dumps([{}] * min(500, left)) if left > 0 else "{}"
            return {f"rpt_{call.removesuffix(kind)}_{kind}_list": text}
        return {}

    def calls(self, name: str) -> list[dict[str, str]]:
        return [one for one in self.asked if name in one["method"]]


def days(found: Ads, window: Window, **settings: Any) -> list[tuple[str, str]]:
    """The spans of the other ads' reports: they are one call each."""
    client = opened(httpx.MockTransport(found), has_zhitongche=False, **settings)
    list(fetch.ads(client, window))
    client.close()
    queries = [json.loads(one["report_query"]) for one in found.calls("onebp")]
    return [(query["start_time"], query["end_time"]) for query in queries]


def test_the_trailing_days_are_read_again_up_to_yesterday() -> None:
    recent = Window(NOW - dt.timedelta(hours=2), NOW)
    assert days(Ads(), recent) == [("2026-11-01", "2026-11-15")]
    assert days(Ads(), recent, trailing_days=3) == [("2026-11-13", "2026-11-15")]


def test_a_window_of_the_past_is_read_alone() -> None:
    assert days(Ads(), Window(NOW - 10 * DAY, NOW - 8 * DAY)) == [("2026-11-06", "2026-11-08")]


def test_no_report_is_asked_for_more_than_thirty_days() -> None:
    spans = days(Ads(), Window(NOW - 30 * DAY, NOW), trailing_days=30)
    assert spans == [("2026-09-17", "2026-10-16"), ("2026-10-17", "2026-11-15")]


def test_the_days_are_those_of_china() -> None:
    late = dt.datetime(2026, 11, 10, 16, tzinfo=dt.UTC)
    assert days(Ads(), Window(late, late + dt.timedelta(hours=1))) == [("2026-11-11", "2026-11-11")]


def test_search_ads_are_not_asked_for_beyond_what_is_kept() -> None:
    found = Ads()
    client = opened(httpx.MockTransport(found), zhitongche_days=5, has_wanxiangtai=False)
    parts = [Part.parsed(page.part) for page in fetch.ads(client, Window(NOW - 20 * DAY, NOW))]
    client.close()
    assert {(one.first.isoformat(), one.last.isoformat()) for one in parts} == {
        ("2026-11-11", "2026-11-15")
    }


def test_every_report_has_its_token_and_its_grain() -> None:
    found = Ads()
    client = opened(httpx.MockTransport(found))
    pages = list(fetch.ads(client, Window(NOW - DAY, NOW)))
    client.close()
    reports = found.calls("simba.rpt")
    assert {one["subway_token"] for one in reports} == {"token-1"}
    assert [
        (part.channel, part.grain, part.kind) for part in (Part.parsed(p.part) for p in pages)
    ] == [
        ("zhitongche", "campaign", "names"),
        ("zhitongche", "campaign", "base"),
        ("zhitongche", "campaign", "effect"),
        ("zhitongche", "sku", "base"),
        ("zhitongche", "sku", "effect"),
        ("zhitongche", "sku", "names"),
        ("zhitongche", "keyword", "base"),
        ("zhitongche", "keyword", "effect"),
        ("wanxiangtai", "sku", "whole"),
    ]


def test_a_report_is_read_until_a_page_is_not_full() -> None:
    found = Ads(count=1_000)
    client = opened(httpx.MockTransport(found), has_wanxiangtai=False)
    list(fetch.ads(client, Window(NOW - DAY, NOW)))
    client.close()
    assert [one["page_no"] for one in found.calls("campaignbase")] == ["1", "2", "3"]


def test_a_token_of_the_search_ads_that_ends_is_asked_for_again() -> None:
    found = Ads()
    found.expire_after = 3
    client = opened(httpx.MockTransport(found), has_wanxiangtai=False)
    pages = list(fetch.ads(client, Window(NOW - DAY, NOW)))
    client.close()
    assert len(pages) == 8
    assert len(found.calls("authsign")) == 2


def test_what_is_wrong_inside_the_text_is_an_error() -> None:
    class Refusing(Ads):
        def answer(self, asked: dict[str, str]) -> dict[str, Any]:
            found = super().answer(asked)
            text = json.dumps({"code": 15, "sub_code": "isv.missing-parameter", "sub_msg": "x"})
            return {
                name: text if name.startswith("rpt_") else value for name, value in found.items()
            }

    client = opened(httpx.MockTransport(Refusing()))
    with pytest.raises(RefusedCallError, match=r"15 \(isv.missing-parameter\)"):
        list(fetch.ads(client, Window(NOW - DAY, NOW)))
    client.close()


@pytest.mark.parametrize(
    "result",
    [
        {"success": False, "total_count": 0},
        {
            "success": True,
            "total_count": 2,
            "report_result_top_d_t_o_list": {"report_result_top_dto": [row()]},
        },
    ],
)
def test_a_report_that_came_short_is_not_taken_for_whole(result: dict[str, Any]) -> None:
    client = opened(httpx.MockTransport(Ads(onebp=result)), has_zhitongche=False)
    with pytest.raises(SourceContractError):
        list(fetch.ads(client, Window(NOW - DAY, NOW)))
    client.close()
