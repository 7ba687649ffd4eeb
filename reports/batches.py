"""Proposals that a person decides on at once: what is alike in them, in one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.languages import Bilingual, Language
from reports.formats import money
from reports.names import KINDS, named, typed

_WHICH: Final = Bilingual("{} of {}, {}, {}", "{1} · {0}，{2} {3} 项")
_WAYS: Final = Bilingual(": {} up, {} down", "：涨 {}，降 {}")
_FARTHEST: Final = Bilingual("the farthest by {}", "最大变动 {}")
_UNITS: Final[Mapping[str, Bilingual]] = {
    "pieces": Bilingual("{} pieces", "{} 件"),
    "pieces a day at the new values": Bilingual(
        "{} pieces a day at the new values", "按新值每天 {} 件"
    ),
}
_STAKE: Final = Bilingual("{} at stake", "涉及金额 {}")
_UNKNOWN: Final = Bilingual("{} of which nobody knows what they cost", "其中 {} 项金额未知")
_EFFECT: Final = Bilingual("{} of margin expected a day", "预计每天毛利 {}")

LARGEST: Final = Bilingual("The largest:", "变动最大：")
NOT_YET: Final = Bilingual("Nothing is approved; --yes does it.", "尚未批准；加 --yes 执行。")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTotal:
    """Proposals of one policy, shop, kind of write and currency."""

    shop_id: str
    policy: str
    write_kind: str
    currency: str
    count: int
    raises: int
    cuts: int
    largest_rate: float | None
    """Farthest that a price moves; None: none is a price."""
    units: float
    unit: str
    stake_minor: int
    """See `actions.stakes`; of what is known."""
    unknown: int
    """Proposals of which nobody can say what they cost."""
    effect_minor: int | None
    """Margin expected per day; None: none is stated."""

    @property
    def bilingual(self) -> Bilingual:
        """In one line, in both languages."""
        return Bilingual(self._in("en"), self._in("zh"))

    def _in(self, language: Language) -> str:
        kind = named(KINDS, self.write_kind).in_(language)
        which = (typed(self.policy, language), self.shop_id, kind, f"{self.count:,}")
        head = _WHICH.in_(language).format(*which)
        if self.raises or self.cuts:
            head += _WAYS.in_(language).format(f"{self.raises:,}", f"{self.cuts:,}")
        told = [
            (_FARTHEST, self.largest_rate is not None, f"{self.largest_rate or 0:.1%}"),
            (_UNITS[self.unit], bool(self.units), f"{self.units:,.6g}"),
            (_STAKE, True, money(self.stake_minor, self.currency)),
            (_UNKNOWN, bool(self.unknown), f"{self.unknown:,}"),
            (_EFFECT, self.effect_minor is not None, money(self.effect_minor, self.currency)),
        ]
        parts = [text.in_(language).format(value) for text, is_told, value in told if is_told]
        return ("；" if language == "zh" else "; ").join([head, *parts])
