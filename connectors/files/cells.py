"""Text of a cell to a canonical value, exactly or not at all."""

import datetime as dt

import dataframely as dy
import polars as pl

from connectors.base.mapping import Parsed
from connectors.files.layout import Column, Export
from contracts import money
from contracts.codes import QuarantineReason as Reason

_UNREADABLE = {
    "money": Reason.UNREADABLE_MONEY,
    "count": Reason.UNREADABLE_NUMBER,
    "number": Reason.UNREADABLE_NUMBER,
    "rate": Reason.UNREADABLE_NUMBER,
    "instant": Reason.UNREADABLE_TIME,
    "day": Reason.UNREADABLE_TIME,
    "code": Reason.UNKNOWN_CODE,
    "flag": Reason.UNKNOWN_CODE,
    "currency": Reason.UNKNOWN_CODE,
    "identifier": Reason.UNREADABLE_ROW,
    "member": Reason.UNREADABLE_ROW,
    "text": Reason.UNREADABLE_ROW,
}
_PLACES = {"mill": 3, "micros": 6}
_AMBIGUOUS = {"earlier": "earliest", "later": "latest", "reject": "null"}
_EXCEL_EPOCH = dt.date(1899, 12, 30)


def parsed(given: Column, target: dy.Column, export: Export) -> Parsed | pl.Expr:
    """The value of a canonical column other than money.

    Full-width digits and signs count as their plain forms. A local time that clocks skip is
    unreadable; one that they pass twice follows the description.
    """
    if given.column is None:
        return pl.lit(given.constant)
    kind = (target.metadata or {})["kind"]
    raw = pl.col(given.column)
    plain = raw.str.normalize("NFKC")
    match kind:
        case "count":
            value = _whole(_number_text(plain, given))
        case "number" | "rate":
            value = _number(_number_text(plain, given)) / (100 if given.percent else 1)
        case "day":
            value = _day(plain, given.format or "%Y-%m-%d")
        case "instant":
            value = _instant(plain, given.format or "iso", export)
        case "code" | "flag":
            value = _coded(raw, given, target.dtype)
        case "currency":
            code = _coded(raw, given, pl.String()) if given.codes else raw
            value = pl.when(code.str.contains(money.CURRENCY_PATTERN)).then(code)
        case "identifier" | "member":
            # A spreadsheet made 6.92E+12 of a long code: the digits are gone.
            value = pl.when(~raw.str.contains(r"^\d(\.\d+)?E\+\d+$")).then(raw)
        case _:
            value = raw
    return Parsed(value, raw, _UNREADABLE[kind])


def amount(given: Column, currency: pl.Expr, seen: list[str]) -> Parsed | pl.Expr:
    """Money in minor units of each row's currency; `seen` are the currencies that occur."""
    if given.column is None:
        return pl.lit(given.constant)
    raw = pl.col(given.column)
    text = _number_text(raw.str.normalize("NFKC"), given)
    alike: dict[int, list[str]] = {}
    for code in seen:
        alike.setdefault(money.exponent(code), []).append(code)
    values = [
        pl.when(currency.is_in(codes)).then(_minor(text, given.unit or "major", codes[0]))
        for codes in alike.values()
    ]
    return Parsed(pl.coalesce(*values, pl.lit(None, pl.Int64)), raw, Reason.UNREADABLE_MONEY)


def _minor(text: pl.Expr, unit: str, currency: str) -> pl.Expr:
    if unit == "major":
        return money.to_minor(text, currency)
    if unit == "minor":
        return _whole(text)
    scaled = _whole(text) * 10 ** money.exponent(currency)
    step = 10 ** _PLACES[unit]
    return pl.when(scaled % step == 0).then(scaled // step)


def _number_text(text: pl.Expr, given: Column) -> pl.Expr:
    """Digits with a point at most, where the description allows for what is around them."""
    if given.percent:
        text = text.str.strip_suffix("%").str.strip_chars()
    if given.thousands:
        grouped = text.str.contains(r"^-?\d{1,3}(,\d{3})+(\.\d+)?[万亿]?$")
        text = pl.when(grouped).then(text.str.replace_all(",", "")).otherwise(text)
    if given.wan:
        text = _shifted(_shifted(text, "万", 4), "亿", 8)
    return text


def _shifted(text: pl.Expr, suffix: str, places: int) -> pl.Expr:
    """The decimal point moved right where the suffix stands, as text, so that nothing rounds."""
    groups = text.str.extract_groups(rf"^(-?\d+)(?:\.(\d+))?{suffix}$").struct
    whole, fraction = groups.field("1"), groups.field("2").fill_null("").str.pad_end(places, "0")
    moved = pl.concat_str(whole, fraction.str.slice(0, places))
    rest = fraction.str.slice(places)
    shifted = pl.when(rest == "").then(moved).otherwise(pl.concat_str(moved, pl.lit("."), rest))
    return pl.when(whole.is_null()).then(text).otherwise(shifted)


def _whole(text: pl.Expr) -> pl.Expr:
    # 15 digits leave room to scale a number without leaving Int64.
    return text.str.extract(r"^(-?\d{1,15})(?:\.0*)?$").cast(pl.Int64, strict=False)


def _number(text: pl.Expr) -> pl.Expr:
    return text.str.extract(r"^(-?\d{1,15}(?:\.\d+)?)$").cast(pl.Float64, strict=False)


def _coded(raw: pl.Expr, given: Column, dtype: pl.DataType) -> pl.Expr:
    return raw.replace_strict(dict(given.codes), default=None, return_dtype=dtype)


def _day(text: pl.Expr, form: str) -> pl.Expr:
    iso = text.str.to_date("%Y-%m-%d", strict=False)
    if form == "excel":
        serial = text.str.extract(r"^(\d{1,6})$").cast(pl.Int64, strict=False)
        return pl.coalesce(pl.lit(_EXCEL_EPOCH) + pl.duration(days=serial), iso)
    return pl.coalesce(text.str.to_date(form, strict=False), iso)


def _instant(text: pl.Expr, form: str, export: Export) -> pl.Expr:
    if form == "iso" or "%z" in form or "%:z" in form:
        form = "%+" if form == "iso" else form
        return text.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
    forms = (form, "%Y-%m-%dT%H:%M:%S%.f")
    local = pl.coalesce(text.str.to_datetime(f, time_unit="us", strict=False) for f in forms)
    zoned = local.dt.replace_time_zone(
        export.time_zone,
        ambiguous=_AMBIGUOUS[export.layout.ambiguous],  # type: ignore[arg-type]
        non_existent="null",
    )
    return zoned.dt.convert_time_zone("UTC")
