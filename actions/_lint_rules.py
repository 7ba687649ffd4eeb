"""The lint's rules: what may not be said, as patterns over words and over signs without blanks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ENDS: Final = ".!?。！？"
STRONG_SIGNS: Final = "$€£¥⭐★"
"""Signs that say as much as a word."""
_PAIRS: Final = (
    "評评 價价 論论 現现 紅红 優优 禮礼 贈赠 獎奖 圖图 單单 買买 滿满 請请 給给 個个 "
    "開开 歡欢 還还 錢钱 賠赔 償偿 補补 積积 點点 轉转 賬账 帳账 話话 費费 無无 門门 "
    "檻槛 刪删 銷销 隱隐 變变 換换 聯联 問问 題题 劵券 讚赞 贊赞 減减 領领 寫写 曬晒 "
    "這这 條条 該该 將将 與与 別别 詢询 諮咨 為为 爲为 後后 愛爱 對对 額额 勵励 貼贴 "
    "發发 說说 們们 從从 時时 間间 過过 幾几 實实 體体 驗验 寶宝 親亲 麼么 "
)
SIMPLIFIED: Final[Mapping[str, str]] = {pair[0]: pair[1] for pair in _PAIRS.split()}
"""Traditional characters that such texts use, and their simplified forms."""


@dataclass(frozen=True, slots=True)
class LintRule:
    """What may not be said, in half a sentence, and how it is recognised."""

    told: str
    patterns: tuple[str, ...]


def _near(*parts: str, most: int = 100) -> str:
    """The parts in this order within one sentence."""
    return f"[^{ENDS}]{{0,{most}}}?".join(f"(?:{part})" for part in parts)


def _both(one: str, other: str) -> tuple[str, str]:
    """Both anywhere in the text, in either order."""
    return f"(?:{one}).*(?:{other})", f"(?:{other}).*(?:{one})"


def _sentence(one: str, other: str) -> tuple[str, str]:
    return _near(one, other), _near(other, one)


_REVIEW = r"\b(?:reviews?|ratings?|rate (?:us|it|this|your|our|the)|testimonials?)\b"
_OPINION = r"\b(?:reviews?|ratings?|rate|testimonials?|feedback|stars?|scores?|comments?)\b"
_GIFT = (
    r"\b(?:coupons?|vouchers?|discounts?|rebates?|cash ?backs?|gifts?|gift ?cards?|rewards?"
    r"|free (?:item|product|sample|shipping|gift)s?|bonus(?:es)?|prizes?|giveaways?|raffles?"
    r"|\d+ off|\d+ ?(?:usd|eur|gbp|rmb|cny|dollars?|euros?|pounds?|yuan))\b|[$€£¥] ?\d"
)
_MONEY = _GIFT + r"|\b(?:refund\w*|compensat\w+|reimburs\w+|credits?|points|money|pay|paid)\b"
_ZH_REVIEW = r"(?:评价|评论|好评|点评|追评|差评|晒图|晒单|买家秀|评分|打分|写评)"
_ZH_GIFT = (
    r"(?:返现|返红包|返\d+|红包|优惠[券卷]|代金券|抵用券|折扣|礼品|礼物|小礼|赠品|赠送|送礼|有礼|好礼"
    r"|奖励|奖品|抽奖|现金|立减|返利|返还|返款|返钱|免单|话费|积分|转账|\d+元|¥\d)"
)
_ZH_MONEY = _ZH_GIFT.removesuffix(")") + "|补偿|赔偿|退款|退钱|退差价)"

_ALTER = r"chang|updat|edit|revis|amend|remov|delet|retract|withdraw|modif|alter"
_LIFT = _ALTER + r"|improv|rais|increas|reconsider|upgrad"
_RATED = r"(?:reviews?|ratings?|feedback|stars?|scores?|comments?)\b"
_WHICH = r"(?: (?:your|the|this|that|any|a)(?: \w+){0,3}?)?"
_ZH_RATED = r"(?:中差评|差评|中评|好评|评价|评论|评分|打分|分数|[5五]星)"
_ZH_ALTER = r"(?:修改|更改|删除|撤销|撤回|隐藏|更新|提高|去掉|屏蔽|改|删|撤)"
_ZH_ALTERED = r"(?:修改|更改|删除|删掉|删了|撤销|撤回|撤掉|去掉|隐藏|换成|改(?![进善]))"

_GLAD = (
    r"\b(?:un)?(?:happy|pleased|delighted|content|(?:dis)?satisf\w+|enjoy\w*|lov(?:e|ed|ing)"
    r"|(?:positive|good|great) experience)\b|(?<!would )(?<!\bd )\blike[ds]?\b(?! to\b)"
)
_SORRY = r"\b(?:unhappy|dissatisfied|disappointed|problems?|issues?|complaints?|wrong|not \w+)\b"
_TELL = r"\b(?:contact|write|email|mail|message|tell|reach|talk|call|ask)\b"
_ZH_GLAD = r"(?<!不)(?:满意|喜欢|开心|中意|称心)(?!度|与否|程度)"

RULES: Final[Mapping[str, LintRule]] = {
    "incentive": LintRule(
        "offers something for a review",
        (
            *_both(_GIFT, _REVIEW),
            *_sentence(_MONEY, _OPINION),
            *_both(_ZH_GIFT, _ZH_REVIEW),
            *_sentence(_ZH_MONEY, _ZH_REVIEW),
            *_both(
                r"giftcard|coupon|voucher|discount|cashback|rebate|freegift",
                r"leaveareview|writeareview|yourreview|forareview|fivestar|5star",
            ),
        ),
    ),
    "cash_for_praise": LintRule(
        "promises money or a gift for praise",
        (
            r"返现|返現|fanxian|好[坪苹萍]",
            r"(?:好评|[5五]星|晒图|晒单|评价|追评|买家秀)(?:后|就|即|可|立|再)?(?:有礼|有奖|返|送|领|得|抽)",
        ),
    ),
    "change_request": LintRule(
        "asks to change, remove or improve a review",
        (
            rf"\b(?:{_LIFT})\w*(?: (?:down|up|out))?{_WHICH} {_RATED}",
            rf"\btak\w+{_WHICH} {_RATED} down\b|\btak\w+ down{_WHICH} {_RATED}",
            _near(rf"\b{_RATED}", rf"\b(?:{_ALTER})\w*\b", most=60),
            rf"{_ZH_ALTER}(?:一?下|掉|了)?[您你这那该此条个的原来之前给我们]{{0,6}}{_ZH_RATED}",
            _near(_ZH_RATED, _ZH_ALTERED, most=8),
        ),
    ),
    "praise_only": LintRule(
        "asks for a good review, not for an honest one",
        (
            r"\b(?:[45]|four|five|high|good|positive|great|excellent|favou?rable|nice|top|perfect"
            rf"|best|honest positive)(?: \w+)? ?{_RATED}",
            r"好评|haoping|[5五]星(?!级)|满分|全[5五]分|[⭐★]{4,}",
        ),
    ),
    "selective_ask": LintRule(
        "asks only those who are content, or keeps the others from it",
        (
            _near(r"\b(?:if|when|in case|only)\b", _GLAD, _OPINION),
            rf"(?:{_GLAD})[^.!。！]{{0,40}}\?[^{ENDS}]{{0,80}}{_OPINION}",
            _near(_OPINION, r"\b(?:if|when|only)\b", _GLAD),
            _near(_SORRY, _TELL, r"\b(?:before|instead|rather|first)\b", _OPINION),
            r"\b(?:before|instead of|rather than) (?:you )?(?:leav|writ|post|giv|submit)\w*"
            rf"(?: \w+){{0,4}} {_RATED}",
            _near(_ZH_GLAD, rf"{_ZH_REVIEW}|[5五]星", most=15),
            _near(r"不满意|不满|问题|疑问|不喜欢", r"联系|咨询|找|告诉|沟通", _ZH_REVIEW, most=20),
            r"(?:不要|请勿|切勿|勿|别|避免)(?:直接|轻易|急着|着急|随意)?(?:给|打|写|留|发)?(?:我们|个|出)?"
            r"(?:中差评|差评|中评|低分)",
        ),
    ),
}
