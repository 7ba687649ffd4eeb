"""What is said to customers was approved by a person, sentence by sentence; values are values."""

import dataclasses
from typing import Any

import pytest

from actions import texts
from actions.sentences import find_misfit, find_unapproved, name_flaw, sentences, shipped_sentences
from actions.words import unfit
from contracts.actions import Action
from contracts.codes import ActionState, WriteKind
from contracts.payloads import Reply, encode

INCENTIVES = [
    "Tell the world how much you liked it and we will see that your next cup is on us.",
    "Share your happy unboxing and our team says thank you with a little surprise in the mail.",
    "The first fifty who speak up on the product page find something nice in their next parcel.",
    "Once your kind words are up, write to us and we will make it worth your while.",
    "Drop us a screenshot of what you wrote and we take care of your shipping next time.",
    "Your opinion is worth a coffee to us: post it and send us the link.",
    "We put everybody who speaks well of us into the draw on Friday.",
    "Say it with all the stars there are, and we say it back with a treat.",
    "Help us to climb, and we help you to save on what comes next.",
    "A good word from you unlocks the members' price.",
    "Change what you wrote and the money is back in your account tonight.",
    "We will make up for it generously as soon as the page looks better.",
    "写几句好话，下次给您多放点东西。",
    "截图发给客服，马上有惊喜。",
    "帮我们美言几句，少不了您的。",
    "全部点亮之后找我们，有小心意。",
    "发个买家反馈，下单给您抹零头。",
    "说我们好的亲，月底一起参加活动拿大奖。",
    "写满十五个字加三张照片，客服有表示。",
    "把之前的话改一改，差价我们来出。",
    "给足面子，我们给足实惠。",
    "晒出您的开箱，运费算我们的。",
    "夸一夸，下回包邮。",
    "留个言吧，老客都知道有什么。",
]
INNOCENTS = [
    "How was your order?",
    "You can rate the product on the order page, whatever you think of it.",
    "We read every review, the critical ones first.",
    "We are sorry that the colour differs from the photograph.",
    "Please send us a photograph of the damage so that we can help.",
    "Your refund was sent to the card that you paid with.",
    "The gift wrapping was our mistake, and a new one is on its way.",
    "The points on your account are valid until the end of the year.",
    "We changed the packaging after reviews told us that it broke.",
    "A colleague will call you back before noon.",
    "The voucher that you bought is attached to this message.",
    "Returns are free within 14 days.",
    "Thank you for telling us about the missing screw.",
    "The five star hotel range is back in stock.",
    "您可以在订单页面评价本次购物。",
    "无论满意与否，我们都想听到您的看法。",
    "非常抱歉，包装没有保护好商品。",
    "退款已原路退回，请注意查收。",
    "礼盒装的赠品已随包裹寄出。",
    "您的积分将于年底到期。",
    "请提供破损部位的照片，我们会尽快处理。",
    "换货的快递单号已更新。",
    "感谢您指出说明书里的错误。",
    "五星级酒店同款毛巾已补货。",
]


def reply(text: str) -> Action:
    known = {field.name for field in dataclasses.fields(Action)}
    row: dict[str, Any] = dict.fromkeys(known) | {"state": ActionState.APPROVED, "fence": 1}
    kind = {"write_kind": WriteKind.REPLY_REVIEW, "payload": encode(Reply(text=text))}
    return Action(**row | kind)


def test_there_are_two_dozen_of_each() -> None:
    assert (len(set(INCENTIVES)), len(set(INNOCENTS))) == (24, 24)


@pytest.mark.parametrize("text", INCENTIVES)
def test_no_promise_in_other_words_is_said(text: str) -> None:
    ours = next(iter(sorted(shipped_sentences())))
    approved = frozenset(INNOCENTS)
    assert unfit(reply(text), approved)
    for joined in (f"{ours} {text}", f"{text} {ours}", f"{ours}\n{text}", f"{INNOCENTS[0]} {text}"):
        assert unfit(reply(joined), approved)
    assert name_flaw(text)
    for slot in ("shop_name", "carrier", "code", "off", "goods", "until", "order_id", "new"):
        assert find_misfit({slot: text}), slot


@pytest.mark.parametrize("text", INNOCENTS)
def test_a_harmless_sentence_is_said_once_a_person_approved_it(text: str) -> None:
    assert unfit(reply(text))
    assert unfit(reply(text), frozenset(sentences(text))) is None


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_sentence_that_we_ship_is_refused(language: str) -> None:
    for text in texts.replies(language).values():
        assert unfit(reply(text)) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("sorry", "s\u200borry"),
        lambda text: text.replace("sorry", "sоrry"),
        lambda text: text.replace(".", ","),
        lambda text: text.upper(),
        lambda text: text + " x",
        lambda text: "",
    ],
)
def test_a_sentence_that_was_touched_is_another_one(change: Any) -> None:
    text = texts.replies("en")["quality"]
    assert find_unapproved(change(text)) is not None


def test_blanks_and_lines_are_no_other_sentence() -> None:
    text = texts.replies("en")["quality"]
    assert find_unapproved("  " + text.replace(" ", "\n ", 1).replace("\n ", "  ")) is None


@pytest.mark.parametrize(
    "name", ["Tea & Cups", "Demo Grocer", "L'Étape", "茶与杯官方旗舰店", "双11会员回馈"]
)
def test_names_of_shops_pass(name: str) -> None:
    assert name_flaw(name) is None


@pytest.mark.parametrize(
    "name",
    ["", " ", "好评返现小店", "Nice! Shop", "a\nb", "<b>x</b>", "{{ x }}", "x" * 41, "茶" * 17],
)
def test_what_is_no_name_is_told(name: str) -> None:
    assert name_flaw(name) is not None


VALUES = {
    "shop_name": ("Tea & Cups",),
    "carrier": ("yuantong", "royal-mail"),
    "tracking_number": ("YT1", "1Z-99"),
    "order_id": ("#1001", "5001"),
    "code": ("2345789CDF",),
    "off": ("15 %", "5.00 USD", "8.5 折", "满100元减10元", "满100元享 9 折", "立减5元"),
    "min_spend": ("50.00 CNY", "CNY 50.00", "50元"),
    "max_order": ("1,000.00 USD", "200.01元"),
    "goods": ("some",),
    "until": ("2026-12-04",),
    "unsubscribe_url": ("https://shop.example/u/1", "mailto:a@b.example?subject=stop"),
}


@pytest.mark.parametrize(("slot", "values"), VALUES.items(), ids=VALUES)
def test_each_place_takes_what_its_name_says(slot: str, values: tuple[str, ...]) -> None:
    for value in values:
        assert find_misfit({slot: value}) is None, value
    for odd in ("Bring a friend", "5 stars please", "a\nb", "", "https://x y"):
        if slot != "shop_name":
            assert find_misfit({slot: odd}), odd
