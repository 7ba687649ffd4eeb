"""Many bounces at once, or a refused sender: we are at fault, and nobody loses a consent."""

import datetime as dt
from typing import Any

import pytest

from contracts.checks import CheckResult
from contracts.tables import Consent, Contact, table_of
from flows.steps import opt_outs
from flows.steps.act import act
from flows.steps.check import check
from flows.steps.home import Home
from flows.steps.pull import pull
from flows.steps.settings import Bounces
from sandbox.mail import Mailhost, Rule
from tests.flows import test_mail_loop, test_writes_to_people
from tests.flows.written_platforms import NOON

pytestmark = pytest.mark.long

mailing, host = test_mail_loop.mailing, test_mail_loop.host
home, accounts = test_writes_to_people.home, test_writes_to_people.accounts
ALONE = test_mail_loop.ALONE
MEMBERS = [f"member-{number}" for number in range(12)]


def known(home: Home, *members: str) -> None:
    """Members with an address each who said yes."""
    rows = [
        {
            "shop_id": "demo",
            "member_id": test_writes_to_people.pseudonym(home, member),
            "channel": "email",
            "deleted_at": None,
        }
        for member in members
    ]
    fields: dict[str, Any] = {"purpose": "marketing", "consent_status": "granted"}
    values = {**fields, "consented_at": NOON - dt.timedelta(days=30)}
    reached = [
        {**row, "address": f"{member}@marked.example", "time_zone": None}
        for row, member in zip(rows, members, strict=True)
    ]
    frames = {
        table_of(Contact).name: Contact.sample(overrides=reached),
        table_of(Consent).name: Consent.sample(overrides=[{**row, **values} for row in rows]),
    }
    home.lake.merge(home.keys.vault.seal_frames(frames))
    home.readings.record(home.lake.versions())


def sent(home: Home, *members: str, name: str = "message") -> None:
    for member in members:
        test_writes_to_people.put(home, {**ALONE, "target_id": f"{name}-{member}"}, member=member)
    act(home)
    pull(home, shop_id="demo", stream="deliveries")


def granted(home: Home) -> int:
    consents = opt_outs.consents(home, home.shop("demo"))
    return consents.filter(consent_status="granted", purpose="marketing").height


def failed(home: Home, name: str) -> list[CheckResult]:
    return [one for one in check(home, shop_id="demo") if one.check == name and not one.passed]


def test_when_nearly_everybody_is_gone_at_once_nobodys_consent_is_touched_and_it_is_told(
    mailing: Home, host: Mailhost
) -> None:
    known(mailing, *MEMBERS)
    before = granted(mailing)
    host.follow([Rule("*", "vague_bounce")])
    sent(mailing, *MEMBERS)
    assert granted(mailing) == before
    (reported,) = failed(mailing, "gone_addresses")
    assert reported.measured == f"12 of 12 messages of {NOON.date()} came back as gone"
    assert "nobody's consent was touched" in reported.limit
    assert not reported.is_blocking
    confirmed = Bounces(confirmed_days=[NOON.date()])
    mailing.settings = mailing.settings.model_copy(update={"bounces": confirmed})
    assert granted(mailing) == before - len(MEMBERS)
    assert failed(mailing, "gone_addresses") == []


def test_a_few_who_are_gone_are_believed(mailing: Home, host: Mailhost) -> None:
    known(mailing, *MEMBERS)
    before = granted(mailing)
    host.follow([Rule("member-3@*", "hard_bounce"), Rule("member-5@*", "refuse")])
    sent(mailing, *MEMBERS)
    assert granted(mailing) == before - 2
    assert failed(mailing, "gone_addresses") == []


def test_a_sender_that_is_refused_withdraws_nobody_and_the_message_waits(
    mailing: Home, host: Mailhost
) -> None:
    known(mailing, *MEMBERS[:2])
    before = granted(mailing)
    host.follow([Rule("member-0@*", "refuse_sender")])
    sent(mailing, *MEMBERS[:2])
    assert granted(mailing) == before
    assert [one.recipient for one in host.received] == ["member-1@marked.example"]
    (reported,) = failed(mailing, "sender_refused")
    assert reported.measured == "1 messages were refused for their sender's address"
    host.follow([])
    sent(mailing)
    assert len(host.received) == 2
    assert failed(mailing, "sender_refused") == []
