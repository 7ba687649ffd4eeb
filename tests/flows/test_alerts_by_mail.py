"""What is new among the alerts is mailed once, by a real mail host, to who is to look."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.actions import Judged
from contracts.codes import ActionState, WriteKind
from contracts.errors import ConfigurationError
from flows.steps import alerts
from flows.steps.alerts import mail_alerts
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.run import run
from sandbox.mail import Credentials, Mailhost, Rule, serving_mail
from tests.connectors.files.ready import JD, csv_bytes
from tests.connectors.files.ready import put as put_file
from warehouse.event_chain import Events

pytestmark = pytest.mark.long

SENDER = Credentials("shop", "a-password", "news@shop.example")
OPS = "ops@merchant.example"
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SHOP = """
name = "Demo"
currency = "USD"
time_zone = "UTC"
[sources.email]
is_sandbox = true
as_of = 2026-11-20T12:00:00Z
ca_file = "{ca_file}"
smtp_host = "localhost"
smtp_port = {port}
user = "shop"
password = "env:MAIL_PASSWORD"
address = "news@shop.example"
[economics]
fee_rate = 0.029
min_margin_rate = 0.05
"""
BELOW = {
    "currency": "USD", "price_minor": 234, "price_observed_at": "2026-11-20T11:00:00Z",
    "right_minor": 2_100, "margin_minor": -1_800, "floor_minor": 2_100, "unit_cost_minor": 2_000,
    "anchor_minor": None, "min_minor": None, "max_minor": None, "daily_units": 1.0,
    "loss_day_minor": 1_230,
}  # fmt: skip


@pytest.fixture
def host() -> Iterator[Mailhost]:
    world: Any = SimpleNamespace(clock=NOON, lock=threading.RLock(), writes=[])
    with serving_mail(world, SENDER) as serving:
        yield serving


@pytest.fixture
def folder(tmp_path: Path, host: Mailhost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a mail account, in which somebody is named for alerts."""
    monkeypatch.setenv("MAIL_PASSWORD", SENDER.password)
    (tmp_path / "shops").mkdir()
    text = SHOP.format(ca_file=host.ca_file, port=host.smtp_port)
    (tmp_path / "shops" / "demo.toml").write_text(text, encoding="utf-8")
    named = f'[alerts]\nmail_to = "{OPS}"\n'
    (tmp_path / "shopkeeper.toml").write_text(named, encoding="utf-8")
    return tmp_path


@pytest.fixture
def home(folder: Path) -> Iterator[Home]:
    with open_home(folder) as opened:
        yield opened


def put(home: Home, *targets: str, at: dt.datetime = NOON, **more: Any) -> None:
    """Alerts of a day: the price of each listing lies below its net floor."""
    midnight = at.replace(hour=0)
    rows = [
        {
            "policy": "price_watch",
            "shop_id": "demo",
            "target_id": target,
            "parent_id": None,
            "sku_id": f"SKU-{target}",
            "write_kind": str(WriteKind.NONE),
            "currency": "USD",
            "before_value": 234,
            "after_value": 2_100,
            "reason_code": "below_cost",
            "numbers": json.dumps(BELOW),
            "evidence": "{}",
            "effect_minor": 1_230,
            "payload": None,
            "member_id": None,
            "needs_target_id": None,
            "window_start": midnight,
            "expires_at": midnight + DAY,
            "state": str(ActionState.PROPOSED),
            "guard": None,
            "guard_reason": None,
            **more,
        }
        for target in targets
    ]
    home.ledger.record(Judged.sample(len(rows), overrides=rows), run_id=f"run {at}", at=at)


def read(content: bytes) -> tuple[str, str]:
    """Subject and text of a mail."""
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(mail["Subject"]), str(body.get_content())


