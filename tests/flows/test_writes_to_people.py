"""A shop with several sources: each write goes to whom it belongs, to the person it is for."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from connectors.base.declaration import Connector
from contracts.actions import Judged
from contracts.codes import ActionState, PolicyMode, WriteKind
from contracts.errors import ConfigurationError
from contracts.payloads import CouponTerms, Message, Rendered, decode, encode
from contracts.tables import Consent, Contact, Delivery, Member, table_of
from flows.steps.act import act
from flows.steps.actions import Selection, select
from flows.steps.forget import find_stored, forget
from flows.steps.home import Home
from flows.steps.policies import PolicyFile
from flows.steps.settings import PolicySettings
from flows.steps.shop import Shop, ShopSource
from flows.steps.subject import subject
from flows.steps.undo import undo
from tests.flows.conftest import Merchant, write_home
from tests.flows.written_platforms import (
    EVENT,
    MESSAGE,
    NOON,
    Accounts,
    NoSettings,
    connector,
    written,
)

ADA, BOB = "platform-ada", "platform-bob"
MAIL = "ada@example.com"


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def home(built: Merchant, accounts: Accounts) -> Iterator[Home]:
    """A home whose shop sells on a mall, and has a CRM, named first, and a mailer."""
    with built.open() as opened:
        shop = opened.shop("demo")
        event = written(WriteKind.RECORD_EVENT, reads_back=False)
        connectors = [
            connector("crm", accounts.crm, event),
            connector("mall", accounts.mall, written(WriteKind.CREATE_COUPON), sells=True),
            connector(
                "mail",
                accounts.mail,
                written(WriteKind.SEND_MESSAGE, reads_back=False),
                written(WriteKind.CREATE_COUPON),
            ),
        ]
        sources = tuple(_source(shop, one) for one in connectors)
        opened.shops["demo"] = replace(shop, sources=sources)
        policy: Any = SimpleNamespace(
            NAME="people",
            WRITES=(WriteKind.CREATE_COUPON, WriteKind.SEND_MESSAGE, WriteKind.RECORD_EVENT),
            DEPENDS=("members",),
            INPUTS={},
            Params=NoSettings,
        )
        limits = {"max_actions": 9, "max_exposure_minor": 0, "max_budget_minor": 10_000}
        opened.policies["people"] = PolicyFile(
            policy, PolicySettings(mode=PolicyMode.AUTO, limits=limits)
        )
        _know(opened)
        yield opened


def _source(shop: Shop, declared: Connector) -> ShopSource:
    first = shop.sources[0]
    return replace(first, connector=declared, table={})


def pseudonym(home: Home, platform_id: str) -> str:
    return home.members(home.shop("demo")).pseudonym(platform_id)


def _know(home: Home) -> None:
    """Ada has an address, a profile and said yes; of Bob the platform's id is known alone."""
    ada = {"shop_id": "demo", "member_id": pseudonym(home, ADA), "deleted_at": None}
    bob = {**ada, "member_id": pseudonym(home, BOB)}
    email = {"channel": "email", "address": MAIL, "profile_id": "profile-ada", "time_zone": None}
    yes = {
        "channel": "email",
        "purpose": "marketing",
        "consent_status": "granted",
        "consented_at": NOON - dt.timedelta(days=30),
    }
    tables: list[tuple[type[dy.Schema], list[dict[str, Any]]]] = [
        (
            Member,
            [{**ada, "platform_member_id": ADA}, {**bob, "platform_member_id": BOB}],
        ),
        (Contact, [{**ada, **email}]),
        (Consent, [{**ada, **yes}, {**bob, **yes}]),
    ]
    frames = {table_of(schema).name: schema.sample(overrides=rows) for schema, rows in tables}
    home.lake.merge(home.keys.vault.seal_frames(frames))
    home.readings.record(home.lake.versions())


def put(home: Home, *rows: dict[str, Any], member: str = ADA) -> None:
    """Record approved actions for a member."""
    default: dict[str, Any] = {
        "policy": "people",
        "policy_version": 1,
        "shop_id": "demo",
        "units_at_risk": 0.0,
        "reason_code": "because",
        "numbers": "{}",
        "evidence": "{}",
        "state": "approved",
        "window_start": NOON,
        "expires_at": NOON + dt.timedelta(days=1),
        "member_id": pseudonym(home, member),
    }
    schema = {name: column.dtype for name, column in Judged.columns().items()}
    frame = pl.DataFrame([{**default, **row} for row in rows], schema=schema)
    home.ledger.record(frame, run_id="run", at=NOON)


