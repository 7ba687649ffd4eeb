"""Anybody may write to the mailbox: one odd mail costs one mail."""

import datetime as dt
import re
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.inbox import Arrival
from connectors.email.mapping import deliveries
from connectors.email.reports import Report, fetch, report
from contracts.streams import Window
from tests.connectors.email.hosts import NOON
from tests.connectors.email.mails import FAILED, GLOBAL, KEY, Mailbox, arf, dsn, plain
from tests.connectors.email.recorded import CONTEXT

WHOLE = (
    dsn(*FAILED),
    arf("Feedback-Type: abuse"),
    plain(Subject=f"unsubscribe {KEY}"),
    GLOBAL.encode(),
)


def judged(*contents: bytes) -> list[Report]:
    """What a reading lands of mails; an odd one never ends it, nor costs its neighbours."""
    client: Any = Mailbox(*contents, WHOLE[0])
    pages = list(fetch(client, Window(NOON - dt.timedelta(days=1), NOON)))
    assert deliveries(pages, CONTEXT).rejects["reason"].is_in(["unknown_code"]).all()
    landed = msgspec.json.decode(pages[-1].body, type=list[Report])
    assert landed[-1].said == "dsn/failed"
    return landed[:-1]


@given(st.lists(st.binary(max_size=300), max_size=3))
def test_any_bytes_are_a_mail_and_break_nothing(contents: list[bytes]) -> None:
    assert judged(*contents) == []


@given(
    st.sampled_from(WHOLE),
    st.binary(max_size=300),
    st.integers(0, 2_000),
    st.integers(0, 2_000),
)
def test_a_broken_or_hostile_mail_breaks_nothing(
    whole: bytes, noise: bytes, start: int, length: int
) -> None:
    for found in judged(whole[:start] + noise + whole[start + length :]):
        assert re.fullmatch("[0-9a-f]{32}", found.key)


LINES = st.sampled_from(sorted({line for whole in WHOLE for line in whole.splitlines()}))
ODD = st.sampled_from(
    [
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: uuencode",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status; charset=utf-7",
        b"Content-Type: message/feedback-report; boundary=\xff",
        b"Content-Type: multipart/report; boundary==?utf-8?b?4pyI?=",
        b'Content-Type: text/plain; charset*0="utf"; charset*2*=a%',
        b"Subject: =?utf-8?b?4?= =?x?q?=E",
        b"Subject: =?idna?q?unsubscribe?=",
        b"--b",
        b"",
    ]
)


@given(st.lists(LINES | ODD, max_size=40))
def test_lines_of_reports_in_any_order_break_nothing(lines: list[bytes]) -> None:
    for found in judged(b"\r\n".join(lines)):
        assert re.fullmatch("[0-9a-f]{32}", found.key)


def test_parts_nested_in_parts_without_end_are_nobodys_report() -> None:
    nested = "".join(
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{n}"\n\n--{n}\n'
        for n in range(3_000)
    )
    assert report(Arrival(NOON, nested.encode())) is None
