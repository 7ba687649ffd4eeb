"""How the shop is asked: who we say we are, by which clock, and in which shape."""

import base64
import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY, Client  # type: ignore[import-untyped]

from connectors.base.declaration import Stream
from connectors.base.oauth1 import Signer
from connectors.woocommerce import CONNECTOR, fetch
from connectors.woocommerce.client import WooCommerceClient, WooCommerceSettings
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.streams import Window
from tests.connectors.woocommerce.recorded import DATE, line, opened, order, refund, refused

KEY = {"consumer_key": "ck_a", "consumer_secret": "cs_a"}
STATUS = {
    "environment": {"version": "10.3.0"},
    "settings": {"currency": "EUR", "number_of_decimals": 0},
}


STREAMS = [stream for stream in CONNECTOR.streams if stream.lookup is None]


class Shop:
    """Answers what a test says per path and keeps what it was asked."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = {"system_status": STATUS, **(answers or {})}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/wc/v3/")[2]
        self.asked.append((path, dict(request.url.params)))
        self.headers.append(request.headers)
        answer = self.answers.get(path, [])
        if callable(answer):
            answer = answer(self.asked[-1][1])
        if isinstance(answer, httpx.Response):
            return answer
        rows, total = answer if isinstance(answer, tuple) else (answer, None)
        length = str(len(rows) if total is None else total)
        return httpx.Response(200, json=rows, headers={**DATE, "x-wp-total": length})

    def asked_of(self, path: str) -> list[dict[str, str]]:
        return [params for found, params in self.asked if found == path]


def client_of(shop: Shop) -> WooCommerceClient:
    return opened(httpx.MockTransport(shop))


WINDOW = Window(
    dt.datetime(2026, 11, 10, 8, 0, 0, 500_000, dt.UTC),
    dt.datetime(2026, 11, 11, 8, 0, 0, 1, dt.UTC),
)


def test_a_window_is_asked_for_as_gmt_without_an_offset_in_whole_seconds_around_it() -> None:
    shop = Shop()
    list(fetch.orders(client_of(shop), WINDOW))
    asked, thrown_away = shop.asked_of("orders")
    assert thrown_away == asked | {"status": "trash"}
    assert asked["modified_after"] == "2026-11-10T07:59:59"
    assert asked["modified_before"] == "2026-11-11T08:00:01"
    assert (asked["dates_are_gmt"], asked["orderby"], asked["order"]) == ("true", "modified", "asc")
    assert (asked["status"], asked["per_page"]) == ("any", "100")


def test_orders_are_asked_for_in_the_decimals_of_the_currency_and_without_contact_data() -> None:
    shop = Shop()
    list(fetch.orders(client_of(shop), WINDOW))
    asked, _ = shop.asked_of("orders")
    assert asked["dp"] == "2"
    fields = set(asked["_fields"].split(","))
    assert fields.isdisjoint({"billing", "shipping", "customer_note", "meta_data"})
    assert not any("." in name for name in fields)  # inside a list such a field comes out empty


def test_no_list_of_values_is_asked_for_in_brackets() -> None:
    shop = Shop({"orders": [order(2, refunds=[{"id": 25, "reason": "", "total": "-1.00"}])]})
    for stream in STREAMS:
        list(stream.fetch(client_of(shop), WINDOW))
    names = {name for _, params in shop.asked for name in params}
    assert not any("[" in name for name in names)


def of_any(answer: Callable[[dict[str, str]], Any]) -> Callable[[dict[str, str]], Any]:
    """A list of orders with nothing in the trash."""
    return lambda asked: [] if asked["status"] == "trash" else answer(asked)


def test_a_refunded_order_is_followed_by_its_refunds() -> None:
    told = order(2, refunds=[{"id": 25, "reason": "", "total": "-4.25"}])
    shop = Shop(
        {"orders": of_any(lambda _: [order(1), told]), "orders/2/refunds": [refund(25, (20, 1))]}
    )
    pages = list(fetch.orders(client_of(shop), WINDOW))
    assert [page.part for page in pages] == ["orders", "refunds:2", "orders"]


def test_orders_with_a_refund_of_the_window_are_read_though_they_did_not_change() -> None:
    shop = Shop(
        {
            "orders": of_any(lambda asked: [order(7 if asked.get("include") == "7" else 1)]),
            "refunds": [{"id": 5, "parent_id": 7}, {"id": 6, "parent_id": 1}],
        }
    )
    pages = list(fetch.orders(client_of(shop), WINDOW))
    ids = [one["id"] for page in pages for one in json.loads(page.body)]
    assert ids == [1, 7]


def test_refunds_of_an_order_are_asked_for_once_and_again_only_if_there_are_others() -> None:
    second = "2026-11-10T08:00:00"
    paid_back = [{"id": 25, "reason": "", "total": "-4.25"}]
    others = [order(number, date_modified_gmt=second) for number in range(100, 199)]
    once = order(2, date_modified_gmt="2026-11-10T09:00:00", refunds=paid_back)
    more = once | {"refunds": [*paid_back, {"id": 26, "reason": "", "total": "-1.00"}]}

    for then, times in ((once, 1), (more, 2)):
        answers = iter([([*others, once], 150), [then]])
        shop = Shop(
            {"orders": of_any(lambda _, told=answers: next(told)), "orders/2/refunds": []}  # type: ignore[misc]
        )
        list(fetch.orders(client_of(shop), WINDOW))
        assert len(shop.asked_of("orders/2/refunds")) == times


def test_own_codes_of_products_with_variations_are_asked_for_once_per_product() -> None:
    varied = [
        line(10, product_id=7, variation_id=71), line(11, product_id=7, variation_id=72),
        line(12, product_id=8, variation_id=81), line(13, product_id=9),
        line(14, product_id=6, variation_id=61, sku=None),
    ]  # fmt: skip
    codes = [{"id": 7, "sku": "PARENT"}]
    shop = Shop({"orders": lambda _: [order(1, *varied)], "products": codes})
    pages = list(fetch.orders(client_of(shop), WINDOW))
    (asked,) = shop.asked_of("products")
    assert (asked["include"], asked["_fields"]) == ("7,8", "id,sku")
    assert [page.part for page in pages] == ["orders", "codes", "orders"]


SCALAR = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
ODD = (
    SCALAR
    | st.lists(SCALAR, max_size=2)
    | st.lists(st.dictionaries(st.text(max_size=3), SCALAR, max_size=2), max_size=2)
)


@given(
    field=st.sampled_from([*order(1, fee_lines=[])]),
    value=ODD,
    stream=st.sampled_from(STREAMS),
)
def test_no_odd_document_ends_the_fetching_of_the_others(
    field: str, value: Any, stream: Stream
) -> None:
    """Whatever a list holds is landed: what is odd is judged by the mapping, and alone."""
    documents = [order(1) | {field: value}, value, order(2)]
    shop = Shop(dict.fromkeys(("orders", "products", "customers", "coupons"), documents))
    shop.answers["products/reviews"] = shop.answers["refunds"] = documents
    pages = list(stream.fetch(client_of(shop), WINDOW))
    assert next(json.loads(page.body) for page in pages if page.part == stream.name) == documents


def known_refunds(*rows: tuple[str, str]) -> pl.DataFrame:
    """Refunds of the lake, each made a week before the window's end."""
    at = WINDOW.end - dt.timedelta(days=7)
    return pl.DataFrame(
        [
            {"order_id": order_id, "refund_id": number, "refunded_at": at}
            for order_id, number in rows
        ],
        schema={
            "order_id": pl.String,
            "refund_id": pl.String,
            "refunded_at": pl.Datetime("us", "UTC"),
        },
    )


