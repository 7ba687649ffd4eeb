"""What a policy earned, in one sentence: with its interval, or why it is not known yet."""

from dataclasses import dataclass

from contracts.effects import LEAST_DAYS, LEAST_UNITS, Effect
from contracts.languages import Bilingual
from reports import formats


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEffect:
    """The effect of a policy in a shop: of margin per SKU, or of receipts per member."""

    shop_id: str
    policy: str
    currency: str
    is_per_sku: bool
    effect: Effect

    @property
    def bilingual(self) -> Bilingual:
        """In both languages."""
        return Bilingual(self.summary, self.summary_zh)

    @property
    def summary(self) -> str:
        """In English."""
        of, found = ("SKU" if self.is_per_sku else "member"), self.effect
        if not found.is_drawn_fairly:
            return (
                f"no effect is told: {found.acted_on:,} {of}s were acted on and"
                f" {found.left_alone:,} left alone, where {found.drawn_rate or 0:.1%} were to be;"
                " that is no luck, so the arms differ by more than the policy"
            )
        if found.mean_minor is None:
            return (
                f"not enough data yet: watched for {LEAST_DAYS} days were"
                f" {found.ready_acted_on:,} of the {LEAST_UNITS} {of}s that are needed of those"
                f" acted on, and {found.ready_left_alone:,} of {LEAST_UNITS} of those left alone"
            )
        what = "margin" if self.is_per_sku else "receipts"
        return (
            f"{self._money(found.mean_minor)} of {what} per {of} and day, 95 % between"
            f" {self._money(found.low_minor)} and {self._money(found.high_minor)} however often you"
            f" look ({found.ready_acted_on:,} acted on, {found.ready_left_alone:,} left alone)"
        )

    @property
    def summary_zh(self) -> str:
        """In Chinese."""
        of, found = (" SKU" if self.is_per_sku else "会员"), self.effect
        if not found.is_drawn_fairly:
            return (
                f"不给出效果：实验组 {found.acted_on:,} 个{of}，对照组 {found.left_alone:,} 个，"
                f"而对照比例应为 {found.drawn_rate or 0:.1%}；偏差不是偶然，两组不可比"
            )
        if found.mean_minor is None:
            return (
                f"数据不足：观察满 {LEAST_DAYS} 天的{of}，"
                f"实验组 {found.ready_acted_on:,}（需 {LEAST_UNITS}），"
                f"对照组 {found.ready_left_alone:,}（需 {LEAST_UNITS}）"
            )
        what = "毛利" if self.is_per_sku else "实收"
        return (
            f"每{of}每天{what} {self._money(found.mean_minor)}，随时查看均有效的 95% 区间"
            f" {self._money(found.low_minor)} 至 {self._money(found.high_minor)}"
            f"（实验组 {found.ready_acted_on:,}，对照组 {found.ready_left_alone:,}）"
        )

    def _money(self, minor: float | None) -> str:
        amount = formats.money(round(minor or 0), self.currency)
        return amount if amount.startswith("-") else f"+{amount}"
