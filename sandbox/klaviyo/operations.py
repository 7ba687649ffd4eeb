"""The operations that are served: their limits, and what each takes in its URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.kit.fields import alike
from sandbox.kit.parameters import Parameter, number, text, texts
from sandbox.klaviyo import fields as own
from sandbox.klaviyo.fields import names

_Set = frozenset[str]
_ANY: Final = frozenset({"any", "equals"})
_EQUAL: Final = frozenset({"equals"})
_BETWEEN: Final = frozenset({"greater-than", "less-than"})
_UP_TO: Final = frozenset({"greater-or-equal", "less-or-equal"})
_RANGE: Final = _BETWEEN | _UP_TO
_MARKETING: Final = "subscriptions.email.marketing"
_SUPPRESSED: Final = f"{_MARKETING}.suppression"
_LISTED: Final = f"{_MARKETING}.list_suppressions"


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
    def parameters(self) -> Mapping[str, Parameter]:
        """The query parameters it declares, and how each is read."""
        found = {f"fields[{kind}]": texts(*allowed) for kind, allowed in self.fields.items()}
        if self.page:
            found["page[cursor]"] = text()
        if self.page and self.is_sized:
            found["page[size]"] = number(1, self.page[1], self.page[0])
        if self.additional:
            found["additional-fields[profile]"] = texts(*self.additional)
        if self.include:
            found["include"] = texts(*self.include)
        if self.filters:
            found["filter"] = text()
        if self.sort:
            found["sort"] = text(*self.sort, *(f"-{name}" for name in self.sort))
        return found


XS, S, M, L, XL = Rates(1, 15), Rates(3, 60), Rates(10, 150), Rates(75, 750), Rates(350, 3500)
_PROFILES, _PROFILE_URL = "/api/profiles", "/api/profiles/{id}"
_COUPONS, _COUPON_URL = "/api/coupons", "/api/coupons/{id}"
_CODES, _CODE_URL = "/api/coupon-codes", "/api/coupon-codes/{id}"
_JOBS, _JOB_URL = "/api/coupon-code-bulk-create-jobs", "/api/coupon-code-bulk-create-jobs/{job_id}"
_ADDITIONAL: Final = names("subscriptions predictive_analytics")
_PROFILE: Final = {"profile": own.PROFILE}
_REACHED: Final = _PROFILE | {"conversation": own.CONVERSATION, "push-token": own.PUSH_TOKEN}
_CODE, _COUPON = {"coupon-code": own.COUPON_CODE}, {"coupon": own.COUPON}
_JOB: Final = {"coupon-code-bulk-create-job": own.JOB}
_CAMPAIGN: Final = {
    "campaign-message": own.CAMPAIGN_MESSAGE, "campaign": own.CAMPAIGN, "tag": own.TAG,
}  # fmt: skip
_REVIEW: Final = {"event": own.EVENT, "review": own.REVIEW}
_EVENT: Final = {
    "attribution": own.ATTRIBUTION, "event": own.EVENT, "metric": own.METRIC,
    "profile": own.PERSON,
}  # fmt: skip
_MESSAGES, _HAPPENED = names("campaign-messages tags"), names("attributions metric profile")

OPERATIONS: Final = (
    # Not in the specs at hand: its rates and answer are unconfirmed.
    Operation("get_accounts", "GET", "/api/accounts", XS),
    Operation(
        "get_profiles", "GET", _PROFILES, L, fields=_REACHED, additional=_ADDITIONAL,
        include=names("conversations push-tokens"),
        filters={
            **alike(_ANY, "id email phone_number external_id"),
            **alike(_BETWEEN, "created updated"),
            **alike(_EQUAL, f"_kx {_LISTED}.reason {_LISTED}.list_id {_SUPPRESSED}.reason"),
            **alike(_RANGE, f"{_LISTED}.timestamp {_SUPPRESSED}.timestamp"),
        },
        sort=names("created email id updated")
        | {f"{_SUPPRESSED}.timestamp", f"{_LISTED}.timestamp"},
        page=(20, 100), slower={("additional-fields[profile]", "predictive_analytics"): M},
    ),
    Operation("create_profile", "POST", _PROFILES, L, fields=_PROFILE, additional=_ADDITIONAL),
    Operation(
        "get_profile", "GET", _PROFILE_URL, L, additional=_ADDITIONAL,
        fields=_REACHED | {"list": own.LIST, "segment": own.SEGMENT},
        include=names("conversations lists push-tokens segments"),
        slower={("include", "lists"): XS, ("include", "segments"): XS},
    ),
    Operation("update_profile", "PATCH", _PROFILE_URL, L, fields=_PROFILE, additional=_ADDITIONAL),
    Operation("get_coupons", "GET", _COUPONS, L, fields=_COUPON, page=(100, 100)),
    Operation("create_coupon", "POST", _COUPONS, S, fields=_COUPON),
    Operation("get_coupon", "GET", _COUPON_URL, L, fields=_COUPON),
    Operation("update_coupon", "PATCH", _COUPON_URL, S, fields=_COUPON),
    Operation("delete_coupon", "DELETE", _COUPON_URL, S),
    Operation(
        "get_coupon_codes", "GET", _CODES, XL, fields=_CODE | _COUPON, include=names("coupon"),
        filters={
            "expires_at": _RANGE, "status": _EQUAL, **alike(_ANY, "coupon.id profile.id"),
        },
        required=frozenset({"coupon.id", "profile.id"}), page=(100, 100),
    ),
    Operation("create_coupon_code", "POST", _CODES, XL, fields=_CODE),
    Operation(
        "get_coupon_code", "GET", _CODE_URL, XL, fields=_CODE | _COUPON, include=names("coupon")
    ),
    Operation("update_coupon_code", "PATCH", _CODE_URL, XL, fields=_CODE),
    Operation("delete_coupon_code", "DELETE", _CODE_URL, XL),
    Operation("bulk_create_coupon_codes", "POST", _JOBS, L, fields=_JOB),
    Operation(
        "get_bulk_create_coupon_code_jobs", "GET", _JOBS, L, fields=_JOB,
        filters={"status": _EQUAL}, page=(100, 100), is_sized=False,
    ),
    Operation(
        "get_bulk_create_coupon_codes_job", "GET", _JOB_URL, L, fields=_JOB | _CODE,
        include=names("coupon-codes"),
    ),
    Operation(
        "get_campaigns", "GET", "/api/campaigns", M, fields=_CAMPAIGN, include=_MESSAGES,
        filters={
            "id": frozenset({"any"}), "name": frozenset({"contains"}), "status": _ANY,
            **alike(_EQUAL, "messages.channel archived"),
            **alike(_RANGE, "created_at scheduled_at updated_at"),
        },
        required=frozenset({"messages.channel"}),
        sort=names("created_at id name scheduled_at updated_at"), page=(100, 100),
    ),
    Operation(
        "get_campaign", "GET", "/api/campaigns/{id}", M, fields=_CAMPAIGN, include=_MESSAGES
    ),
    Operation(
        "get_reviews", "GET", "/api/reviews", M, fields=_REVIEW, include=names("events"),
        filters={
            "created": _UP_TO, "rating": _ANY | _UP_TO, "content": frozenset({"contains"}),
            **alike(_ANY, "id item.id"), **alike(_EQUAL, "status review_type verified"),
        },
        sort=names("created rating updated"), page=(20, 100),
    ),
    Operation(
        "get_review", "GET", "/api/reviews/{id}", M, fields=_REVIEW, include=names("events")
    ),
    Operation(
        "get_events", "GET", "/api/events", XL, fields=_EVENT, include=_HAPPENED,
        filters={
            **alike(_EQUAL, "metric_id profile_id"), **alike(_RANGE, "datetime timestamp"),
            **alike(frozenset({"has"}), "profile metric"),
        },
        sort=names("datetime timestamp"), page=(200, 1000),
    ),
    Operation("get_event", "GET", "/api/events/{id}", M, fields=_EVENT, include=_HAPPENED),
    Operation("create_event", "POST", "/api/events", XL),
)  # fmt: skip

UNSCOPED: Final[Mapping[str, _Set]] = {
    "/api/campaigns": frozenset({"POST"}),
    "/api/campaigns/{id}": frozenset({"PATCH", "DELETE"}),
    "/api/reviews/{id}": frozenset({"PATCH"}),
}
"""Methods that the platform has and the key may not use: it has no scope to write these."""