def test_only_orders_that_lost_a_refund_are_read_again() -> None:
    shop = Shop({"refunds": [{"id": 25}], "orders": of_any(lambda _: [order(3)])})
    known = known_refunds(("2", "25"), ("3", "26"))
    pages = list(fetch.lost_refunds(client_of(shop), WINDOW, known))
    assert [page.part for page in pages] == ["again", "again"]
    assert [asked["include"] for asked in shop.asked_of("orders")] == ["3", "3"]
    whole = Shop({"refunds": [{"id": 25}, {"id": 26}]})
    assert list(fetch.lost_refunds(client_of(whole), WINDOW, known)) == []
    assert list(fetch.lost_refunds(client_of(Shop()), WINDOW, known_refunds())) == []


def test_a_shop_before_9_0_has_no_list_of_refunds_and_does_without() -> None:
    shop = Shop({"orders": [order(1)], "refunds": refused(404, "rest_no_route")})
    client = client_of(shop)
    assert len(list(fetch.orders(client, WINDOW))) == 2
    assert fetch.estimate_orders(client, WINDOW) > 0


def test_a_shop_that_does_not_filter_by_change_is_an_error_and_no_loop() -> None:
    old = order(1, date_modified_gmt="2020-01-01T00:00:00")
    shop = Shop({"orders": ([old], 500)})
    with pytest.raises(SourceContractError, match="not filtered"):
        list(fetch.orders(client_of(shop), WINDOW))


