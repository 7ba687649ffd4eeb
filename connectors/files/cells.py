"""Text of a cell to a canonical value, exactly or not at all."""

import datetime as dt
import operator
from collections.abc import Callable
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from connectors.base.mapping import Parsed, pieces
from connectors.base.shares import shared_out
from connectors.files.columns import Column
from connectors.files.fill import PLACE
from connectors.files.layout import Export
from connectors.files.rounded import is_scientific
from contracts import money
from contracts.codes import QuarantineReason as Reason

_UNREADABLE = {
    "money": Reason.UNREADABLE_MONEY,
    "count": Reason.UNREADABLE_NUMBER,
    "pieces": Reason.UNREADABLE_NUMBER,
    "number": Reason.UNREADABLE_NUMBER,
    "rate": Reason.UNREADABLE_NUMBER,
    "instant": Reason.UNREADABLE_TIME,
    "day": Reason.UNREADABLE_TIME,
    "month_day": Reason.UNREADABLE_TIME,
    "code": Reason.UNKNOWN_CODE,
    "flag": Reason.UNKNOWN_CODE,
    "rank": Reason.UNKNOWN_CODE,
    "hour": Reason.UNREADABLE_TIME,
    "currency": Reason.UNKNOWN_CODE,
    "identifier": Reason.UNREADABLE_ROW,
    "member": Reason.UNREADABLE_ROW,
    "text": Reason.UNREADABLE_ROW,
}
_PLACES = {"mill": 3, "micros": 6}
_AMBIGUOUS = {"earlier": "earliest", "later": "latest", "reject": "null"}
_EPOCHS = {"excel": dt.date(1899, 12, 30), "excel-1904": dt.date(1904, 1, 1)}
"""Days 0 of spreadsheets' serial numbers, the older ones of Macs with another."""
_MILLISECONDS = 86_400_000
_AROUND = r"^[¥￥]?\s*(-?[\d,.]+[万亿]?)\s*元?$"
_NUMBER = r"^(-?\d{1,15}(?:\.\d+)?)$"
_PLAIN = Column(constant=0, thousands=True, yuan=True, wan=True)


def parsed(
    given: Column, target: dy.Column, export: Export, *, is_pieces: bool = False
) -> Parsed | pl.Expr:
    """The value of a canonical column other than money; of pieces a part counts as one.

    Full-width digits and signs count as their plain forms. A local time that clocks skip is
    unreadable; one that they pass twice follows the description.
    """
    kind = "pieces" if is_pieces else (target.metadata or {})["kind"]
    return _chosen(given, lambda one: _one(one, kind, target.dtype, export), _UNREADABLE[kind])


def amount(given: Column, currency: pl.Expr, seen: list[str]) -> Parsed | pl.Expr:
    """Money in minor units of each row's currency; `seen` are the currencies that occur."""
    return _chosen(given, lambda one: _amount(one, currency, seen), Reason.UNREADABLE_MONEY)


def share(given: Column, column: Parsed, document: list[pl.Expr]) -> Parsed:
    """A row's share of an amount that all rows of its document repeat, by largest remainder.

    Where all weights are zero the rows share alike. Shares add up to the amount.
    """
    given_weight = pl.reduce(operator.mul, [_weight(name) for name in given.split])
    # Of an unreadable weight no row of the document has a share.
    parted = shared_out(column.value, given_weight, document)
    return Parsed(parted, column.raw, column.reason)


def _weight(name: str) -> pl.Expr:
    """A price or a count, exact to four places."""
    text = pl.col(name).str.normalize("NFKC").str.extract(_AROUND).str.replace_all(",", "")
    number = text.str.extract(r"^(\d{1,12}(?:\.\d{1,4})?)0*$")
    return (number.str.to_decimal(scale=4) * 10_000).cast(pl.Int128)


def _chosen(
    given: Column, read: Callable[[Column], Parsed | pl.Expr], reason: Reason
) -> Parsed | pl.Expr:
    """The value of the first branch whose condition a row meets."""
    found = read(given)
    if not given.is_conditional:
        return found
    rest: Parsed | pl.Expr = pl.lit(None)
    if given.otherwise is not None:
        rest = _chosen(given.otherwise, read, reason)
    holds = _holds(given)
    values = [one.value if isinstance(one, Parsed) else one for one in (found, rest)]
    raws = [one.raw if isinstance(one, Parsed) else one.cast(pl.String) for one in (found, rest)]
    value = pl.when(holds).then(values[0]).otherwise(values[1])
    return Parsed(value, pl.when(holds).then(raws[0]).otherwise(raws[1]), reason)


