"""What is asked for, stream by stream, and where a reading ends."""

import datetime as dt
from typing import Any

from connectors.klaviyo import fetch, wire
from contracts.streams import Window
from tests.connectors.klaviyo.conftest import Open
from tests.connectors.klaviyo.recorded import code, document, holder, resource, review

START = dt.datetime(2026, 11, 16, 13, 0, 0, 250_000, tzinfo=dt.UTC)
SPAN = Window(START, dt.datetime(2026, 11, 16, 14, 0, 0, 1, tzinfo=dt.UTC))
PERSONAL = {
    "first_name", "last_name", "phone_number", "location", "location.address1", "location.city",
    "location.zip", "location.ip", "properties", "subscriptions", "author", "smart_quote", "images",
}  # fmt: skip


def coupon(key: str) -> dict[str, Any]:
    return resource("coupon", key, {"external_id": key})


def test_profiles_are_asked_for_by_their_last_change_in_whole_seconds(opened: Open) -> None:
    client, platform = opened({"GET /api/profiles": [document()]})
    [page] = fetch.profiles(client, SPAN)
    assert page.part == "profiles"
    assert platform.params() == [
        {
            "additional-fields[profile]": "subscriptions",
            "fields[profile]": "email,external_id,locale,location.timezone,"
            "subscriptions.email.marketing,updated",
            # The start itself is not "greater than", so the second before it is asked for.
            "filter": "and(greater-than(updated,2026-11-16T12:59:59Z),"
            "less-than(updated,2026-11-16T14:00:01Z))",
            "page[size]": "100",
            "sort": "updated",
        }
    ]


def test_no_more_is_asked_of_a_person_than_is_needed(opened: Open) -> None:
    empty = [document()]
    client, platform = opened(
        {f"GET /api/{name}": empty for name in ("profiles", "coupons", "campaigns", "reviews")}
    )
    for read in (fetch.profiles, fetch.coupons, fetch.reviews):
        list(read(client, SPAN))
    for params in platform.params():
        [fields] = [value for name, value in params.items() if name.startswith("fields")]
        assert not PERSONAL & set(fields.split(","))


def test_codes_of_all_coupons_are_read_with_their_holders(opened: Open) -> None:
    codes = document(code("A1", "P2"), code("A2", "P1"), code("A3", "P2"), code("A4"))
    holders = document(holder("P1", "1"), holder("P2", None))
    client, platform = opened(
        {
            "GET /api/coupons": [document(coupon("WINBACK"), coupon("WELCOME"))],
            "GET /api/coupon-codes": [codes],
            "GET /api/profiles": [holders],
        }
    )
    [page] = fetch.coupons(client, SPAN)
    assert wire.answers(page.body) == [codes + b"\n", holders + b"\n"]
    assert platform.params() == [
        {"fields[coupon]": "external_id", "page[size]": "100"},
        {
            "fields[coupon-code]": "expires_at,status,unique_code",
            "filter": 'any(coupon.id,["WINBACK","WELCOME"])',
            "page[size]": "100",
        },
        {
            "fields[profile]": "external_id",
            "filter": 'any(id,["P1","P2"])',
            "page[size]": "100",
        },
    ]


def test_not_more_than_fifty_are_named_in_one_filter(opened: Open) -> None:
    codes = document(*(code(f"A{number}", f"P{number:03}") for number in range(99)))
    client, platform = opened(
        {
            "GET /api/coupons": [document(*(coupon(f"C{number}") for number in range(51)))],
            "GET /api/coupon-codes": [codes, document()],
            "GET /api/profiles": [document()],
        }
    )
    assert [len(wire.answers(page.body)) for page in fetch.coupons(client, SPAN)] == [3, 1]
    named = [one["filter"].count('"') // 2 for one in platform.params()[1:]]
    assert named == [50, 50, 49, 1]


def test_an_account_without_coupons_is_asked_for_no_codes(opened: Open) -> None:
    client, platform = opened({"GET /api/coupons": [document()]})
    assert list(fetch.coupons(client, SPAN)) == []
    assert len(platform.asked) == 1


def test_campaigns_are_asked_for_channel_by_channel(opened: Open) -> None:
    client, platform = opened({"GET /api/campaigns": [document()]})
    channels = [page.part for page in fetch.campaigns(client, SPAN)]
    assert channels == ["email", "sms", "mobile_push"]
    for channel, params in zip(channels, platform.params(), strict=True):
        assert params["filter"] == (
            f"and(equals(messages.channel,'{channel}'),"
            "greater-or-equal(updated_at,2026-11-16T13:00:00Z),"
            "less-than(updated_at,2026-11-16T14:00:01Z))"
        )
        assert params["sort"] == "updated_at"


def test_reviews_are_read_newest_first_until_a_page_ends_before_the_window(opened: Open) -> None:
    def updated(*instants: str, next_page: str) -> bytes:
        found = [review(f"R{instant}", updated=instant, email=None) for instant in instants]
        link = f"https://a.klaviyo.com/api/reviews?page%5Bcursor%5D={next_page}"
        return document(*found, links={"next": link})

    pages = [
        updated("2026-11-16T15:00:00+00:00", "2026-11-16T13:30:00+00:00", next_page="2"),
        updated("2026-11-16T13:00:00+00:00", "unreadable", next_page="3"),
        updated("2026-11-16T13:00:00.250000+00:00", next_page="4"),
        updated("2026-11-16T13:00:00", next_page="5"),
        document(),
    ]
    client, platform = opened({"GET /api/reviews": pages})
    assert len(list(fetch.reviews(client, SPAN))) == 4
    first = platform.params()[0]
    assert first["filter"] == "less-or-equal(created,2026-11-16T14:00:01Z)"
    assert first["sort"] == "-updated"


def test_authors_of_reviews_are_looked_up_by_address_once_per_page(opened: Open) -> None:
    authors = (review("R1"), review("R1", email="member1@example.com"), review("R2", email=None))
    client, platform = opened(
        {"GET /api/reviews": [document(*authors)], "GET /api/profiles": [document()]}
    )
    list(fetch.reviews(client, SPAN))
    assert platform.params()[1] == {
        "fields[profile]": "email,external_id",
        "filter": 'any(email,["member1@example.com"])',
        "page[size]": "100",
    }