def test_products_with_variations_are_followed_by_them() -> None:
    shop = Shop({"products": [{"id": 1, "type": "simple"}, {"id": 2, "type": "variable"}]})
    pages = list(fetch.products(client_of(shop), WINDOW))
    assert [page.part for page in pages] == ["products", "variations:2"]
    assert "products/1/variations" not in [path for path, _ in shop.asked]


def test_all_public_reviews_are_read_without_asking_who_wrote_them() -> None:
    shop = Shop()
    list(fetch.reviews(client_of(shop), WINDOW))
    (asked,) = shop.asked_of("products/reviews")
    assert {"after", "before", "status"}.isdisjoint(asked)
    assert asked["_fields"] == "id,date_created_gmt,product_id,review,rating"


def test_links_to_next_pages_are_not_followed() -> None:
    link = '<https://shop.example.com/wp-json/wc/v3/coupons?oauth_nonce=used>; rel="next"'
    answer = httpx.Response(200, json=[], headers={**DATE, "x-wp-total": "0", "link": link})
    shop = Shop({"coupons": answer})
    list(fetch.coupons(client_of(shop), WINDOW))
    assert len(shop.asked) == 1


def test_a_key_goes_in_a_header_and_never_in_the_address() -> None:
    shop = Shop()
    client_of(shop).now()
    pair = base64.b64encode(b"ck_test:cs_test").decode()
    assert shop.headers[0]["authorization"] == f"Basic {pair}"
    assert set(shop.asked[0][1]) == {"_fields"}


def test_a_site_below_a_path_is_asked_there() -> None:
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json=STATUS, headers=DATE)

    settings = WooCommerceSettings.model_validate(
        {"shop_url": "https://example.com/de/shop/", **KEY}
    )
    client = WooCommerceClient(
        settings, transport=httpx.MockTransport(answer), resolve=lambda host: ["23.227.38.33"]
    )
    client.now()
    client.close()
    assert paths == ["/de/shop/wp-json/wc/v3/system_status"]


@given(
    params=st.dictionaries(
        st.from_regex(r"[a-z_]{1,10}", fullmatch=True),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12),
        max_size=5,
    ),
    at=st.integers(1, 2**31),
)
def test_a_signature_is_the_one_that_another_implementation_makes(
    params: dict[str, str], at: int
) -> None:
    url = "http://127.0.0.1:8080/wp-json/wc/v3/orders"
    signed = dict(
        Signer("ck_a", "cs_a", lambda: "n0nce").signed("GET", url, [*params.items()], at=at)
    )
    other = Client(
        "ck_a", client_secret="cs_a", signature_method="HMAC-SHA256", nonce="n0nce",
        timestamp=str(at), signature_type=SIGNATURE_TYPE_QUERY,
    )  # fmt: skip
    query = urlencode({name: value for name, value in signed.items() if "oauth_" not in name})
    theirs = dict(parse_qsl(urlsplit(other.sign(f"{url}?{query}")[0]).query))
    assert signed["oauth_signature"] == theirs["oauth_signature"]


