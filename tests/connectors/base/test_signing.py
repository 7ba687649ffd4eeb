"""Signatures that the platforms publish, and the law that what is signed is what is sent."""

import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.http import Http
from connectors.base.signing import canonical, hmac_hex, md5_hex, md5_wrapped, signed

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "signing.json"


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    if not VECTORS.is_file():
        pytest.skip("the platforms' signing vectors are not beside this checkout")
    return {one["id"]: one for one in json.loads(VECTORS.read_text("utf-8"))["vectors"]}


@pytest.mark.parametrize("name", ["top-md5", "jd-md5", "pdd-md5"])
def test_a_text_between_two_secrets(vectors: dict[str, Any], name: str) -> None:
    one = vectors[name]
    assert md5_wrapped(one["secret"], canonical(one["params"])) == one["expected"]


def test_a_key_and_nothing_around(vectors: dict[str, Any]) -> None:
    one = vectors["top-hmac-md5"]
    text = canonical(one["params"])
    assert hmac_hex(one["secret"], text, "md5", is_upper=True) == one["expected"]


def test_both_a_key_and_two_secrets(vectors: dict[str, Any]) -> None:
    one = vectors["doudian-1"]
    names = ("app_key", "method", "param_json", "timestamp")
    text = canonical({"v": "2", **{name: one[name] for name in names}})
    found = hmac_hex(one["secret"], one["secret"] + text + one["secret"], "sha256")
    assert found == one["expected"]


def test_a_parameter_its_key_and_the_customer(vectors: dict[str, Any]) -> None:
    one = vectors["kuaidi100-query"]
    assert md5_hex(one["param"] + one["key"] + one["customer"]) == one["expected"]


def test_order_is_by_code_point_and_empty_ones_are_left_out() -> None:
    params = {"foobar": "4", "foo_bar": "3", "foo": "1", "Foo": "0", "empty": "", "中": "5"}
    assert canonical(params) == "Foo0foo1foo_bar3foobar4中5"
    assert signed(params, len_of)[-1] == ("sign", "25")


def len_of(text: str) -> str:
    return str(len(text))


def test_the_signature_itself_is_not_signed() -> None:
    with pytest.raises(ValueError, match="signature itself"):
        signed({"sign": "x"}, len_of)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PARAMS = st.dictionaries(TEXT.filter("sign".__ne__), TEXT, max_size=8)


@pytest.mark.parametrize("is_form", [True, False])
@given(params=PARAMS)
def test_the_signed_set_is_the_sent_set_without_the_signature(
    params: dict[str, str], is_form: bool
) -> None:
    seen: list[httpx.Request] = []
    texts: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    def sign(text: str) -> str:
        texts.append(text)
        return md5_wrapped("secret", text)

    http = Http(
        "https://api.example.com",
        headers={},
        transport=httpx.MockTransport(reply),
        resolve=lambda _: ["23.227.38.33"],
    )
    fields = signed(params, sign)
    if is_form:
        http.post_form("/router/rest", fields)
    else:
        http.get("/router/rest", params=fields)
    raw = seen[0].content if is_form else seen[0].url.query
    sent = parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True)
    unsigned = {name: value for name, value in sent if name != "sign"}
    assert len(unsigned) == len(sent) - 1
    assert [canonical(unsigned)] == texts
    assert dict(sent)["sign"] == partial(md5_wrapped, "secret")(canonical(unsigned))
    http.close()