def test_one_mail_tells_what_is_new_in_both_languages_with_money_codes_and_what_to_type(
    home: Home, host: Mailhost
) -> None:
    put(home, *"abcdefg")
    mailed = mail_alerts(home)
    assert mailed is not None
    assert (mailed.sentence, mailed.is_sent) == ("7 new alerts mailed", True)
    (arrived,) = host.received
    subject, text = read(arrived.content)
    assert arrived.recipient == OPS
    assert subject == "Shopkeeper: 7 new alerts / 7 条新提醒"
    assert "Demo: price_watch, below cost: 7, 86.10 USD" in text
    assert "SKU: SKU-a, SKU-b, SKU-c, SKU-d, SKU-e + 2" in text
    assert "shopkeeper actions list --policy price_watch --shop demo --state proposed" in text
    assert "The price in force, 2.34 USD" in text
    assert "现价" in text


def test_an_alert_is_mailed_once_however_often_it_is_found_again(
    home: Home, host: Mailhost
) -> None:
    put(home, "a")
    mail_alerts(home)
    assert mail_alerts(home) is None
    put(home, "a", at=NOON + DAY)
    assert mail_alerts(home) is None
    put(home, "a", "b", at=NOON + 2 * DAY)
    assert mail_alerts(home) is not None
    first, second = (read(one.content)[1] for one in host.received)
    assert "SKU-a" in first
    assert "SKU-a" not in second
    assert "SKU-b" in second


def test_an_alert_that_is_back_is_new_after_thirty_days_and_not_sooner(
    home: Home, host: Mailhost
) -> None:
    for day, target, is_new in [
        (0, "a", True),
        (10, "b", True),
        (30, "a", False),
        (55, "b", True),
        (61, "a", True),
        (62, "a", False),
    ]:
        put(home, target, at=NOON + day * DAY)
        assert (mail_alerts(home) is not None) is is_new, (day, target)
    assert len(host.received) == 4


def test_what_was_there_before_somebody_was_named_is_not_told_as_new(
    home: Home, host: Mailhost
) -> None:
    put(home, "old", at=NOON - 9 * DAY)
    put(home, "old", "new")
    mail_alerts(home)
    (arrived,) = host.received
    assert "SKU-new" in read(arrived.content)[1]
    assert "SKU-old" not in read(arrived.content)[1]


@pytest.mark.parametrize(
    "more",
    [
        {"state": "shadow"},
        {"policy": "restock"},
        {"policy": "repricing", "reason_code": "match", "write_kind": "set_price"},
    ],
)
def test_what_shadow_decides_and_what_is_no_alert_is_not_mailed(
    home: Home, host: Mailhost, more: dict[str, Any]
) -> None:
    put(home, "a", **more)
    assert mail_alerts(home) is None
    assert host.received == []


def test_no_order_parcel_or_person_is_in_the_mail(home: Home, host: Mailhost) -> None:
    fields = {"order_id": "ORDER-77", "case_id": None, "carrier_code": None, "over_hours": 12.0}
    fields |= {"tracking_number": None, "age_hours": 60.0, "limit_hours": 48.0, "goods_units": 0}
    put(
        home,
        "ORDER-77",
        policy="fulfilment_watch",
        reason_code="ship_overdue",
        parent_id="ORDER-77",
        member_id="m-" + "a" * 32,
        sku_id=None,
        effect_minor=None,
        numbers=json.dumps(fields),
    )
    told_of = mail_alerts(home)
    assert told_of is not None, told_of
    (arrived,) = host.received
    assert b"ORDER-77" not in arrived.content
    assert "ORDER-77" not in read(arrived.content)[1]
    assert "its deadline passed 12 hours ago" in read(arrived.content)[1]
    assert "m-aaaa" not in read(arrived.content)[1]
    chain = json.dumps([one.details for one in Events(home.database).of("alerts of demo")])
    assert "ORDER-77" not in chain


def test_a_mail_that_is_refused_fails_no_run_and_goes_with_the_next(
    home: Home, host: Mailhost
) -> None:
    put(home, "a")
    host.follow([Rule("*", "refuse")])
    mailed = mail_alerts(home)
    assert mailed is not None
    assert not mailed.is_sent
    assert mailed.sentence.startswith("1 new alert not mailed: ")
    host.follow([])
    put(home, "b", at=NOON + dt.timedelta(hours=1))
    mailed = mail_alerts(home)
    assert mailed is not None
    assert mailed.sentence == "2 new alerts mailed"
    assert Events(home.database).verify() is None