def test_a_request_is_signed_by_the_shops_clock_with_a_new_nonce_each() -> None:
    shop = Shop({"": {}, "coupons": []})
    client = signing(shop)
    client.now()
    client.now()
    at = str(int(dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC).timestamp()))
    signed = [params for _, params in shop.asked if "oauth_signature" in params]
    assert [params["oauth_timestamp"] for params in signed] == [at, at]
    assert len({params["oauth_nonce"] for params in signed}) == 2
    assert "authorization" not in shop.headers[-1]
    assert len(shop.asked) == 3  # one without a key tells the time


def test_a_clock_that_was_not_looked_at_for_long_is_looked_at_before_signing() -> None:
    shop, now = Shop(), [0.0]
    client = signing(shop, clock=lambda: now[0])
    client.now()
    now[0] = 3600.0
    client.now()
    assert ["oauth_nonce" in params for _, params in shop.asked] == [False, True, False, True]


def signing(shop: Shop, clock: Callable[[], float] = lambda: 0.0) -> WooCommerceClient:
    settings = WooCommerceSettings.model_validate(
        {"base_url": "http://127.0.0.1:8080", "is_sandbox": True, "access": "signed_key", **KEY}
    )
    return WooCommerceClient(
        settings,
        transport=httpx.MockTransport(shop),
        resolve=lambda host: ["127.0.0.1"],
        clock=clock,
        sleep=lambda seconds: None,
    )


@pytest.mark.parametrize("told", [{"x-wp-total": "many"}, {"x-wp-total": ""}, {}])
@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_list_that_does_not_tell_its_length_is_a_broken_contract_and_no_end_of_it(
    stream: Stream, told: dict[str, str]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_status = request.url.path.endswith("system_status")
        return httpx.Response(200, json=STATUS if is_status else [], headers={**DATE, **told})

    with pytest.raises(SourceContractError, match="length"):
        list(stream.fetch(opened(httpx.MockTransport(answer)), WINDOW))


def test_what_is_told_to_everybody_is_asked_without_a_word_of_who_we_are() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("system_status"):
            assert "authorization" in request.headers
            return httpx.Response(200, json=STATUS, headers=DATE)
        if "authorization" in request.headers or request.url.query:
            return refused(401, "invalid_username")
        site = {"name": "Demo", "timezone_string": "", "gmt_offset": "5.5"}
        return httpx.Response(200, json=site, headers=DATE)

    check = opened(httpx.MockTransport(answer)).check()
    assert (check.currency, check.time_zone) == ("EUR", "UTC+5.5")


def test_a_redirect_names_plain_permalinks() -> None:
    moved = httpx.Response(301, headers={**DATE, "location": "https://shop.example.com/"})
    with pytest.raises(SourceRejectedError, match="permalinks are plain"):
        list(fetch.coupons(client_of(Shop({"coupons": moved})), WINDOW))


def test_a_page_of_the_host_is_asked_past_and_a_shop_behind_it_for_good_is_told() -> None:
    answers = [httpx.Response(200, html="<p>wait</p>", headers=DATE)] * 2
    shop = Shop({"coupons": lambda asked: answers.pop() if answers else []})
    assert len(list(fetch.coupons(client_of(shop), WINDOW))) == 1
    wall = Shop({"coupons": httpx.Response(200, html="<p>wait</p>", headers=DATE)})
    with pytest.raises(TransientSourceError, match="page of the host"):
        list(fetch.coupons(client_of(wall), WINDOW))