def _holds(given: Column) -> pl.Expr:
    asked = [pl.col(name).fill_null("").is_in(values) for name, values in given.when.items()]
    for name, words in given.when_contains.items():
        asked.append(pl.col(name).fill_null("").str.contains_any(list(words)))
    if given.when_zero is not None:
        zero = _number(_number_text(pl.col(given.when_zero).str.normalize("NFKC"), _PLAIN)) == 0
        asked.append(zero.fill_null(value=False))
    if given.when_empty is not None:
        asked.append(pl.col(given.when_empty).is_null())
    return pl.all_horizontal(asked)


def _one(given: Column, kind: str, dtype: pl.DataType, export: Export) -> Parsed | pl.Expr:
    """The value of one branch."""
    if given.place:
        return pl.col(PLACE)
    if given.column is None:
        return _stamped(kind, export) if given.stamp else pl.lit(given.constant)
    raw = _cell(given, given.column)
    plain = raw.str.normalize("NFKC")
    match kind:
        case "count" | "pieces" | "number" | "rate" | "hour":
            return _numeric(given, raw, kind)
        case "day" | "month_day":
            read_day = _day if kind == "day" else _month_day
            forms = _forms(given.format or "%Y-%m-%d")
            value = pl.coalesce(read_day(plain, form) for form in forms)
        case "instant":
            forms = _forms(given.format or export.layout.instants)
            value = pl.coalesce(_instant(plain, form, export) for form in forms)
        case "code" | "flag" | "rank":
            value = _coded(raw, given, dtype)
        case "currency":
            code = _coded(raw, given, pl.String()) if given.codes else raw
            value = pl.when(code.str.contains(money.CURRENCY_PATTERN)).then(code)
        case "identifier" | "member":
            return _id(given, raw, kind)
        case _:
            value = raw
    return Parsed(value, _shown(raw, kind), _UNREADABLE[kind])


def _shown(raw: pl.Expr, kind: str) -> pl.Expr:
    """What a rejected document tells of a cell: of a birthday its form alone, as ####-##-##."""
    return raw.str.replace_all(r"\d", "#") if kind == "month_day" else raw


def _id(given: Column, raw: pl.Expr, kind: str) -> Parsed:
    if kind == "member":
        # Who is masked (张**) is nobody: two customers share the name.
        raw = pl.when(~raw.str.contains("*", literal=True)).then(raw)
    parts = [identified(_cell(given, name)) for name in given.plus]
    value = pl.concat_str(identified(raw), *parts, separator=":")
    return Parsed(value, raw, _UNREADABLE[kind])


def identified(text: pl.Expr) -> pl.Expr:
    """An id without the apostrophe that keeps spreadsheets from rounding it.

    Null where one made 6.92E+12 of a long code: the digits are gone.
    """
    code = text.str.strip_prefix("'").str.strip_chars().replace("", None)
    return pl.when(~is_scientific(code)).then(code)


def _stamped(kind: str, export: Export) -> pl.Expr:
    if kind == "day":
        return pl.lit(export.exported_at.astimezone(ZoneInfo(export.time_zone)).date())
    return pl.lit(export.exported_at).cast(pl.Datetime("us", "UTC"))


