"""Klaviyo's answers as recorded, with synthetic values: what the compliance suite judges."""

import datetime as dt
import json
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.klaviyo import fetch, wire
from connectors.klaviyo.client import KlaviyoClient, KlaviyoSettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page, Window
from tests.connectors.scripted import asking, opened

READ_AT = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
CONTEXT = Context("shop", "EUR", "Europe/Berlin", READ_AT)
DATE = {"date": "Sun, 22 Nov 2026 05:00:00 GMT"}
ZORA, ZORAS_PROFILE, ZORAS_ADDRESS = "7700123456", "01ZORAMARKEDPROFILE", "zora@marked.example"
PEOPLE = (ZORA, ZORAS_PROFILE, ZORAS_ADDRESS, "Zora-Marked", "Zora-Wrote-This", "Zora-Was-Told")
_ORIGIN = "https://a.klaviyo.com"


def document(*resources: dict[str, Any], path: str = "", **more: Any) -> bytes:
    """An answer that lists resources."""
    links = {"self": f"{_ORIGIN}{path}", "next": None, "prev": None}
    return json.dumps({"data": resources, "links": links, **more}).encode()


def page(part: str, *answers: bytes) -> Page:
    return Page(wire.texts(answers), part)


def resource(kind: str, key: str, attributes: dict[str, Any], **related: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "id": key,
        "attributes": attributes,
        "relationships": related,
        "links": {"self": f"{_ORIGIN}/api/{kind}s/{key}"},
    }


def one(kind: str, key: str) -> dict[str, Any]:
    """A relationship to one document."""
    return {"data": {"type": kind, "id": key}}


def marketing(consent: str = "SUBSCRIBED", **more: Any) -> dict[str, Any]:
    return {
        "can_receive_email_marketing": True,
        "consent": consent,
        "consent_timestamp": "2026-10-01T08:00:00+00:00",
        "last_updated": "2026-10-01T08:00:00+00:00",
        "method": "CHECKOUT",
        "method_detail": "",
        "custom_method_detail": None,
        "double_optin": False,
        "suppression": [],
        "list_suppressions": [],
        **more,
    }