def coupon(home: Home) -> dict[str, Any]:
    """5.00 off the goods of the shop that earn most, which stand it."""
    best = home.scan("price_facts", home.shop("demo")).sort(
        pl.col("price_minor") - pl.col("unit_cost_minor"), descending=True, nulls_last=True
    )
    terms = CouponTerms(
        title="Back",
        starts_at=NOON,
        ends_at=NOON + dt.timedelta(days=7),
        usage_limit=1,
        min_spend_minor=5000,
        listing_ids=(best.first().collect()["listing_id"].item(),),
    )
    return {
        "target_id": "CODE-1",
        "write_kind": "create_coupon",
        "currency": "USD",
        "after_value": 500,
        "exposure_minor": 500,
        "payload": encode(terms),
    }


def states(home: Home) -> dict[str, tuple[str, str | None]]:
    return {one.target_id: (str(one.state), one.guard) for one in home.ledger.find()}


def test_each_write_goes_to_the_first_source_that_can_and_to_the_person_as_known_there(
    home: Home, accounts: Accounts
) -> None:
    put(home, MESSAGE, coupon(home), EVENT)
    (acted,) = act(home)
    assert acted.states == {"confirmed": 3}
    reached = {
        name: [(change.target_id, change.recipient) for change in platform.received]
        for name, platform in vars(accounts).items()
    }
    assert reached == {
        "crm": [("CODE-1:event", "profile-ada")],
        "mall": [("CODE-1", ADA)],
        "mail": [("CODE-1:message", MAIL)],
    }
    assert all(one.opened == one.closed == 1 for one in vars(accounts).values())


def test_the_clock_is_the_marketplaces_and_what_has_nothing_to_do_is_not_opened(
    home: Home, accounts: Accounts
) -> None:
    act(home)
    assert home.shop("demo").platform.connector.name == "mall"
    assert (accounts.mall.opened, accounts.crm.opened, accounts.mail.opened) == (1, 0, 0)


def test_no_address_is_ever_stored(home: Home, built: Merchant) -> None:
    put(home, MESSAGE, coupon(home), EVENT)
    act(home)
    assert MAIL not in str(home.ledger.find())
    files = [path for path in built.folder.rglob("*") if path.is_file()]
    assert not any(MAIL.encode() in path.read_bytes() for path in files)
    assert not any(b"profile-ada" in path.read_bytes() for path in files)


def test_a_message_has_its_words_when_it_reaches_the_mailer(home: Home, accounts: Accounts) -> None:
    put(home, {**MESSAGE, "needs_target_id": None})
    act(home)
    (change,) = accounts.mail.received
    words = decode(change.payload, Rendered)
    assert words.subject == "Your parcel JD01 is delayed"
    assert "of order 1001" in words.text
    assert "of order 1001" in words.html


def test_a_message_whose_template_changed_since_it_was_decided_is_not_sent(
    home: Home, accounts: Accounts
) -> None:
    other = Message(template="delay_notice", language="en", values={}, template_hash="another")
    put(home, {**MESSAGE, "needs_target_id": None, "payload": encode(other)})
    act(home)
    (action,) = home.ledger.find()
    assert (action.state, accounts.mail.received) == (ActionState.FAILED, [])
    assert action.message == "template delay_notice.en is another one than was decided with"


@pytest.mark.parametrize(
    ("status", "diagnostic", "refused_for"),
    [
        ("bounced", "5.1.1", {"marketing", "service"}),
        ("bounced", "4.2.2", set()),
        ("bounced", "5.7.1", set()),
        ("complained", None, {"marketing", "service"}),
        ("unsubscribed", None, {"marketing"}),
        ("delivered", None, set()),
    ],
)
def test_who_could_not_be_reached_or_wants_no_more_is_not_written_to_again(
    home: Home, status: str, diagnostic: str | None, refused_for: set[str]
) -> None:
    put(home, {**MESSAGE, "needs_target_id": None})
    act(home)
    (sent,) = home.ledger.find()
    came_back(home, sent.action_id, status, diagnostic)
    for purpose in ("marketing", "service"):
        put(home, {**MESSAGE, "needs_target_id": None, "target_id": purpose, "purpose": purpose})
    act(home)
    refused = {target for target, (_, guard) in states(home).items() if guard == "consent"}
    assert refused == refused_for