def _forms(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def _cell(given: Column, name: str) -> pl.Expr:
    return pl.col(name) if given.default is None else pl.col(name).fill_null(given.default)


def _numeric(given: Column, raw: pl.Expr, kind: str) -> Parsed:
    """A count, pieces, a number, a fraction or an hour of the day ("9", "09:00-09:59")."""
    plain = raw.str.normalize("NFKC")
    if kind == "hour":
        value = plain.str.extract(r"^(\d{1,2})(?:\D.*)?$").cast(pl.Int64, strict=False)
    elif kind in ("number", "rate") or given.times:
        value = _product(given, plain)
        value = value.round().cast(pl.Int64, strict=False) if kind == "count" else value
    else:
        read = _pieces if kind == "pieces" else _whole
        return _added(given, lambda text: read(_number_text(text, given)), kind)
    return Parsed(value, raw, _UNREADABLE[kind])


def _product(given: Column, plain: pl.Expr) -> pl.Expr:
    """A number, times what it is the mean or the share of."""
    number = _number(_number_text(plain, given)) / (100 if given.percent else 1)
    parts = [_number(_number_text(pl.col(n).str.normalize("NFKC"), _PLAIN)) for n in given.times]
    return pl.reduce(operator.mul, [number, *parts])


def _added(given: Column, read: Callable[[pl.Expr], pl.Expr], kind: str) -> Parsed:
    """A column with what is added to it and taken off it; an empty cell of those is nothing."""
    assert given.column is not None
    raw = _cell(given, given.column)
    value = read(raw.str.normalize("NFKC"))
    for sign, names in ((1, given.plus), (-1, given.minus)):
        for name in names:
            part = pl.col(name)
            read_part = read(part.str.normalize("NFKC"))
            value = value + sign * pl.when(part.is_not_null()).then(read_part).otherwise(0)
    others = [*given.plus, *given.minus]
    told = pl.concat_str(raw, *others, separator=" ", ignore_nulls=True) if others else raw
    return Parsed(value, pl.when(raw.is_not_null()).then(told), _UNREADABLE[kind])


def _amount(given: Column, currency: pl.Expr, seen: list[str]) -> Parsed | pl.Expr:
    if given.column is None:
        return pl.lit(given.constant)
    alike: dict[int, list[str]] = {}
    for code in seen:
        alike.setdefault(money.exponent(code), []).append(code)

    def read(raw: pl.Expr) -> pl.Expr:
        text = _number_text(raw, given)
        values = [
            pl.when(currency.is_in(codes)).then(_minor(text, given.unit or "major", codes[0]))
            for codes in alike.values()
        ]
        return pl.coalesce(*values, pl.lit(None, pl.Int64))

    found = _added(given, read, "money")
    if given.per is None:
        return found
    divisor = _pieces(_number_text(pl.col(given.per).str.normalize("NFKC"), given))
    each = (2 * found.value + divisor) // (2 * pl.when(divisor > 0).then(divisor))
    return Parsed(each, found.raw, found.reason)


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
    if given.yuan:
        text = pl.coalesce(text.str.extract(_AROUND), text)
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


def _pieces(text: pl.Expr) -> pl.Expr:
    return pieces(text.str.extract(_NUMBER)).value


def _number(text: pl.Expr) -> pl.Expr:
    return text.str.extract(_NUMBER).cast(pl.Float64, strict=False)


def _coded(raw: pl.Expr, given: Column, dtype: pl.DataType) -> pl.Expr:
    codes = {told: int(one) if dtype.is_integer() else one for told, one in given.codes.items()}
    return raw.replace_strict(codes, default=None, return_dtype=dtype)


def _day(text: pl.Expr, form: str) -> pl.Expr:
    # A workbook holds a day as the instant of its midnight.
    known = ("%Y-%m-%d", "%Y-%m-%dT00:00:00")
    iso = pl.coalesce(text.str.to_date(one, strict=False) for one in known)
    if form in _EPOCHS:
        serial = text.str.extract(r"^(\d{1,6})$").cast(pl.Int64, strict=False)
        return pl.coalesce(pl.lit(_EPOCHS[form]) + pl.duration(days=serial), iso)
    return pl.coalesce(text.str.to_date(form, strict=False), iso)


def _month_day(text: pl.Expr, form: str) -> pl.Expr:
    """A day of every year as MM-DD; a form without a year is read in one that has 29 February."""
    if form in _EPOCHS or "%Y" in form or "%y" in form:
        found = _day(text, form)
    else:
        found = (pl.lit("2000 ") + text).str.to_date(f"%Y {form}", strict=False)
    return found.dt.strftime("%m-%d")


def _instant(text: pl.Expr, form: str, export: Export) -> pl.Expr:
    if form == "iso" or "%z" in form or "%:z" in form:
        form = "%+" if form == "iso" else form
        return text.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
    # A workbook's own dates come as ISO.
    iso = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    local = pl.coalesce(_local(text, form), iso)
    zoned = local.dt.replace_time_zone(
        export.time_zone,
        ambiguous=_AMBIGUOUS[export.layout.ambiguous],  # type: ignore[arg-type]
        non_existent="null",
    )
    return zoned.dt.convert_time_zone("UTC")


def _local(text: pl.Expr, form: str) -> pl.Expr:
    if form not in _EPOCHS:
        return text.str.to_datetime(form, time_unit="us", strict=False)
    # The fraction of a day is exact to the millisecond, which is what spreadsheets tell apart.
    serial = text.str.extract(r"^(\d{1,6}(?:\.\d+)?)$").cast(pl.Float64, strict=False)
    passed = (serial * _MILLISECONDS).round().cast(pl.Int64)
    midnight = pl.lit(_EPOCHS[form]).cast(pl.Datetime("us"))
    return midnight + pl.duration(milliseconds=passed, time_unit="us")