def profile(
    key: str, external_id: str | None, said: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    attributes = {
        "email": f"member{key[-1]}@example.com",
        "external_id": external_id,
        "locale": "de-DE",
        "location": {"timezone": "Europe/Berlin"},
        "updated": "2026-11-20T10:00:00+00:00",
        "subscriptions": {"email": {"marketing": said or marketing()}},
        **more,
    }
    return resource("profile", key, attributes)


def holder(key: str, external_id: str | None, **more: Any) -> dict[str, Any]:
    """A profile as it is asked for beside another list."""
    return resource("profile", key, {"external_id": external_id, **more})


def code(text: str, holder_id: str | None = None, **more: Any) -> dict[str, Any]:
    attributes = {
        "unique_code": text,
        "status": "ASSIGNED_TO_PROFILE" if holder_id else "UNASSIGNED",
        "expires_at": "2026-12-24T00:00:00+00:00",
        **more,
    }
    related = {"profile": one("profile", holder_id)} if holder_id else {}
    coupon = one("coupon", "WINBACK")
    return resource("coupon-code", f"WINBACK-{text}", attributes, coupon=coupon, **related)


def campaign(key: str, **more: Any) -> dict[str, Any]:
    attributes = {
        "name": f"Members' news {key}",
        "status": "Sent",
        "archived": False,
        "audiences": {"included": ["L1"], "excluded": []},
        "send_options": {"use_smart_sending": True},
        "send_strategy": {"method": "immediate"},
        "created_at": "2026-11-01T08:00:00+00:00",
        "scheduled_at": "2026-11-10T09:00:00+00:00",
        "send_time": "2026-11-10T10:00:00+00:00",
        "updated_at": "2026-11-10T10:05:00+00:00",
        **more,
    }
    return resource("campaign", key, attributes)


def review(key: str, **more: Any) -> dict[str, Any]:
    attributes = {
        "email": f"member{key[-1]}@example.com",
        "status": {"value": "published"},
        "verified": True,
        "review_type": "review",
        "created": "2026-11-12T08:00:00+00:00",
        "updated": "2026-11-13T08:00:00+00:00",
        "images": [],
        "product": {"url": "https://shop.example/21", "name": "Milk", "external_id": "21"},
        "rating": 5,
        "title": "Fresh",
        "content": "As it should be.",
        **more,
    }
    return resource("review", key, attributes, events={"data": []})


_THEIRS = {
    "email": ZORAS_ADDRESS.upper(),
    "author": "Zora-Marked",
    "content": "Zora-Wrote-This",
    "public_reply": {
        "content": "Zora-Was-Told",
        "author": "The shop",
        "updated": "2026-11-13T08:00:00+00:00",
    },
    "rating": 1,
}
_LINK = f"/api/profiles?filter=any(id,[%22{ZORAS_PROFILE}%22])"
PAGES = {
    "profiles": [
        page(
            "profiles",
            document(
                profile("01P1", "1"),
                profile(ZORAS_PROFILE, ZORA, email=ZORAS_ADDRESS),
                profile("01P3", None, marketing("UNSUBSCRIBED"), email=None),
            ),
        ),
        page("profiles", document(profile("01P4", "4", marketing("NEVER_SUBSCRIBED")))),
    ],
    "coupon_codes": [
        page(
            "codes",
            document(code("A1"), code("A2", ZORAS_PROFILE), code("A3", "01P3", status="USED")),
            document(holder(ZORAS_PROFILE, ZORA), holder("01P3", None), path=_LINK),
        ),
        page("codes", document(code("A4", expires_at="2026-11-01T00:00:00+00:00"))),
    ],
    "campaigns": [
        page("email", document(campaign("C1"), campaign("C2", status="Draft", send_time=None))),
        page("sms", document(campaign("C3", status="Cancelled: No Recipients"))),
        page("mobile_push", document()),
    ],
    "crm_reviews": [
        page(
            "reviews",
            document(review("R1"), review("R2", **_THEIRS)),
            document(
                holder("01P1", "1", email="member1@example.com"),
                holder(ZORAS_PROFILE, ZORA, email=ZORAS_ADDRESS),
                path=_LINK,
            ),
        ),
        page("reviews", document(review("R3", rating=3, email=None, product=None))),
    ],
}
EMPTY = {
    "profiles": [page("profiles", document())],
    "coupon_codes": [page("codes", document())],
    "campaigns": [page(channel, document()) for channel in ("email", "sms", "mobile_push")],
    "crm_reviews": [page("reviews", document())],
}
UNKNOWN = {
    "profiles": [page("profiles", document(profile("01P9", "9", marketing("PERHAPS"))))],
    "coupon_codes": [page("codes", document(code("A9", status="LENT")))],
    "campaigns": [page("email", document(campaign("C9", status="Unknown")))],
    "crm_reviews": [page("reviews", document(review("R9", review_type="video")))],
}


def refused(status: int, error_code: str, **headers: str) -> httpx.Response:
    """A refusal as JSON:API has it; its texts are never to be repeated."""
    error = {
        "id": "e-1",
        "code": error_code,
        "title": "Zora-Marked",
        "detail": f"{ZORAS_ADDRESS} is not what was expected",
        "source": {"pointer": "/data/attributes"},
    }
    return httpx.Response(status, json={"errors": [error]}, headers={**DATE, **headers})


ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    "invalid": (refused(400, "invalid"), SourceRejectedError),
    "not_authenticated": (refused(401, "not_authenticated"), SourceRejectedError),
    "authentication_failed": (refused(401, "authentication_failed"), SourceRejectedError),
    "permission_denied": (refused(403, "permission_denied"), SourceRejectedError),
    "not_found": (refused(404, "not_found"), SourceRejectedError),
    "method_not_allowed": (refused(405, "method_not_allowed"), SourceContractError),
    "duplicate": (refused(409, "duplicate"), SourceRejectedError),
    "http 410": (refused(410, "gone"), SourceContractError),
    "http 413": (refused(413, "payload_too_large"), SourceRejectedError),
    "http 415": (refused(415, "unsupported_media_type"), SourceContractError),
    "http 418": (refused(418, "a_new_one"), SourceContractError),
    "throttled": (refused(429, "throttled", **{"retry-after": "1"}), TransientSourceError),
    "http 408": (httpx.Response(408, headers=DATE), TransientSourceError),
    "http 500": (refused(500, "error"), TransientSourceError),
    "http 503": (httpx.Response(503, text="<html>", headers=DATE), TransientSourceError),
    "another shape": (httpx.Response(200, json={"data": {}}, headers=DATE), SourceContractError),
}


def settings(**more: Any) -> KlaviyoSettings:
    return KlaviyoSettings.model_validate({"api_key": SecretStr("pk_of_a_test"), **more})


def ask(transport: httpx.BaseTransport) -> None:
    """Read the first stream of an account behind the transport."""
    with asking(opened(KlaviyoClient, settings(), transport)) as client:
        list(fetch.profiles(client, Window(READ_AT - dt.timedelta(days=1), READ_AT)))