def test_an_address_refused_at_once_is_not_written_to_again(home: Home, accounts: Accounts) -> None:
    accounts.mail.refusal = "550 5.1.1"
    put(home, {**MESSAGE, "needs_target_id": None})
    act(home)
    accounts.mail.refusal = None
    put(home, {**MESSAGE, "needs_target_id": None, "target_id": "next"})
    act(home)
    assert states(home)["next"] == ("refused", "consent")


def came_back(home: Home, message_id: str, status: str, diagnostic: str | None) -> None:
    row = {
        "shop_id": "demo",
        "message_id": message_id,
        "report": f"said/{status}",
        "channel": "email",
        "delivery_status": status,
        "delivered_at": NOON,
        "diagnostic": diagnostic,
        "deleted_at": None,
    }
    home.lake.merge({"deliveries": Delivery.sample(overrides=[row])})
    home.readings.record(home.lake.versions())


def test_who_has_no_address_is_not_written_to(home: Home, accounts: Accounts) -> None:
    alone = {**MESSAGE, "needs_target_id": None}
    put(home, alone, coupon(home), EVENT, member=BOB)
    act(home)
    assert states(home) == {
        "CODE-1": ("confirmed", None),
        "CODE-1:message": ("refused", "no_recipient"),
        "CODE-1:event": ("refused", "no_recipient"),
    }
    assert [change.recipient for change in accounts.mall.received] == [BOB]
    assert accounts.mail.received == []


def test_who_is_forgotten_before_it_is_sent_gets_nothing_and_nobody_gets_it_instead(
    home: Home, accounts: Accounts
) -> None:
    put(home, {**MESSAGE, "needs_target_id": None}, coupon(home), EVENT)
    assert find_stored(home, ADA).actions == 3
    forget(home, ADA, by="test")
    act(home)
    assert {state for state, _ in states(home).values()} == {"superseded"}
    assert accounts.mall.received == accounts.mail.received == accounts.crm.received == []
    assert find_stored(home, ADA).actions == 0
    assert pseudonym(home, ADA) not in str(home.ledger.find())


def test_a_persons_actions_are_handed_out(home: Home, built: Merchant) -> None:
    put(home, MESSAGE, coupon(home))
    counts = subject(home, ADA, out=built.folder.parent / "ada.json", by="test")
    assert counts["actions"] == 2
    assert "CODE-1:message" in (built.folder.parent / "ada.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (ADA, ["CODE-1", "CODE-1:event", "CODE-1:message"]),
        ("pseudonym", ["CODE-1", "CODE-1:event", "CODE-1:message"]),
        ("CODE-1", ["CODE-1", "CODE-1:message"]),
        ("CODE-1:event", ["CODE-1:event"]),
        (BOB, []),
    ],
)
def test_actions_are_found_by_member_and_by_code(home: Home, target: str, found: list[str]) -> None:
    put(home, MESSAGE, coupon(home), EVENT)
    wanted = pseudonym(home, ADA) if target == "pseudonym" else target
    chosen = select(home, Selection(targets=(wanted,)))
    assert sorted(action.target_id for action in chosen) == found


def test_undo_closes_the_code_and_says_what_cannot_be_called_back(
    home: Home, accounts: Accounts
) -> None:
    put(home, MESSAGE, coupon(home), EVENT)
    act(home)
    done = undo(home, Selection(targets=(ADA,)), by="test", execute=True)
    conflicts = {item["target_id"]: item["conflict"] for item in done.items}
    assert conflicts["CODE-1"] is None
    assert "cannot be called back" in conflicts["CODE-1:message"]
    assert "cannot be called back" in conflicts["CODE-1:event"]
    assert [change.after for change in accounts.mall.received] == [500, 0]
    assert done.states == {str(ActionState.CONFIRMED): 1}


def test_the_order_of_channels_names_shops_that_there_are(merchant: Merchant) -> None:
    settings = merchant.folder / "shopkeeper.toml"
    settings.write_text('[channels]\norder = ["demo"]\n', encoding="utf-8")
    merchant.open()
    settings.write_text('[channels]\norder = ["dem"]\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no shop is named 'dem', did you mean 'demo'"):
        merchant.open()
    write_home(merchant.folder, merchant.url, merchant.world)


def test_rates_are_written_with_their_day(merchant: Merchant) -> None:
    text = '[fx]\nbase = "CNY"\n[fx.rates.USD]\nrate = 7.12\ndate = 2026-11-20\n'
    (merchant.folder / "shopkeeper.toml").write_text(text, encoding="utf-8")
    fx = merchant.open().settings.fx
    assert [(one.rate, one.date) for one in fx.rates["USD"]] == [(7.12, dt.date(2026, 11, 20))]
