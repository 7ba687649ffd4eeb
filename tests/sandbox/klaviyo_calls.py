"""Calls of the Klaviyo dialect that succeed, one for every operation its documents have."""

from typing import Any

from sandbox.klaviyo import profile_id
from tests.sandbox.klaviyo_client import Marketer, code_data, event


def good_calls(shop: Marketer) -> dict[str, tuple[str, dict[str, Any]]]:
    """The path of every operation, and what goes with it; what they need is written before."""
    coupon = f"/api/coupons/{shop.coupon()}"
    code = f"/api/coupon-codes/{shop.code('A1').json()['data']['id']}"
    job = {"data": {"type": "coupon-code-bulk-create-job", "attributes": {
        "coupon-codes": {"data": [code_data("A2")]}}}}  # fmt: skip
    jobs = "/api/coupon-code-bulk-create-jobs"
    done = shop.http.post(jobs, json=job).json()["data"]["id"]
    person = shop.world.contacts.row(0, named=True)
    profile = profile_id(person["household_id"])
    bought = event("Bought", profile={"email": person["email"]}, unique_id="1")
    assert shop.http.post("/api/events", json=bought).status_code == 202
    happened = shop.all("/api/events")[0]["id"]
    emails = {"filter": "equals(messages.channel,'email')"}
    campaign = shop.get("/api/campaigns", **emails).json()["data"][0]["id"]
    review = shop.all("/api/reviews")[0]["id"]
    new = {"data": {"type": "profile", "attributes": {"email": "new@shop.example"}}}
    return {
        "get_profiles": ("/api/profiles", {"params": {"sort": "updated", "page[size]": 5}}),
        "create_profile": ("/api/profiles", {"json": new}),
        "get_profile": (f"/api/profiles/{profile}", {}),
        "update_profile": (f"/api/profiles/{profile}", {"json": {"data": {
            "type": "profile", "id": profile, "attributes": {"title": "Member"}}}}),
        "get_coupons": ("/api/coupons", {}),
        "create_coupon": ("/api/coupons", {"json": {"data": {
            "type": "coupon", "attributes": {"external_id": "SPRING"}}}}),
        "get_coupon": (coupon, {}),
        "update_coupon": (coupon, {"json": {"data": {
            "type": "coupon", "id": "WINBACK", "attributes": {"description": "Ten percent"}}}}),
        "delete_coupon": (coupon, {}),
        "get_coupon_codes": ("/api/coupon-codes", {"params": {
            "filter": "equals(coupon.id,'WINBACK')"}}),
        "create_coupon_code": ("/api/coupon-codes", {"json": {"data": code_data("A3")}}),
        "get_coupon_code": (code, {}),
        "update_coupon_code": (code, {"json": {"data": {
            "type": "coupon-code", "id": "WINBACK-A1", "attributes": {
                "status": "USED"}}}}),
        "delete_coupon_code": (code, {}),
        "bulk_create_coupon_codes": (jobs, {"json": job}),
        "get_bulk_create_coupon_code_jobs": (jobs, {"params": {
            "filter": "equals(status,'complete')"}}),
        "get_bulk_create_coupon_codes_job": (f"{jobs}/{done}", {}),
        "get_campaigns": ("/api/campaigns", {"params": emails}),
        "get_campaign": (f"/api/campaigns/{campaign}", {}),
        "get_reviews": ("/api/reviews", {"params": {"filter": "equals(rating,5)"}}),
        "get_review": (f"/api/reviews/{review}", {}),
        "get_events": ("/api/events", {"params": {
            "filter": "greater-than(datetime,2026-01-01T00:00:00Z)"}}),
        "get_event": (f"/api/events/{happened}", {}),
        "create_event": ("/api/events", {"json": bought}),
    }  # fmt: skip
