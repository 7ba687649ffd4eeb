"""Mails that unsubscribe, as programs write them; case 20."""

import base64
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest

from tests.connectors.email.mails import KEY, WHO, said


@pytest.mark.parametrize(
    "subject",
    [
        f"unsubscribe {KEY}",
        f"Re: Unsubscribe  {KEY}",
        f"UNSUBSCRIBE {KEY.upper()}",
        f"unsubscribe%20{KEY}",
        f"unsubscribe%2520{KEY}",
        f"%75nsubscribe%20{KEY[:3]}%{ord(KEY[3]):x}{KEY[4:]}",
        f"unsubscribe+{KEY}",
        f"unsubscribe_{KEY}",
        f"unsubscribe\u00a0{KEY}",
        f"=?utf-8?q?unsubscribe_{KEY}?=",
        f"=?utf-8?Q?unsubscribe=20{KEY}?=",
        f"=?UTF-8?B?{base64.b64encode(f'unsubscribe {KEY}'.encode()).decode()}?=",
        f"=?utf-16?B?{base64.b64encode(f'unsubscribe {KEY}'.encode('utf-16')).decode()}?=",
        f"=?iso-8859-1?q?unsubscribe_{KEY[:9]}?=\n =?iso-8859-1?q?{KEY[9:]}?=",
        f"=?utf-8?q?unsubscribe%20{KEY}?=",
        f"=?no-such-charset?q?unsubscribe_{KEY}?=",
        f"Abmelden: unsubscribe\n {KEY}",
    ],
)
def test_a_mail_to_our_link_unsubscribes_however_a_program_writes_it(subject: str) -> None:
    content = f"From: {WHO}\nSubject: {subject}\n\nZora-Marked\n".encode()
    assert said(content) == ("unsubscribe", None)


def test_a_charset_that_is_none_costs_no_opt_out() -> None:
    head = f"Subject: unsubscribe {KEY}\nContent-Type: text/plain; charset*=no'en'u%FF\n\n"
    assert said(head.encode() + b"Zora-Marked \xff\n") == ("unsubscribe", None)


@pytest.mark.parametrize(
    "subject",
    [
        "unsubscribe",
        f"unsubscribe {KEY}0",
        f"unsubscribe 0{KEY}",
        f"unsubscribe{KEY}",
        f"unsubscribe me from order {KEY}",
        "Out of office",
        f"Where is my parcel? {KEY}",
        f"=?utf-8?b?unsubscribe {KEY[:4]}?=",
    ],
)
def test_another_subject_does_not(subject: str) -> None:
    assert said(f"From: {WHO}\nSubject: {subject}\n\nZora-Marked\n".encode()) is None


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"unsubscribe {KEY}", ("unsubscribe", None)),
        (f"  Unsubscribe%20{KEY}  ", ("unsubscribe", None)),
        (f"> unsubscribe {KEY}", None),
        (f"mailto:reports@shop.example?subject=unsubscribe%20{KEY}", None),
        (f"You wrote: unsubscribe {KEY}", None),
    ],
)
def test_a_line_of_its_own_unsubscribes_and_one_that_quotes_our_link_does_not(
    encoding: str, line: str, expected: Any
) -> None:
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"] = "No more, says Zora-Marked"
    mail.set_content(f"Dear shop,\n{line}\nZora", cte=encoding)
    mail.add_alternative(f"<p>{line}</p>", subtype="html")
    assert said(mail.as_bytes()) == expected
