"""Money: decimal text to integer minor units and back, exactly or not at all.

Platforms and files read plain decimal text (`format_minor`); people read one notation, in English
and in Chinese sentences alike: "12,345.67 USD" (`format_amount`, per row `amount_text`).
"""

import re

import polars as pl

from contracts.errors import SourceContractError
from contracts.names import nearest

# ISO 4217 currencies whose minor unit is not a hundredth.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = {
    **dict.fromkeys(_NO_DECIMALS.split(" "), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(" "), 3),
}

_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
CURRENCIES = frozenset((*_EXPONENTS, *_TWO_DECIMALS.split(" ")))
"""The currencies of ISO 4217 that are money of a country; funds and metals are not."""

# What people write for a currency, where no code of the list is like it.
_CALLED = {"RMB": "CNY", "CNH": "CNY", "NTD": "TWD", "NIS": "ILS", "STG": "GBP", "HRK": "EUR"}

CURRENCY_PATTERN = "^[A-Z]{3}$"


def known_currency(value: str) -> str:
    """The currency code, if it is one; for settings.

    Raises:
        ValueError: it is none; the message names the one that was probably meant.
    """
    if value in CURRENCIES:
        return value
    meant = _CALLED.get(value.upper(), value.upper())
    raise ValueError(f"{value!r} is no currency of ISO 4217{nearest(meant, CURRENCIES)}")


def exponent(currency: str) -> int:
    """Digits after the decimal point of an ISO 4217 currency.

    Raises:
        SourceContractError: `currency` is not three capital letters.
    """
    if not re.match(CURRENCY_PATTERN, currency):
        raise SourceContractError(f"{currency!r} is not an ISO 4217 currency code")
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: str | pl.Expr, currency: str) -> pl.Expr:
    """Decimal text in major units ("12.30") as Int64 minor units (1230).

    Null stands for what cannot be converted exactly: unreadable text ("1,234.50", "1e3", "") and
    more digits than the currency has ("12.345" USD, "5.5" JPY); the mapping quarantines it.
    Polars' own `to_decimal` would round the one silently.
    """
    digits = exponent(currency)
    text = pl.col(amount) if isinstance(amount, str) else amount
    exact = text.str.contains(rf"^-?\d{{1,15}}(\.\d{{0,{digits}}}0*)?$")
    scaled = text.str.to_decimal(scale=digits) * 10**digits
    return pl.when(exact).then(scaled.cast(pl.Int64, strict=False))


def parse_minor(amount: str, currency: str) -> int:
    """One decimal text in major units as minor units.

    Raises:
        SourceContractError: it cannot be converted exactly.
    """
    digits = exponent(currency)
    exact = re.fullmatch(rf"(-?)([0-9]{{1,15}})(?:\.([0-9]{{0,{digits}}})0*)?", amount, re.ASCII)
    if exact is None:
        raise SourceContractError(f"{amount!r} is not an exact amount of {currency}")
    sign, whole, fraction = exact.groups("")
    return int(f"{sign}{whole}{fraction:0<{digits}}")


def format_minor(amount_minor: int, currency: str) -> str:
    """Minor units as the plain decimal text that platforms and files read: 1230 USD is "12.30"."""
    digits = exponent(currency)
    if digits == 0:
        return str(amount_minor)
    sign, whole = ("-" if amount_minor < 0 else ""), abs(amount_minor)
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}"


def group_digits(amount_minor: int, currency: str) -> str:
    """Decimal text with separators, where the currency stands beside: 1234567 USD, "12,345.67"."""
    whole, point, digits = format_minor(abs(amount_minor), currency).partition(".")
    return f"{'-' if amount_minor < 0 else ''}{int(whole):,}{point}{digits}"


def format_amount(amount_minor: int, currency: str) -> str:
    """An amount as people read it: 1234567 USD is "12,345.67 USD"."""
    return f"{group_digits(amount_minor, currency)} {currency}"


def amount_text(amount_minor: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """The same per row; a whole number where there is no currency, null where no amount."""
    digits = currency.replace_strict(_EXPONENTS, default=2, return_dtype=pl.Int64)
    digits = pl.when(currency.is_null()).then(0).otherwise(digits)
    scale = pl.lit(10, dtype=pl.Int64).pow(digits)
    size = amount_minor.abs().cast(pl.Int64)
    # From the right: a separator after every third digit but the last.
    backwards = (size // scale).cast(pl.String).str.reverse().str.replace_all(r"(\d{3})", "$1,")
    whole = backwards.str.strip_suffix(",").str.reverse()
    fraction = "." + (size % scale).cast(pl.String).str.zfill(digits)
    return pl.concat_str(
        pl.when(amount_minor < 0).then(pl.lit("-")).otherwise(pl.lit("")),
        whole,
        pl.when(digits > 0).then(fraction).otherwise(pl.lit("")),
        (" " + currency).fill_null(""),
    )
