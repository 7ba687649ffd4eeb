"""From a template and values to the words that are sent."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import messages, texts
from actions.messages import render
from contracts.errors import ConfigurationError
from contracts.payloads import Message

VALUES = {
    "tracking_number": "YT1",
    "carrier": "yuantong",
    "order_id": "o1",
    "promised_date": "2026-11-19",
    "shop_name": "Tea & Cups",
}
ODD = ("<b>", "{{ 7 * 7 }}", "{% for %}", '"', "\x00", "\x1b")


def message(language: str = "en", **more: str) -> Message:
    return Message(
        template="delay_notice",
        language=language,
        values={**VALUES, **more},
        template_hash=texts.template_hash("delay_notice", language),
    )


def test_a_notice_says_what_is_known_in_both_languages() -> None:
    english, chinese = render(message()), render(message("zh-CN"))
    assert english.subject == "Your parcel YT1 is delayed"
    assert "order o1 was due by 2026-11-19" in english.text
    assert english.text.endswith("Tea & Cups")
    assert chinese.subject == "您的包裹 YT1 有延误"
    assert "原定 2026-11-19 前送达" in chinese.text
    assert (english.language, chinese.language) == ("en", "zh-CN")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_parcel_that_stands_still_is_told_by_its_last_move(language: str) -> None:
    values = {key: value for key, value in VALUES.items() if key != "promised_date"}
    still = msgspec.structs.replace(
        message(language), values={**values, "last_event_date": "2026-11-15"}
    )
    assert "2026-11-15" in render(still).text


def test_values_are_only_values() -> None:
    assert "Tea &amp; Cups" in render(message()).html
    for sign in ODD:
        with pytest.raises(ConfigurationError, match="is no name"):
            render(message(shop_name=f"Tea {sign}"))


@pytest.mark.parametrize("sign", ["\r", "\n", "\r\n", "\x00", "\x0b", "\u2028", "\x85"])
def test_a_value_cannot_break_the_subject_line(sign: str) -> None:
    with pytest.raises(ConfigurationError, match="tracking_number is not what its place takes"):
        render(message(tracking_number=f"YT1{sign}Bcc: x@example.com"))


def test_a_value_cannot_bring_an_encoded_word_into_the_subject() -> None:
    with pytest.raises(ConfigurationError, match="tracking_number is not what its place takes"):
        render(message(tracking_number="=?utf-8?q?x=0D=0AReply-To:_evil?="))


@given(value=st.text(max_size=40))
def test_whatever_a_value_holds_a_subject_is_one_line_or_none(value: str) -> None:
    try:
        made = render(message(tracking_number=value))
    except ConfigurationError:
        return
    assert len(made.subject.splitlines()) == 1
    assert "\x00" not in made.subject


def test_a_missing_value_is_named() -> None:
    short = msgspec.structs.replace(message(), values={"shop_name": "x"})
    with pytest.raises(ConfigurationError, match=r"delay_notice.en.*'tracking_number'"):
        render(short)


def test_what_is_known_only_when_it_is_sent_is_added_then() -> None:
    short = {key: value for key, value in VALUES.items() if key != "shop_name"}
    late = msgspec.structs.replace(message(), values=short)
    assert render(late, {"shop_name": "Late"}).text.endswith("Late")


def test_another_template_than_was_decided_with_is_not_sent() -> None:
    other = msgspec.structs.replace(message(), template_hash="0" * 16)
    with pytest.raises(ConfigurationError, match="another one than was decided with"):
        render(other)


@pytest.mark.parametrize(
    ("template", "language"), [("none", "en"), ("delay_notice", "fr"), ("../undo", "en")]
)
def test_an_unknown_template_is_told(template: str, language: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no template"):
        texts.template_hash(template, language)


def test_a_value_cannot_bring_in_what_a_template_may_not_say() -> None:
    with pytest.raises(ConfigurationError, match="may not be said"):
        render(message("zh-CN", shop_name="好评返现"))


def test_a_template_reaches_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    escape = "{% block subject %}{{ ''.__class__.__mro__ }}{% endblock %}"
    monkeypatch.setattr(texts, "source", lambda _template, _language: escape)
    messages._template.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="cannot be rendered"):
            render(message())
    finally:
        messages._template.cache_clear()


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_template_is_there_in_every_language(language: str) -> None:
    found = {path.name.split(".")[0] for path in (texts.TEMPLATES / "messages").glob("*.j2")}
    assert found
    assert all(len(texts.template_hash(name, language)) == 16 for name in found)
    assert texts.replies(language).keys() == texts.replies("en").keys()
