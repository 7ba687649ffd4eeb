"""Closed lists of kuaidi100: states of a parcel, and what a refusal means."""

from collections.abc import Mapping
from typing import Final

from contracts.codes import ParcelStatus
from contracts.errors import ShopkeeperError, SourceRejectedError, TransientSourceError

STATES: Final[Mapping[str, ParcelStatus]] = {
    "0": ParcelStatus.IN_TRANSIT,
    "1": ParcelStatus.PICKED_UP,
    "2": ParcelStatus.PROBLEM,
    "3": ParcelStatus.DELIVERED,
    "4": ParcelStatus.RETURNED,  # signed for by its sender
    "5": ParcelStatus.OUT_FOR_DELIVERY,
    "6": ParcelStatus.RETURNING,
    "7": ParcelStatus.IN_TRANSIT,  # handed on to another carrier
    "10": ParcelStatus.CUSTOMS,
    "11": ParcelStatus.CUSTOMS,
    "12": ParcelStatus.CUSTOMS,
    "13": ParcelStatus.PROBLEM,  # held up in customs
    "14": ParcelStatus.REFUSED,
}
"""Where the parcel is: `state` of an answer."""

EVENTS: Final[Mapping[str, ParcelStatus]] = {
    "在途": STATES["0"],
    "揽收": STATES["1"],
    "疑难": STATES["2"],
    "签收": STATES["3"],
    "退签": STATES["4"],
    "派件": STATES["5"],
    "退回": STATES["6"],
    "转投": STATES["7"],
    "转单": STATES["7"],
    "待清关": STATES["10"],
    "清关中": STATES["11"],
    "已清关": STATES["12"],
    "清关异常": STATES["13"],
    "拒签": STATES["14"],
}
"""The same by its name: `status` of an event."""

REFUSALS: Final[Mapping[str, type[ShopkeeperError] | None]] = {
    "400": None,  # incomplete, a carrier it does not have; or no credit
    "408": None,  # the telephone number does not fit
    "500": None,  # nothing known: not scanned yet, or another carrier's
    "501": TransientSourceError,
    "502": TransientSourceError,
    "503": SourceRejectedError,  # wrong signature
    "601": SourceRejectedError,  # the key has run out, or is locked
}
"""By `returnCode`, inside HTTP 200; null: it is about this parcel, the others are asked about."""

CARRIERS: Final = (
    "shunfeng",
    "yuantong",
    "zhongtong",
    "yunda",
    "shentong",
    "jtexpress",
    "jd",
    "ems",
    "youzhengguonei",
    "debangkuaidi",
)
"""Of our codes of carriers, those that are its codes too."""
