"""Every code that JOS may answer about a shop, and what it is to us; any other is quarantined."""

from contracts.codes import CaseStatus, FulfilmentStatus, ListingStatus, ReviewResult

CURRENCY = "CNY"
ORDERS = "jingdong.pop.order.search"
CASES = "jingdong.asc.serviceAndRefund.view"
AMOUNT = "jingdong.b2c.shop.aftersales.refund.get"
CANCELS = "jingdong.pop.afs.soa.refundapply.queryPageList"
SKUS = "jingdong.sku.read.searchSkuList"
COMMENTS = "jingdong.pop.PopCommentJsfService.getVenderCommentsForJos"
SET_PRICE = "jingdong.price.write.updateSkuJdPrice"

# Where an order's goods stand, and whether its money has come: "open" not yet, "paid" as soon as
# its payment is confirmed, "done" in any case, "closed" what had come is given back.
_STATES = {
    "NOT_PAY": ("open", FulfilmentStatus.UNFULFILLED),
    "WAIT_SELLER_STOCK_OUT": ("paid", FulfilmentStatus.UNFULFILLED),
    "WAIT_SELLER_DELIVERY": ("paid", FulfilmentStatus.IN_PROGRESS),
    "WAIT_SEND_CODE": ("paid", FulfilmentStatus.UNFULFILLED),
    "WAIT_GOODS_RECEIVE_CONFIRM": ("paid", FulfilmentStatus.FULFILLED),
    "FINISHED_L": ("done", FulfilmentStatus.FULFILLED),
    "TRADE_CANCELED": ("closed", FulfilmentStatus.UNFULFILLED),
    "LOCKED": ("paid", FulfilmentStatus.ON_HOLD),
    "PAUSE": ("paid", FulfilmentStatus.ON_HOLD),
    "POP_ORDER_PAUSE": ("paid", FulfilmentStatus.ON_HOLD),
    "DELIVERY_RETURN": ("paid", FulfilmentStatus.RESTOCKED),
}
ORDER_STATES = ",".join(_STATES)
# Some shops' orders have their states in pinyin.
_PINYIN = {
    "DengDaiChuKu": "WAIT_SELLER_STOCK_OUT",
    "DengDaiFaHuo": "WAIT_SELLER_DELIVERY",
    "DengDaiQueRenShouHuo": "WAIT_GOODS_RECEIVE_CONFIRM",
    "WanCheng": "FINISHED_L",
    "ZanTing": "PAUSE",
    "SuoDing": "LOCKED",
    "PeiSongTuiHuo": "DELIVERY_RETURN",
}
_ALL = {**_STATES, **{pinyin: _STATES[state] for pinyin, state in _PINYIN.items()}}
MONEY = {state: money for state, (money, _) in _ALL.items()}
FULFILMENT_STATUS = {state: fulfilment for state, (_, fulfilment) in _ALL.items()}

CASE_STATUS = {
    **{str(number): CaseStatus.REQUESTED for number in range(13)},
    "13": CaseStatus.REFUNDED,
    "14": CaseStatus.CLOSED,
}
"""Of an after-sales case: money back, or not; any lower number is on the way."""
CANCEL_STATUS = {
    **dict.fromkeys(("0", "1", "5", "7", "10"), CaseStatus.REQUESTED),
    **dict.fromkeys(("2", "4", "8"), CaseStatus.REFUSED),
    **dict.fromkeys(("3", "6", "9"), CaseStatus.REFUNDED),
    "11": CaseStatus.CLOSED,
}
"""Of a wish to cancel: in review, refused, approved by those who pay, or taken back."""
LISTING_STATUS = {
    "1": ListingStatus.ACTIVE,
    "2": ListingStatus.UNLISTED,
    "4": ListingStatus.ARCHIVED,
}
REVIEW_RESULT = {
    **dict.fromkeys(("4", "5"), ReviewResult.GOOD),
    "3": ReviewResult.NEUTRAL,
    **dict.fromkeys(("1", "2"), ReviewResult.BAD),
}
CARRIERS = {
    "467": "顺丰速运",
    "463": "圆通速递",
    "470": "申通快递",
    "1327": "韵达快递",
    "1499": "中通速递",
    "465": "ems",
    "2170": "邮政快递包裹",
    "2087": "京东快递",
    "3046": "德邦快递",
}
"""Numbers of the platform's carriers; one that is not listed goes by its number."""
