"""Values made to become headers or bodies of their own: refused, or read as they were written.

Judged by a reading of our own, of the most lenient host: CR, LF and CRLF each end a line.
"""

import base64
import re
from collections.abc import Callable
from email import policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.email import interpreter, message, outbound
from connectors.email.message import UnsendableError, composed
from contracts.payloads import Rendered
from tests.connectors.email.conftest import Dial
from tests.connectors.email.hosts import NOON, Script, account
from tests.connectors.email.hosts import message as change_of
from tests.connectors.email.test_email_message import KEY

HEADERS = [
    *("List-Unsubscribe", "From", "To", "Subject", "Date", "Message-ID", "X-Message-Key"),
    *("Reply-To", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type"),
]
EVIL = "x\r\nReply-To: evil@evil.example\r\nContent-Type: text/html\r\n\r\nbody"
WORD = "=?utf-8?q?" + "".join(f"={ord(sign):02X}" for sign in EVIL) + "?="
WORDS = [WORD, f"=?utf-8?b?{base64.b64encode(EVIL.encode()).decode()}?="]
ADDRESS = "=?utf-8?q?x=0D=0ABcc=3A_evil?=@shop.example"

pieces = st.sampled_from(
    [
        *WORDS,
        *("\r", "\n", "\r\n", "\r\n ", "\n\n", "\x00", "\x0b", "\x1b", "\x7f", "\x85", "\u2028"),
        *("=?", "?=", "=?utf-8?q?=0A?=", "=?utf-8?B?DQo=?=", "=", "?", "=0D=0A", "%0D%0A"),
        *("Bcc: evil@evil.example", "evil@evil.example", "<", ">", '"', "\\", ",", ";", ":", "."),
        *("YT1", " ", "\t", "您的包裹", "é", "\u202e", "\ud800", f"--={KEY}=", f"--={KEY}=--"),
        "Content-Type: text/html",
    ]
)
attacks = st.lists(pieces | st.text(max_size=5), min_size=1, max_size=8).map("".join).filter(bool)


def read(content: bytes) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Headers, and type and text of each part."""
    assert content.isascii()
    lines = re.split(rb"\r\n|\r|\n", content)
    headers: list[bytes] = []
    for line in lines[: lines.index(b"")]:
        if line[:1] in (b" ", b"\t"):
            headers[-1] += line
        else:
            headers.append(line)
    pairs = [header.decode().partition(": ") for header in headers]
    parts = BytesParser(policy=policy.compat32).parsebytes(content).get_payload()
    assert isinstance(parts, list)
    bodies: list[tuple[str, str]] = []
    for part in parts:
        assert isinstance(part, Message)
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        bodies.append((part.get_content_type(), body.decode()))
    return [(name, _decoded(value)) for name, _, value in pairs], bodies


def _decoded(value: str) -> str:
    return "".join(
        one if isinstance(one, str) else one.decode(charset or "ascii")
        for one, charset in decode_header(value)
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def _unchecked(**values: str) -> Rendered:
    """Words that were never looked at, as from a hand that edits the ledger."""
    words = Rendered(subject="Hello", text="Ten off.", html="<p>Ten off.</p>", language="en")
    for name, value in values.items():
        msgspec.structs.force_setattr(words, name, value)
    return words


def made(words: Rendered, *, recipient: str = "zora@marked.example", **values: Any) -> bytes:
    settings = account().model_copy(update=values)
    return composed(settings, words, key=KEY, recipient=recipient, at=NOON, is_marketing=True)


SLOTS: dict[str, Callable[[str], bytes]] = {
    "Subject": lambda value: made(_unchecked(subject=value)),
    "Content-Language": lambda value: made(_unchecked(language=value)),
    "To": lambda value: made(_unchecked(), recipient=value),
    "Reply-To": lambda value: made(_unchecked(), reply_to=value),
    "From": lambda value: made(_unchecked(), sender_name=value),
}


@pytest.mark.parametrize("slot", SLOTS)
@settings(max_examples=50)
@given(value=attacks)
@example(WORDS[0])
@example(WORDS[1])
@example(ADDRESS)
def test_a_value_is_its_header_as_it_was_written_or_nothing_is_sent(slot: str, value: str) -> None:
    try:
        content = SLOTS[slot](value)
    except ValueError:
        return
    headers, bodies = read(content)
    assert [name for name, _ in headers] == HEADERS
    name = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    sender = f"{name if value.isascii() else value} <news@shop.example>"
    assert dict(headers)[slot] == (sender if slot == "From" else value)
    assert "=?" not in value
    assert [(kind, _plain(text)) for kind, text in bodies] == [
        ("text/plain", "Ten off."),
        ("text/html", "<p>Ten off.</p>"),
    ]


@settings(max_examples=50)
@given(text=attacks, html=attacks)
def test_a_body_is_the_text_that_was_meant_or_nothing_is_sent(text: str, html: str) -> None:
    try:
        content = made(_unchecked(text=text, html=html))
    except ValueError:
        return
    headers, bodies = read(content)
    assert [name for name, _ in headers] == HEADERS
    assert [kind for kind, _ in bodies] == ["text/plain", "text/html"]
    wanted = [re.sub("\r\n?", "\n", one).rstrip("\n") for one in (text, html)]
    assert [_plain(body) for _, body in bodies] == wanted


@settings(max_examples=50)
@given(value=attacks)
def test_words_that_could_be_read_in_another_way_are_no_message(value: str) -> None:
    odd = re.search("=\\?|[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", value) is not None
    for name in ("subject", "language"):
        try:
            Rendered(**{**dict(subject="a", text="", html="", language="en"), name: value})
        except ValueError:
            assert odd
        else:
            assert not odd


@pytest.mark.parametrize("name", ["subject", "language", "text", "html"])
def test_a_message_of_such_words_costs_itself_and_the_next_one_goes_out(
    dial: Dial, name: str
) -> None:
    words = {"subject": "Hello", "text": "", "html": "", "language": "en", name: f"{WORD}\x0b"}
    odd = msgspec.json.encode(words).decode()
    script = Script()
    outcomes = outbound.send(dial(script), [change_of(1, payload=odd), change_of(2)])
    assert [str(one.state) for one in outcomes] == ["rejected", "accepted"]
    assert len(script.contents) == 1


@pytest.mark.parametrize("error", [HeaderParseError("evil"), MessageError("evil"), IndexError()])
def test_what_the_library_stumbles_over_costs_one_message_and_is_not_repeated(
    dial: Dial, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    body, fails = message._body, [error]

    def once(*arguments: Any) -> bytes:
        if fails:
            raise fails.pop()
        return body(*arguments)

    monkeypatch.setattr(message, "_body", once)
    first, second = outbound.send(dial(Script()), [change_of(1), change_of(2)])
    assert (str(first.state), str(second.state)) == ("rejected", "accepted")
    assert "evil" not in str(first.message)


def as_the_library_wrote_it(name: str, value: str) -> bytes:
    """A header as an interpreter with the fault writes it."""
    return f"{name}: {_decoded(value)}\r\n".encode()


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (WORD, "its headers"),
        ("=?utf-8?q?x=0AReply-To:_evil?=", "its lines"),
        ("=?utf-8?q?x=0DReply-To:_evil?=", "its lines"),
        ("=?utf-8?q?x=00?=", "its lines"),
        ("=?utf-8?q?x=0D=0A_y?=", "its header Subject"),
        ("=?utf-8?q?y?=", "its header Subject"),
        (f"=?utf-8?q?x=0D=0A=0D=0A--=3D{KEY}=3D?=", "its headers"),
        ("x" * 1_000, "its lines"),
    ],
)
def test_the_finished_bytes_are_read_again_whatever_let_a_value_through(
    monkeypatch: pytest.MonkeyPatch, subject: str, found: str
) -> None:
    monkeypatch.setattr(message, "is_line", lambda _: True)
    monkeypatch.setattr(message, "_written", as_the_library_wrote_it)
    with pytest.raises(UnsendableError, match=f"^{found} would not arrive as meant"):
        made(_unchecked(subject=subject))


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n--%s\r\nContent-Type: text/plain\r\n\r\nTen on.\r\n--%s--\r\n",
        b"\r\n--%s\r\nContent-Type: text/plain\r\nX-Odd: 1\r\n\r\nTen off.\r\n--%s--\r\n",
        b"\r\n--%s\r\nContent-Type: text/plain\r\n\r\nTen off.\r\n",
        b"\r\n",
    ],
)
def test_a_body_that_is_another_is_found_too(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    boundary = f"={KEY}=".encode()
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="%s"\r\n' % boundary
    made_up = head + body.replace(b"%s", boundary)
    monkeypatch.setattr(message, "_body", lambda _words, _boundary: made_up)
    with pytest.raises(UnsendableError, match="its text"):
        made(_unchecked())


def test_long_subjects_of_many_scripts_arrive_with_their_blanks() -> None:
    subject = "été 有延误 a@b.example YT1234567890123 😀 parcel Your naïve. été 10% a@b.example — x"
    headers, _ = read(made(_unchecked(subject=subject)))
    assert dict(headers)["Subject"] == subject


def test_the_interpreters_fault_is_found_by_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old(EmailMessage):
        def as_bytes(self, *_: Any, **__: Any) -> bytes:
            return b"Subject: x\r\nX-Probe: y\r\n\r\n"

    class New(EmailMessage):
        def as_bytes(self, *_: Any, **__: Any) -> bytes:
            raise HeaderParseError("folded header contains newline")

    monkeypatch.setattr(interpreter, "EmailMessage", Old)
    sentence, is_well = interpreter.verdict()
    assert not is_well
    assert "writes line breaks of a value into headers" in sentence
    monkeypatch.setattr(interpreter, "EmailMessage", New)
    assert interpreter.verdict() == ("its e-mail library keeps line breaks out of headers", True)
