"""The operations that are called: method, path and limits, as the official OpenAPI states them."""

from dataclasses import dataclass
from typing import Final

from connectors.base import rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(rest.Operation):
    """One operation. An account may call it `burst` times a second and `steady` times a minute."""

    burst: int
    steady: int


GET_PROFILES: Final = Operation(
    name="get_profiles", method="GET", path="/api/profiles", burst=75, steady=750
)
GET_PROFILE: Final = Operation(
    name="get_profile", method="GET", path="/api/profiles/{id}", burst=75, steady=750
)
UPDATE_PROFILE: Final = Operation(
    name="update_profile", method="PATCH", path="/api/profiles/{id}", burst=75, steady=750
)
GET_COUPONS: Final = Operation(
    name="get_coupons", method="GET", path="/api/coupons", burst=75, steady=750
)
GET_CODES: Final = Operation(
    name="get_coupon_codes", method="GET", path="/api/coupon-codes", burst=350, steady=3500
)
GET_CODE: Final = Operation(
    name="get_coupon_code", method="GET", path="/api/coupon-codes/{id}", burst=350, steady=3500
)
CREATE_CODE: Final = Operation(
    name="create_coupon_code", method="POST", path="/api/coupon-codes", burst=350, steady=3500
)
UPDATE_CODE: Final = Operation(
    name="update_coupon_code", method="PATCH", path="/api/coupon-codes/{id}", burst=350, steady=3500
)
GET_CAMPAIGNS: Final = Operation(
    name="get_campaigns", method="GET", path="/api/campaigns", burst=10, steady=150
)
GET_REVIEWS: Final = Operation(
    name="get_reviews", method="GET", path="/api/reviews", burst=10, steady=150
)
GET_EVENTS: Final = Operation(
    name="get_events", method="GET", path="/api/events", burst=350, steady=3500
)
CREATE_EVENT: Final = Operation(
    name="create_event", method="POST", path="/api/events", burst=350, steady=3500
)
OPERATIONS: Final = (
    GET_PROFILES,
    GET_PROFILE,
    UPDATE_PROFILE,
    GET_COUPONS,
    GET_CODES,
    GET_CODE,
    CREATE_CODE,
    UPDATE_CODE,
    GET_CAMPAIGNS,
    GET_REVIEWS,
    GET_EVENTS,
    CREATE_EVENT,
)
