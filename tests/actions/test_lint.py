"""No text offers anything for a review, asks to change one, or asks only the content."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.lint import lint
from actions.texts import TEMPLATES

REFUSED = [
    ("incentive", "Leave a review and get a $5 gift card."),
    ("incentive", "Thank you for your order. Please write a review. Your coupon {{ code }} waits."),
    ("incentive", "We will refund you in full for your feedback."),
    ("incentive", "Here is 10% off. Tell others: rate us!"),
    ("incentive", "写评价送优惠券。"),
    ("incentive", "请您评价本次购物。下次下单可用红包已备好。"),
    ("incentive", "评价后补偿您的损失。"),
    ("incentive", "晒图返5元"),
    ("cash_for_praise", "好评返现"),
    ("cash_for_praise", "收货后返现3元"),
    ("cash_for_praise", "五星好评有礼"),
    ("cash_for_praise", "晒图返，联系客服"),
    ("cash_for_praise", "晒单有奖"),
    ("cash_for_praise", "hao ping fan xian"),
    ("change_request", "Could you please change your review?"),
    ("change_request", "We hope you will consider removing the negative review."),
    ("change_request", "Please update your 1-star rating, now that it is solved."),
    ("change_request", "Would you take this review down?"),
    ("change_request", "We would be glad if your rating could be revised."),
    ("change_request", "Help us to raise our score: improve your rating."),
    ("change_request", "麻烦您修改一下评价"),
    ("change_request", "能否删除这条差评？"),
    ("change_request", "问题解决后请把评价改成满意"),
    ("change_request", "亲，帮忙改个好评吧"),
    ("change_request", "希望您撤回该评论"),
    ("praise_only", "Please leave us a 5-star review."),
    ("praise_only", "We would love five stars!"),
    ("praise_only", "A positive review would help our small shop."),
    ("praise_only", "求好评"),
    ("praise_only", "给个五星吧"),
    ("praise_only", "⭐⭐⭐⭐⭐"),
    ("selective_ask", "If you are happy with your order, please leave a review."),
    ("selective_ask", "Love it? Leave us a review."),
    ("selective_ask", "Please write a review if you enjoyed it."),
    ("selective_ask", "If there is any problem, contact us before you rate."),
    ("selective_ask", "Please contact us instead of leaving a bad review."),
    ("selective_ask", "满意请好评"),
    ("selective_ask", "如果您喜欢，请给我们写评价"),
    ("selective_ask", "有问题请先联系客服，再评价"),
    ("selective_ask", "请勿直接给差评"),
]
ALLOWED = [
    "How was your order? You can rate the product and the seller here.",
    "Whatever you think of it, good or bad: others would like to know.",
    "If you would like to, you can leave a review on the order page.",
    "We take your feedback seriously and are sorry that it did not fit.",
    "Your coupon {{ code }} takes 10% off until {{ until }}.",
    "We changed the packaging. Your refund is on its way.",
    "您可以在订单页面评价本次购物，无论满意与否都欢迎。",
    "您的优惠券 {{ code }} 可减 10 元，有效期至 {{ until }}。",
    "非常抱歉，商品没有让您满意。请联系我们的客服。",
    "您的评价帮助我们改进包装。",
    "五星级酒店同款毛巾",
    "退款将在三天内到账。",
]


def rules(text: str) -> set[str]:
    return {finding.rule for finding in lint(text, name="t")}


@pytest.mark.parametrize(("rule", "text"), REFUSED)
def test_what_no_platform_lets_pass_is_refused(rule: str, text: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize("text", ALLOWED)
def test_neutral_words_pass(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("cash_for_praise", "好 评 返 现"),
        ("cash_for_praise", "好\u200b评\u2060返\ufeff现"),
        ("cash_for_praise", "好。评。返。现"),
        ("cash_for_praise", "好評返現"),
        ("cash_for_praise", "好<b>评</b>返<!-- x -->现"),
        ("cash_for_praise", "好{# x #}评{{ '返' }}现"),
        ("cash_for_praise", "好\n评\n返\n现"),
        ("cash_for_praise", "&#22909;&#35780;&#36820;&#29616;"),
        ("cash_for_praise", '<img alt="好评返现">'),
        ("cash_for_praise", "曬圖有禮"),
        ("praise_only", "給個五星"),
        ("change_request", "請刪除這條評價"),
        ("selective_ask", "滿意請評價"),
        ("praise_only", "Ｐｌｅａｓｅ　ｌｅａｖｅ　５　ｓｔａｒｓ"),
        ("change_request", "please d e l e t e your r e v i e w"),
        ("change_request", "ple\u200base re\u00admove your rev\u200diew"),
        ("change_request", "Please remove\nyour\nreview"),
        ("incentive", "g.i.f.t. c.a.r.d. for a r-e-v-i-e-w"),
    ],
)
def test_disguises_are_seen_through(rule: str, text: str) -> None:
    assert rule in rules(text)


@given(
    hidden=st.sampled_from([text for _, text in REFUSED if "{" not in text]),
    data=st.data(),
)
def test_no_invisible_sign_anywhere_hides_anything(hidden: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(hidden)))
    sign = data.draw(st.sampled_from(["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "<i></i>"]))
    assert rules(hidden[:at] + sign + hidden[at:]) >= rules(hidden)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(1 <= found.line <= text.count("\n") + 1 for found in lint(text, name="t"))


def test_a_finding_names_template_line_and_rule() -> None:
    listed = [str(found) for found in lint("Hello,\n\nplease delete your review.", name="mine.en")]
    assert listed == [
        "mine.en, line 3: it asks to change, remove or improve a review (change_request)"
    ]


@pytest.mark.parametrize(
    "path",
    sorted(path for said in ("messages", "replies") for path in (TEMPLATES / said).iterdir()),
    ids=lambda path: path.name,
)
def test_what_we_say_to_customers_passes(path: Path) -> None:
    assert [str(found) for found in lint(path.read_text(encoding="utf-8"), name=path.name)] == []
