"""Who is let in: signatures over plain HTTP, keys over HTTPS only, application passwords."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from sandbox.woocommerce import ApiKey, routes
from sandbox.woocommerce.oauth import base_string
from sandbox.woocommerce.params import Params
from sandbox.woocommerce.webhooks import Webhook
from tests.sandbox.woocommerce_shop import (
    API,
    CREDENTIALS,
    KEY,
    READER,
    USER,
    WRITER,
    Woo,
    opened,
    signed,
    world_of_woo,
)


@pytest.fixture(scope="module")
def woo() -> Iterator[Woo]:
    with opened() as own:
        yield own


@pytest.fixture(scope="module")
def stranger(woo: Woo) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=woo.http.base_url, timeout=10) as http:
        yield http


def over_https(path: str, **request: Any) -> httpx.Response:
    """What the shop answers to a GET that came over HTTPS."""
    app = Starlette(routes=routes(world_of_woo(), CREDENTIALS))

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://shop.example") as http:
            return await http.get(API + path, **request)

    return asyncio.run(asked())


def now_of(woo: Woo) -> float:
    return woo.world.clock.timestamp()


def url_of(woo: Woo, path: str) -> str:
    return f"{str(woo.http.base_url).rstrip('/')}{API}{path}"


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


DENIED = (401, "woocommerce_rest_authentication_error")


def test_the_example_of_rfc_5849_has_the_base_string_of_the_rfc_but_for_two_habits_of_php() -> None:
    query = (
        "b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2=&oauth_consumer_key=9djdj82h48djs9d2"
        "&oauth_token=kkk9d7dh3k39sjv7&oauth_signature_method=HMAC-SHA1"
        "&oauth_timestamp=137131201&oauth_nonce=7d8f3e4a"
    )
    text = base_string("POST", "http://example.com/request", Params.of(query))
    # The RFC has a second `a3`: PHP keeps one value of a name. The RFC sorts encoded names: the
    # platform sorts before it encodes, so `c2` comes before `c@`.
    assert text == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3Da%26b5%3D%253D%25253D%26c2%3D"
        "%26c%2540%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
        "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201"
        "%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_a_signature_by_another_implementation_is_accepted(
    woo: Woo, stranger: httpx.Client, method: str
) -> None:
    url = signed(url_of(woo, "/orders?per_page=1"), now=now_of(woo), signature_method=method)
    assert stranger.get(url).status_code == 200


@given(
    query=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,8}(\[[0-9]\])?", fullmatch=True),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12),
        max_size=4,
    )
)
@settings(max_examples=40, deadline=None)
def test_any_parameters_are_verified_as_another_implementation_signs_them(
    woo: Woo, stranger: httpx.Client, query: dict[str, str]
) -> None:
    # A name cannot be a list and a single value at once, nor decide what the list is.
    tops = [name.partition("[")[0] for name in query]
    named = {f"x{top}{at}{name[len(top):]}": query[name] for at, (top, name) in
             enumerate(zip(tops, query, strict=True))}  # fmt: skip
    path = "/orders?" + urlencode({"per_page": 1, **named}, quote_via=quote)
    response = stranger.get(signed(url_of(woo, path), now=now_of(woo)))
    assert response.status_code == 200, response.text


def test_brackets_are_part_of_a_signed_name_and_empty_ones_are_numbered(
    woo: Woo, stranger: httpx.Client
) -> None:
    numbered = "/orders?status%5B0%5D=completed&status%5B1%5D=refunded&per_page=1"
    assert stranger.get(signed(url_of(woo, numbered), now=now_of(woo))).status_code == 200
    unnumbered = "/orders?status%5B%5D=completed&per_page=1"
    assert code(stranger.get(signed(url_of(woo, unnumbered), now=now_of(woo)))) == DENIED


def test_a_body_is_no_part_of_the_signature(woo: Woo, stranger: httpx.Client) -> None:
    key = woo.world.products["product_id"][0]
    url = signed(url_of(woo, f"/products/{key}"), method="PUT", now=now_of(woo))
    assert stranger.put(url, json={"stock_quantity": 9}).status_code == 200


def test_a_signature_holds_for_its_method_its_query_and_its_secret_only(
    woo: Woo, stranger: httpx.Client
) -> None:
    url, now = url_of(woo, "/orders?per_page=1"), now_of(woo)
    other = signed(url, method="POST", now=now)
    assert code(stranger.get(other)) == DENIED
    assert code(stranger.get(signed(url, now=now) + "&status=any")) == DENIED
    assert code(stranger.get(signed(url, key=ApiKey(KEY.key, "cs_other"), now=now))) == DENIED
    assert code(stranger.get(signed(url, key=ApiKey("ck_other", "x"), now=now))) == DENIED


def test_a_nonce_is_used_once(woo: Woo, stranger: httpx.Client) -> None:
    url = signed(url_of(woo, "/orders?per_page=1"), now=now_of(woo))
    assert stranger.get(url).status_code == 200
    again = stranger.get(url)
    assert code(again) == DENIED
    assert "nonce" in again.json()["message"]


@pytest.mark.parametrize(("off", "status"), [(-901, 401), (-900, 200), (900, 200), (901, 401)])
def test_a_timestamp_is_at_most_a_quarter_of_an_hour_off(
    woo: Woo, stranger: httpx.Client, off: int, status: int
) -> None:
    url = signed(url_of(woo, "/orders?per_page=1"), now=now_of(woo) + off)
    assert stranger.get(url).status_code == status


def test_a_signature_that_lacks_a_part_says_which(woo: Woo, stranger: httpx.Client) -> None:
    url = signed(url_of(woo, "/orders"), now=now_of(woo))
    sent = dict(parse_qsl(urlsplit(url).query))
    kept = {name: value for name, value in sent.items() if name != "oauth_nonce"}
    response = stranger.get(f"{API}/orders", params=kept)
    assert code(response) == (401, "woocommerce_rest_authentication_missing_parameter")
    assert response.json()["message"].endswith("oauth_nonce")


def test_a_signature_can_stand_in_the_header(woo: Woo, stranger: httpx.Client) -> None:
    query = urlsplit(signed(url_of(woo, "/orders"), now=now_of(woo))).query
    parts = ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in parse_qsl(query))
    response = stranger.get(f"{API}/orders", headers={"authorization": f"OAuth {parts}"})
    assert response.status_code == 200


def test_the_next_link_repeats_the_signature_and_is_refused(
    woo: Woo, stranger: httpx.Client
) -> None:
    first = stranger.get(signed(url_of(woo, "/orders?per_page=1"), now=now_of(woo)))
    assert code(stranger.get(first.links["next"]["url"])) == DENIED


def test_a_key_and_secret_are_not_looked_at_over_plain_http(stranger: httpx.Client) -> None:
    basic = stranger.get(f"{API}/orders", auth=(KEY.key, KEY.secret))
    assert basic.status_code == 401
    query = {"consumer_key": KEY.key, "consumer_secret": KEY.secret}
    assert code(stranger.get(f"{API}/orders", params=query)) == (
        401, "woocommerce_rest_cannot_view",
    )  # fmt: skip


def test_a_key_and_secret_open_the_shop_over_https() -> None:
    assert over_https("/orders", auth=(KEY.key, KEY.secret)).status_code == 200
    query = {"consumer_key": KEY.key, "consumer_secret": KEY.secret}
    assert over_https("/orders", params=query).status_code == 200
    assert code(over_https("/orders", auth=(KEY.key, "cs_other"))) == DENIED
    assert over_https("/orders", auth=("ck_other", "x")).status_code == 401


def test_an_application_password_opens_the_shop_with_or_without_its_spaces(
    stranger: httpx.Client,
) -> None:
    for password in (USER[1], USER[1].replace(" ", "")):
        assert stranger.get(f"{API}/orders", auth=(USER[0], password)).status_code == 200
    wrong = stranger.get(f"{API}/orders", auth=(USER[0], "wrong"))
    assert code(wrong) == (401, "incorrect_password")


@pytest.mark.parametrize(("key", "reads", "writes"), [(READER, 200, 401), (WRITER, 401, 200)])
def test_a_key_may_do_what_its_permissions_say(
    woo: Woo, stranger: httpx.Client, key: ApiKey, reads: int, writes: int
) -> None:
    path = url_of(woo, f"/products/{woo.world.products['product_id'][0]}")
    assert stranger.get(signed(path, key=key, now=now_of(woo))).status_code == reads
    url = signed(path, key=key, method="PUT", now=now_of(woo))
    response = stranger.put(url, json={"stock_quantity": 3})
    assert response.status_code == writes
    if writes == 401:
        assert "write permissions" in response.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "verb"),
    [
        ("GET", "/orders", "view"),
        ("POST", "/coupons", "create"),
        ("PUT", "/products/1", "edit"),
        ("DELETE", "/coupons/1", "delete"),
        ("POST", "/products/batch", "batch"),
    ],
)
def test_a_stranger_reads_the_index_and_nothing_else(
    stranger: httpx.Client, method: str, path: str, verb: str
) -> None:
    assert stranger.get(API).json()["namespace"] == "wc/v3"
    assert code(stranger.request(method, API + path)) == (401, f"woocommerce_rest_cannot_{verb}")


def test_a_webhook_is_signed_over_its_exact_body() -> None:
    body = b'{"id":7,"total":"1.00"}'
    hook = Webhook(142, "order.updated", "whsec", "http://shop.example/")
    headers = hook.headers(body, delivery_id="d-1")
    own = base64.b64encode(hmac.new(b"whsec", body, hashlib.sha256).digest()).decode()
    assert headers["x-wc-webhook-signature"] == own
    assert headers["x-wc-webhook-resource"] == "order"
    assert headers["x-wc-webhook-event"] == "updated"
    assert headers["x-wc-webhook-delivery-id"] == "d-1"
