"""A message as it travels: its parts, its headers, and what may not get into them."""

import datetime as dt
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.email.message import composed
from connectors.email.settings import EmailSettings, is_address
from contracts.payloads import Rendered
from tests.connectors.email.hosts import NOON, PASSWORD, WORDS, account

KEY = "0123456789abcdef" * 2
PAGE = "https://shop.example/unsubscribe?m={key}&from=" + "long" * 30


def made(words: Rendered = WORDS, *, is_marketing: bool = True, **values: Any) -> bytes:
    return composed(
        account(**values),
        words,
        key=KEY,
        recipient="zora@marked.example",
        at=NOON,
        is_marketing=is_marketing,
    )


def read(content: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(content)


def test_a_message_has_its_words_in_text_and_html_and_says_from_whom_to_whom_and_when() -> None:
    mail = read(made(sender_name="Zürcher Laden", reply_to="help@shop.example"))
    assert mail["From"] == "Zürcher Laden <news@shop.example>"
    assert (mail["To"], mail["Subject"]) == ("zora@marked.example", "Hello 您好")
    assert mail["Date"].datetime == NOON
    assert mail["Reply-To"] == "help@shop.example"
    assert mail["Content-Language"] == "en"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), text.get_content()) == ("text/plain", "Ten off.\r\n")
    assert (html.get_content_type(), html.get_content()) == ("text/html", "<p>Ten off.</p>\r\n")


def test_its_key_is_the_actions_id_and_tells_nothing_of_a_member() -> None:
    mail = read(made())
    assert mail["Message-ID"] == f"<{KEY}@shop.example>"
    assert mail["X-Message-Key"] == KEY
    assert made() == made(), "the same message is the same bytes"


def test_marketing_says_how_to_unsubscribe_by_mail_and_by_one_click() -> None:
    content = made(unsubscribe_url=PAGE)
    page = PAGE.replace("{key}", KEY)
    by_mail = f"mailto:news@shop.example?subject=unsubscribe%20{KEY}"
    assert f"List-Unsubscribe: <{page}>,\r\n <{by_mail}>\r\n".encode() in content
    assert read(content)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_page_one_unsubscribes_by_mail_and_one_click_is_not_promised() -> None:
    mail = read(made(return_address="reports+1@shop.example"))
    link = f"<mailto:reports%2B1@shop.example?subject=unsubscribe%20{KEY}>"
    assert mail["List-Unsubscribe"] == link
    assert "List-Unsubscribe-Post" not in mail


def test_a_service_message_has_no_list_to_leave() -> None:
    assert b"List-Unsubscribe" not in made(is_marketing=False, unsubscribe_url=PAGE)


@given(
    subject=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1)
    .map(str.strip)
    .filter(lambda text: text and "=?" not in text)
    .filter(lambda text: len(text) <= 200),
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.just("\n")),
)
def test_whatever_its_words_are_they_arrive_and_add_no_header(subject: str, text: str) -> None:
    content = made(Rendered(subject=subject, text=text, html="<p>x</p>", language="en"))
    mail = read(content)
    assert set(mail.keys()) == set(read(made()).keys())
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    plain, _ = mail.iter_parts()
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize("address", ["a@b.example", "a..b@docomo.example", "o'x+y@b-c.example"])
def test_a_plain_address_is_one(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@b.example",
        "a@b",
        "a b@c.example",
        '"a b"@c.example',
        "a@b.example\n",
        "a@b.example,c@d.example",
        "Zora <a@b.example>",
        "a@b.example ENVID=1",
        "a" * 65 + "@b.example",
        "a@" + "b." * 130 + "example",
        "ä@b.example",
        "=?utf-8?q?x=0D=0ABcc=3A_evil?=@b.example",
        "a@b..example",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"is_sandbox": False, "as_of": NOON, "smtp_host": "smtp.example"}, "clock of a sandbox"),
        ({"smtp_host": "smtp.example"}, "on the loopback only"),
        ({"imap_host": "imap.example"}, "on the loopback only"),
        ({"as_of": dt.datetime(2026, 11, 22)}, "offset"),  # noqa: DTZ001
        ({"address": "Shop <news@shop.example>"}, "one plain address"),
        ({"sender_name": "Shop\nBcc: x@x.example"}, "sender_name"),
        ({"sender_name": "=?utf-8?q?Shop=0D=0ABcc:_x?="}, "one line of plain text"),
        ({"sender_name": "Shop\u2028"}, "one line of plain text"),
        ({"sender_name": ""}, "sender_name"),
        ({"reply_to": "=?utf-8?q?x=0D=0ABcc=3A_evil?=@shop.example"}, "one plain address"),
        ({"unsubscribe_url": "https://shop.example/=?utf-8?q?x?="}, "one line of plain text"),
        ({"password": SecretStr("pässword")}, "printable ASCII"),
        ({"password": SecretStr("")}, "printable ASCII"),
        ({"user": "sh op"}, "user"),
        ({"mailbox": 'IN"BOX'}, "mailbox"),
        ({"unsubscribe_url": "http://shop.example"}, "unsubscribe_url"),
        ({"unsubscribe_url": "https://shop.example/>,<x"}, "unsubscribe_url"),
        ({"messages_per_second": 0}, "messages_per_second"),
        ({"security": "none"}, "security"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(values: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        account(**values)
    assert "pässword" not in str(refused.value)


def test_ports_are_those_of_the_kind_of_encryption() -> None:
    assert account().port == 587
    assert account(security="tls").port == 465
    assert account(smtp_port=2525).port == 2525


def test_no_secret_is_shown() -> None:
    assert PASSWORD not in repr(account())
    live = EmailSettings(
        smtp_host="smtp.example",
        user="shop",
        password=SecretStr("x"),
        address="news@shop.example",
    )
    assert not live.is_sandbox
