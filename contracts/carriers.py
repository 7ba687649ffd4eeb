"""Carriers by one code each, whatever a platform calls them, so that a parcel has one name."""

from collections.abc import Mapping
from typing import Final

import polars as pl

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "shunfeng": ("sf", "sfexpress", "顺丰", "顺丰速运", "顺丰快递"),
    "yuantong": ("yto", "ytoexpress", "圆通", "圆通速递", "圆通快递"),
    "zhongtong": ("zto", "ztoexpress", "中通", "中通快递", "中通速递"),
    "yunda": ("yundaexpress", "yd", "韵达", "韵达快递", "韵达速递"),
    "shentong": ("sto", "stoexpress", "申通", "申通快递", "申通速递"),
    "jtexpress": ("jt", "jtexpresscn", "极兔", "极兔速递", "极兔快递"),
    "jd": ("jdl", "jdlogistics", "jdexpress", "京东", "京东快递", "京东物流"),
    "ems": ("邮政ems", "ems快递", "emsexpress"),
    "youzhengguonei": ("chinapost", "postb", "邮政", "中国邮政", "邮政快递包裹"),
    "debangkuaidi": ("deppon", "dbl", "德邦", "德邦快递", "德邦物流"),
    "dhl": ("dhlexpress", "dhlecommerce", "dhlpaket"),
    "ups": ("unitedparcelservice",),
    "usps": ("unitedstatespostalservice",),
    "fedex": ("federalexpress", "fedexground"),
}
"""Codes of kuaidi100 where it has one, and what else platforms write, as `_plain` leaves it."""
_CODES: Final = {name: code for code, names in _NAMES.items() for name in (code, *names)}


def carrier_code(name: pl.Expr) -> pl.Expr:
    """The code of a carrier's name; of one that is not known, its letters and digits."""
    plain = _plain(name)
    return plain.replace(_CODES)


def shipment_id(carrier: pl.Expr, number: pl.Expr) -> pl.Expr:
    """Carrier's code and tracking number as one name; null where either is missing."""
    return pl.concat_str(carrier, number.str.strip_chars(), separator=":")


def _plain(name: pl.Expr) -> pl.Expr:
    text = name.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    return pl.when(text != "").then(text)