def test_a_mail_of_which_it_is_not_known_whether_it_arrived_is_not_sent_again(
    home: Home, host: Mailhost
) -> None:
    put(home, "a")
    host.follow([Rule("*", "drop_kept")])
    mailed = mail_alerts(home)
    assert mailed is not None
    assert "mailed or not, that is not known" in mailed.sentence
    host.follow([])
    assert mail_alerts(home) is None


def test_a_host_that_is_not_there_is_one_sentence(folder: Path) -> None:
    shop = folder / "shops" / "demo.toml"
    lines = shop.read_text(encoding="utf-8").splitlines()
    gone = ["smtp_port = 1" if line.startswith("smtp_port") else line for line in lines]
    shop.write_text("\n".join(gone), encoding="utf-8")
    with open_home(folder) as home:
        put(home, "a")
        mailed = mail_alerts(home)
    assert mailed is not None
    assert not mailed.is_sent
    assert "\n" not in mailed.sentence


def test_a_crash_between_the_event_and_the_mail_sends_nothing_twice(
    home: Home, host: Mailhost, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "a")
    sent: Callable[..., Any] = alerts._send

    def crashed(*args: Any) -> Any:
        sent(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(alerts, "_send", crashed)
    with pytest.raises(KeyboardInterrupt):
        mail_alerts(home)
    monkeypatch.undo()
    assert mail_alerts(home) is None
    assert len(host.received) == 1


def test_who_names_nobody_gets_no_mail(folder: Path, host: Mailhost) -> None:
    (folder / "shopkeeper.toml").write_text("", encoding="utf-8")
    with open_home(folder) as home:
        put(home, "a")
        assert mail_alerts(home) is None
    assert host.received == []


def test_a_home_without_a_mail_account_is_refused_in_one_sentence(folder: Path) -> None:
    shop = folder / "shops" / "demo.toml"
    files = '[sources.files]\nfolder = "exports"\nmappings = ["erp_costs"]\ntime_zone = "UTC"\n'
    text = shop.read_text(encoding="utf-8")
    before, _, rest = text.partition("[sources.email]")
    economics = rest[rest.index("[economics]") :]
    shop.write_text(before + files + economics, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        open_home(folder)
    assert str(caught.value) == (
        "shopkeeper.toml, line 2: alerts.mail_to needs a mail account: give a shop [sources.email]"
    )


FILES = """[sources.files]
folder = "exports"
mappings = ["jd_orders"]
time_zone = "Asia/Shanghai"
as_of = 2026-11-22T12:00:00+08:00
quiet_seconds = 0
"""
WATCH = 'mode = "approve"\n[limits]\nmax_actions = 99\nmax_exposure_minor = 0\n'


def test_a_run_that_finds_an_order_overdue_mails_it_and_the_next_run_nothing(
    folder: Path, host: Mailhost
) -> None:
    shop = folder / "shops" / "demo.toml"
    text = shop.read_text(encoding="utf-8").replace('"USD"', '"CNY"')
    shop.write_text(text.replace("[economics]", f"{FILES}[economics]"), encoding="utf-8")
    (folder / "policies").mkdir()
    (folder / "policies" / "fulfilment_watch.toml").write_text(WATCH, encoding="utf-8")
    put_file(folder / "exports", f"{JD.file.format('202611201030')}.csv", csv_bytes(JD.rows))
    with open_home(folder) as home:
        looped = run(home)
        assert looped.as_dict()["alerts"] == {
            "sentence": "1 new alert mailed",
            "is_sent": True,
        }
        assert run(home).as_dict()["alerts"] is None
    (arrived,) = host.received
    assert "Demo: fulfilment_watch, ship overdue: 1" in read(arrived.content)[1]
    assert "3001" not in read(arrived.content)[1]
