"""Money and discounts as customers read them, per row by its `currency` and language `spoken`.

A Chinese customer reads the currency's word (12.3美元), as shops there write it; all else is the
one notation of `contracts.money`.
"""

from collections.abc import Callable
from typing import Any, Final

import polars as pl

from contracts.money import format_amount, format_minor

_ZH_UNITS: Final = {
    "CNY": "元", "HKD": "港元", "TWD": "新台币", "USD": "美元", "EUR": "欧元", "JPY": "日元",
}  # fmt: skip


def money_text(amount_minor: int | None) -> pl.Expr:
    """An amount: "12.30 USD", in Chinese "12.3美元"; null where there is none."""
    return _per_row(lambda spoken: _money(amount_minor, *spoken))


def off_text(off_minor: int | None, off_rate: float | None, min_spend_minor: int | None) -> pl.Expr:
    """What a coupon takes off: "15 %", "5.00 USD".

    In Chinese as merchants there write it: what is still paid in tenths (8.5 折), and an amount
    with its least order (满100元减10元).
    """

    def off(spoken: tuple[str, bool]) -> str | None:
        amount, least = _money(off_minor, *spoken), _money(min_spend_minor, *spoken)
        percent = f"{(off_rate or 0) * 100:.3g} %"
        if not spoken[1]:
            return amount or percent
        tenths = f"{(1 - (off_rate or 0)) * 10:.3g} 折"
        if least is None:
            return f"立减{amount}" if amount else tenths
        return f"满{least}减{amount}" if amount else f"满{least}享 {tenths}"

    return _per_row(off)


def _money(amount_minor: int | None, currency: str, is_zh: bool) -> str | None:
    if amount_minor is None:
        return None
    if not is_zh or currency not in _ZH_UNITS:
        return format_amount(amount_minor, currency)
    digits = format_minor(amount_minor, currency)
    plain = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{plain}{_ZH_UNITS[currency]}"


def _per_row(write: Callable[[tuple[str, bool]], str | None]) -> pl.Expr:
    def of(row: dict[str, Any]) -> str | None:
        return write((row["currency"], row["spoken"].startswith("zh")))

    return pl.struct("currency", "spoken").map_elements(of, return_dtype=pl.String)
