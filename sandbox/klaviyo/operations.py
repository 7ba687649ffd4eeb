"""The operations that are served: their limits, and what each takes in its URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.klaviyo import fields as names

_Set = frozenset[str]
_EQUAL: Final = frozenset({"any", "equals"})
_ONLY_EQUAL: Final = frozenset({"equals"})
_BETWEEN: Final = frozenset({"greater-than", "less-than"})
_UP_TO: Final = frozenset({"greater-or-equal", "less-or-equal"})
_RANGE: Final = _BETWEEN | _UP_TO
_MARKETING: Final = "subscriptions.email.marketing"


@dataclass(frozen=True)
class Rates:
    """How many requests an account may make of an operation per second and per minute."""

    burst: int
    steady: int


@dataclass(frozen=True)
class Operation:
    """What an operation takes.

    `fields` are the allowed names by resource type, `filters` the operators by field, `required`
    the fields of which the filter must name one; `page` the default and the largest page size, to
    be chosen if `is_sized`; `slower` the rates when a parameter has a value.
    """

    name: str
    method: str
    path: str
    rates: Rates
    fields: Mapping[str, _Set] = field(default_factory=dict)
    additional: _Set = frozenset()
    include: _Set = frozenset()
    filters: Mapping[str, _Set] = field(default_factory=dict)
    required: _Set = frozenset()
    sort: _Set = frozenset()
    page: tuple[int, int] | None = None
    is_sized: bool = True
    slower: Mapping[tuple[str, str], Rates] = field(default_factory=dict)

    @property
    def parameters(self) -> _Set:
        """The query parameters it declares."""
        found = {f"fields[{kind}]" for kind in self.fields}
        found |= {"page[cursor]"} if self.page else set()
        found |= {"page[size]"} if self.page and self.is_sized else set()
        found |= {"additional-fields[profile]"} if self.additional else set()
        optional = {"include": self.include, "filter": self.filters, "sort": self.sort}
        return frozenset(found | {name for name, values in optional.items() if values})


XS: Final = Rates(1, 15)
S: Final = Rates(3, 60)
M: Final = Rates(10, 150)
L: Final = Rates(75, 750)
XL: Final = Rates(350, 3500)

_ADDITIONAL: Final = frozenset({"subscriptions", "predictive_analytics"})
_SLOWER: Final = {("additional-fields[profile]", "predictive_analytics"): M}
_PROFILE: Final = {
    "conversation": names.CONVERSATION,
    "profile": names.PROFILE,
    "push-token": names.PUSH_TOKEN,
}
_CODE: Final = {"coupon-code": names.COUPON_CODE}
_COUPON: Final = {"coupon": names.COUPON}
_JOB: Final = {"coupon-code-bulk-create-job": names.JOB}
_CAMPAIGN: Final = {
    "campaign-message": names.CAMPAIGN_MESSAGE,
    "campaign": names.CAMPAIGN,
    "tag": names.TAG,
}
_REVIEW: Final = {"event": names.EVENT, "review": names.REVIEW}
_EVENT: Final = {
    "attribution": names.ATTRIBUTION,
    "event": names.EVENT,
    "metric": names.METRIC,
    "profile": names.PERSON,
}
_CAMPAIGN_INCLUDE: Final = frozenset({"campaign-messages", "tags"})
_EVENT_INCLUDE: Final = frozenset({"attributions", "metric", "profile"})

OPERATIONS: Final = (
    # Not in the specs at hand: its rates and answer are unconfirmed.
    Operation("get_accounts", "GET", "/api/accounts", XS),
    Operation(
        "get_profiles", "GET", "/api/profiles", L,
        fields=_PROFILE,
        additional=_ADDITIONAL,
        include=frozenset({"conversations", "push-tokens"}),
        filters={
            "id": _EQUAL,
            "email": _EQUAL,
            "phone_number": _EQUAL,
            "external_id": _EQUAL,
            "_kx": _ONLY_EQUAL,
            "created": _BETWEEN,
            "updated": _BETWEEN,
            f"{_MARKETING}.list_suppressions.reason": _ONLY_EQUAL,
            f"{_MARKETING}.list_suppressions.timestamp": _RANGE,
            f"{_MARKETING}.list_suppressions.list_id": _ONLY_EQUAL,
            f"{_MARKETING}.suppression.reason": _ONLY_EQUAL,
            f"{_MARKETING}.suppression.timestamp": _RANGE,
        },
        sort=frozenset(
            {
                "created", "email", "id", "updated", f"{_MARKETING}.suppression.timestamp",
                f"{_MARKETING}.list_suppressions.timestamp",
            }
        ),
        page=(20, 100),
        slower=_SLOWER,
    ),
    Operation(
        "create_profile", "POST", "/api/profiles", L,
        fields={"profile": names.PROFILE},
        additional=_ADDITIONAL,
    ),
    Operation(
        "get_profile", "GET", "/api/profiles/{id}", L,
        fields=_PROFILE | {"list": names.LIST, "segment": names.SEGMENT},
        additional=_ADDITIONAL,
        include=frozenset({"conversations", "lists", "push-tokens", "segments"}),
        slower={("include", "lists"): XS, ("include", "segments"): XS},
    ),
    Operation(
        "update_profile", "PATCH", "/api/profiles/{id}", L,
        fields={"profile": names.PROFILE},
        additional=_ADDITIONAL,
    ),
    Operation("get_coupons", "GET", "/api/coupons", L, fields=_COUPON, page=(100, 100)),
    Operation("create_coupon", "POST", "/api/coupons", S, fields=_COUPON),
    Operation("get_coupon", "GET", "/api/coupons/{id}", L, fields=_COUPON),
    Operation("update_coupon", "PATCH", "/api/coupons/{id}", S, fields=_COUPON),
    Operation("delete_coupon", "DELETE", "/api/coupons/{id}", S),
    Operation(
        "get_coupon_codes", "GET", "/api/coupon-codes", XL,
        fields=_CODE | _COUPON,
        include=frozenset({"coupon"}),
        filters={
            "expires_at": _RANGE,
            "status": _ONLY_EQUAL,
            "coupon.id": _EQUAL,
            "profile.id": _EQUAL,
        },
        required=frozenset({"coupon.id", "profile.id"}),
        page=(100, 100),
    ),
    Operation("create_coupon_code", "POST", "/api/coupon-codes", XL, fields=_CODE),
    Operation(
        "get_coupon_code", "GET", "/api/coupon-codes/{id}", XL,
        fields=_CODE | _COUPON,
        include=frozenset({"coupon"}),
    ),
    Operation("update_coupon_code", "PATCH", "/api/coupon-codes/{id}", XL, fields=_CODE),
    Operation("delete_coupon_code", "DELETE", "/api/coupon-codes/{id}", XL),
    Operation(
        "bulk_create_coupon_codes", "POST", "/api/coupon-code-bulk-create-jobs", L, fields=_JOB
    ),
    Operation(
        "get_bulk_create_coupon_code_jobs", "GET", "/api/coupon-code-bulk-create-jobs", L,
        fields=_JOB,
        filters={"status": _ONLY_EQUAL},
        page=(100, 100),
        is_sized=False,
    ),
    Operation(
        "get_bulk_create_coupon_codes_job", "GET", "/api/coupon-code-bulk-create-jobs/{job_id}", L,
        fields=_JOB | _CODE,
        include=frozenset({"coupon-codes"}),
    ),
    Operation(
        "get_campaigns", "GET", "/api/campaigns", M,
        fields=_CAMPAIGN,
        include=_CAMPAIGN_INCLUDE,
        filters={
            "id": frozenset({"any"}),
            "messages.channel": _ONLY_EQUAL,
            "name": frozenset({"contains"}),
            "status": _EQUAL,
            "archived": _ONLY_EQUAL,
            "created_at": _RANGE,
            "scheduled_at": _RANGE,
            "updated_at": _RANGE,
        },
        required=frozenset({"messages.channel"}),
        sort=frozenset({"created_at", "id", "name", "scheduled_at", "updated_at"}),
        page=(100, 100),
    ),
    Operation(
        "get_campaign", "GET", "/api/campaigns/{id}", M,
        fields=_CAMPAIGN,
        include=_CAMPAIGN_INCLUDE,
    ),
    Operation(
        "get_reviews", "GET", "/api/reviews", M,
        fields=_REVIEW,
        include=frozenset({"events"}),
        filters={
            "created": _UP_TO,
            "rating": _EQUAL | _UP_TO,
            "id": _EQUAL,
            "item.id": _EQUAL,
            "content": frozenset({"contains"}),
            "status": _ONLY_EQUAL,
            "review_type": _ONLY_EQUAL,
            "verified": _ONLY_EQUAL,
        },
        sort=frozenset({"created", "rating", "updated"}),
        page=(20, 100),
    ),
    Operation(
        "get_review", "GET", "/api/reviews/{id}", M,
        fields=_REVIEW,
        include=frozenset({"events"}),
    ),
    Operation(
        "get_events", "GET", "/api/events", XL,
        fields=_EVENT,
        include=_EVENT_INCLUDE,
        filters={
            "metric_id": _ONLY_EQUAL,
            "profile_id": _ONLY_EQUAL,
            "profile": frozenset({"has"}),
            "metric": frozenset({"has"}),
            "datetime": _RANGE,
            "timestamp": _RANGE,
        },
        sort=frozenset({"datetime", "timestamp"}),
        page=(200, 1000),
    ),
    Operation(
        "get_event", "GET", "/api/events/{id}", M, fields=_EVENT, include=_EVENT_INCLUDE
    ),
    Operation("create_event", "POST", "/api/events", XL),
)  # fmt: skip

UNSCOPED: Final[Mapping[str, _Set]] = {
    "/api/campaigns": frozenset({"POST"}),
    "/api/campaigns/{id}": frozenset({"PATCH", "DELETE"}),
    "/api/reviews/{id}": frozenset({"PATCH"}),
}
"""Methods that the platform has and the key may not use: it has no scope to write these."""
