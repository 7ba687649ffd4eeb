"""Every code that TOP may answer about a shop, and what it is to us; any other is quarantined."""

from contracts.codes import (
    CaseStatus,
    FulfilmentStatus,
    ListingStatus,
    PaymentStatus,
    ReviewResult,
)

PAYMENT_STATUS = {
    "TRADE_NO_CREATE_PAY": PaymentStatus.PENDING,
    "WAIT_BUYER_PAY": PaymentStatus.PENDING,
    "PAY_PENDING": PaymentStatus.PENDING,
    "WAIT_PRE_AUTH_CONFIRM": PaymentStatus.AUTHORIZED,
    "PAID_FORBID_CONSIGN": PaymentStatus.PAID,
    "WAIT_SELLER_SEND_GOODS": PaymentStatus.PAID,
    "SELLER_CONSIGNED_PART": PaymentStatus.PAID,
    "WAIT_BUYER_CONFIRM_GOODS": PaymentStatus.PAID,
    "TRADE_BUYER_SIGNED": PaymentStatus.PAID,
    "TRADE_FINISHED": PaymentStatus.PAID,
    "TRADE_CLOSED": PaymentStatus.REFUNDED,
    "TRADE_CLOSED_BY_TAOBAO": PaymentStatus.VOIDED,
}
FULFILMENT_STATUS = {
    "TRADE_NO_CREATE_PAY": FulfilmentStatus.UNFULFILLED,
    "WAIT_BUYER_PAY": FulfilmentStatus.UNFULFILLED,
    "PAY_PENDING": FulfilmentStatus.UNFULFILLED,
    "WAIT_PRE_AUTH_CONFIRM": FulfilmentStatus.UNFULFILLED,
    "PAID_FORBID_CONSIGN": FulfilmentStatus.ON_HOLD,
    "WAIT_SELLER_SEND_GOODS": FulfilmentStatus.UNFULFILLED,
    "SELLER_CONSIGNED_PART": FulfilmentStatus.PARTIALLY_FULFILLED,
    "WAIT_BUYER_CONFIRM_GOODS": FulfilmentStatus.FULFILLED,
    "TRADE_BUYER_SIGNED": FulfilmentStatus.FULFILLED,
    "TRADE_FINISHED": FulfilmentStatus.FULFILLED,
    "TRADE_CLOSED": FulfilmentStatus.UNFULFILLED,
    "TRADE_CLOSED_BY_TAOBAO": FulfilmentStatus.UNFULFILLED,
}
"""Goods of a closed trade that had left before count as fulfilled all the same."""
# How a trade is paid for: cash on delivery arrives when the parcel is signed for, a step trade in
# two payments, anything else before the goods leave.
TRADE_TYPE = {
    "fixed": "at_once",
    "auction": "at_once",
    "guarantee_trade": "at_once",
    "auto_delivery": "at_once",
    "independent_simple_trade": "at_once",
    "independent_shop_trade": "at_once",
    "ec": "at_once",
    "fenxiao": "at_once",
    "game_equipment": "at_once",
    "shopex_trade": "at_once",
    "netcn_trade": "at_once",
    "external_trade": "at_once",
    "o2o_offlinetrade": "at_once",
    "nopaid": "at_once",
    "pre_auth_type": "at_once",
    "cod": "on_delivery",
    "step": "in_steps",
}
STEP_STATUS = {
    "FRONT_NOPAID_FINAL_NOPAID": "nothing",
    "FRONT_PAID_FINAL_NOPAID": "deposit",
    "FRONT_PAID_FINAL_PAID": "all",
}
REFUND_STATUS = {
    "NO_REFUND": "none",
    "CLOSED": "none",
    "WAIT_SELLER_AGREE": "open",
    "WAIT_BUYER_RETURN_GOODS": "open",
    "WAIT_SELLER_CONFIRM_GOODS": "open",
    "SELLER_REFUSE_BUYER": "open",
    "SUCCESS": "refunded",
}
"""Of a line."""
CASE_STATUS = {
    "WAIT_SELLER_AGREE": CaseStatus.REQUESTED,
    "WAIT_BUYER_RETURN_GOODS": CaseStatus.RETURNING,
    "WAIT_SELLER_CONFIRM_GOODS": CaseStatus.RECEIVED,
    "SELLER_REFUSE_BUYER": CaseStatus.REFUSED,
    "CLOSED": CaseStatus.CLOSED,
    "SUCCESS": CaseStatus.REFUNDED,
}
LISTING_STATUS = {"onsale": ListingStatus.ACTIVE, "instock": ListingStatus.UNLISTED}
REVIEW_RESULT = {
    "good": ReviewResult.GOOD,
    "neutral": ReviewResult.NEUTRAL,
    "bad": ReviewResult.BAD,
}
DIFFERENCE_WORDS = ("补差价", "补差", "差价", "补拍")
FEE_WORDS = ("邮费", "运费")
GIFT_WORDS = ("赠品", "小样", "试用装")
"""Words in titles of what is no sale, where a piece costs next to nothing; each is a setting."""
MOST_OF_A_LINK_MINOR = 100
"""A link for differences costs a fen or a yuan, and is bought in the number that it takes. What
costs more is sold, whatever words its title praises it with."""
BANNERS = (
    "regular_shelved",
    "never_on_shelf",
    "off_shelf",
    "for_shelved",
    "sold_out",
    "violation_off_shelf",
)
"""The lists of goods that cannot be bought; the platform names no list of all of them."""
