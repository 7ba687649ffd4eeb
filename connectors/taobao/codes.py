"""Every code that TOP may answer about a shop, and what it is to us; any other is quarantined."""

from contracts.codes import CaseStatus, FulfilmentStatus, ListingStatus, PaymentStatus, ReviewResult

CURRENCY = "CNY"
STATUS = {
    "TRADE_NO_CREATE_PAY": (PaymentStatus.PENDING, FulfilmentStatus.UNFULFILLED),
    "WAIT_BUYER_PAY": (PaymentStatus.PENDING, FulfilmentStatus.UNFULFILLED),
    "PAY_PENDING": (PaymentStatus.PENDING, FulfilmentStatus.UNFULFILLED),
    "WAIT_PRE_AUTH_CONFIRM": (PaymentStatus.AUTHORIZED, FulfilmentStatus.UNFULFILLED),
    "PAID_FORBID_CONSIGN": (PaymentStatus.PAID, FulfilmentStatus.ON_HOLD),
    "WAIT_SELLER_SEND_GOODS": (PaymentStatus.PAID, FulfilmentStatus.UNFULFILLED),
    "SELLER_CONSIGNED_PART": (PaymentStatus.PAID, FulfilmentStatus.PARTIALLY_FULFILLED),
    "WAIT_BUYER_CONFIRM_GOODS": (PaymentStatus.PAID, FulfilmentStatus.FULFILLED),
    "TRADE_BUYER_SIGNED": (PaymentStatus.PAID, FulfilmentStatus.FULFILLED),
    "TRADE_FINISHED": (PaymentStatus.PAID, FulfilmentStatus.FULFILLED),
    "TRADE_CLOSED": (PaymentStatus.REFUNDED, FulfilmentStatus.UNFULFILLED),
    "TRADE_CLOSED_BY_TAOBAO": (PaymentStatus.VOIDED, FulfilmentStatus.UNFULFILLED),
}
"""Of a trade: where its money stands, and where its goods do. Goods of a closed trade that had left
before count as fulfilled all the same."""
PAYMENT_STATUS = {code: payment for code, (payment, _) in STATUS.items()}
FULFILMENT_STATUS = {code: fulfilment for code, (_, fulfilment) in STATUS.items()}
# How a trade is paid for: cash on delivery arrives when the parcel is signed for, a step trade in
# two payments, anything else before the goods leave.
TRADE_TYPE = {
    **dict.fromkeys(
        """
        fixed auction guarantee_trade auto_delivery independent_simple_trade independent_shop_trade
        ec fenxiao game_equipment shopex_trade netcn_trade external_trade o2o_offlinetrade nopaid
        pre_auth_type
        """.split(),  # noqa: SIM905  a list to be read
        "at_once",
    ),
    "cod": "on_delivery",
    "step": "in_steps",
}
STEP_STATUS = {
    "FRONT_NOPAID_FINAL_NOPAID": "nothing",
    "FRONT_PAID_FINAL_NOPAID": "deposit",
    "FRONT_PAID_FINAL_PAID": "all",
}
CASE_STATUS = {
    "WAIT_SELLER_AGREE": CaseStatus.REQUESTED,
    "WAIT_BUYER_RETURN_GOODS": CaseStatus.RETURNING,
    "WAIT_SELLER_CONFIRM_GOODS": CaseStatus.RECEIVED,
    "SELLER_REFUSE_BUYER": CaseStatus.REFUSED,
    "CLOSED": CaseStatus.CLOSED,
    "SUCCESS": CaseStatus.REFUNDED,
}
REFUND_STATUS = {
    "NO_REFUND": "none",
    **{
        code: "refunded" if case == CaseStatus.REFUNDED else "none"
        for code, case in CASE_STATUS.items()
    },
}
"""Of a line: whether money of it went back."""
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
BANNERS = tuple(
    "regular_shelved never_on_shelf off_shelf for_shelved sold_out violation_off_shelf".split()  # noqa: SIM905
)
"""The lists of goods that cannot be bought; the platform names no list of all of them."""
