"""What the gateway refuses with: always HTTP 200 and one `error_response`."""

from typing import Final

from sandbox.kit.errors import ErrorTable, RefusedError

# The service behind the gateway says no: the caller's fault, and repeating does not help.
_SERVICE: Final = {
    "trade-not-exist": "交易不存在",
    "refund-not-exist": "退款不存在",
    "sku-not-exist": "SKU不存在",
    "item-not-exist:invalid-numIid-or-iid": "商品id对应的商品不存在",
    "traderate-not-exist": "评价不存在",
    "traderate-explain-expired": "评价超过30天，不能再做评价解释",
    "coupon-not-exist": "优惠券不存在",
    "coupon-expired": "优惠券已过期",
    "coupon-count-exceed": "有效期内的店铺优惠券总数量不能超过50张",
    "logistics-not-sent": "物流订单未发货",
    "invalid-permission:tmall-seller": "天猫商家请使用tmall.item.price.update",
    "invalid-permission:not-tmall-seller": "非天猫商家",
    "invalid-permission:not-tmall-seller-tmall": "非天猫商家",
    "invalid-parameter:item_price": "商品价格必须在SKU价格范围内",
    "invalid-parameter:item_price-tmall": "商品价格必须在SKU价格范围内",
    "invalid-parameter:sku-properties": "传入的SKU属性找不到对应的SKU记录",
    "invalid-parameter:quantity": "库存数量不能为负数",
    "invalid-parameter:quantity-tmall": "库存数量不能为负数",
    "invalid-parameter:subway_token": "access session expired or invalid",
    "item-quantity-item-update-service-error": "商品含有销售属性，请传入SKU",
    "refresh-token-invalid": "refresh_token非法",
    "missing-parameter": "{reason}",
}
_REMOTE: Final = "Remote service error"
ERRORS: Final = ErrorTable(
    ("code", "msg", "sub_code", "sub_msg"),
    {
        "missing-method": (21, "Missing Method", "isv.missing-method"),
        "invalid-method": (22, "Invalid Method", "isv.invalid-method"),
        "invalid-format": (23, "Invalid Format", "isv.invalid-format"),
        "missing-sign": (24, "Missing Signature", "isv.missing-sign"),
        "invalid-sign_method": (25, "Invalid Signature", "isv.invalid-sign-method"),
        "invalid-sign": (25, "Invalid signature", "isv.invalid-signature"),
        "missing-session": (26, "Missing Session", "isv.missing-session"),
        "invalid-session": (27, "Invalid session", "invalid-sessionkey", "SessionKey非法"),
        "missing-app_key": (28, "Missing App Key", "isv.missing-app_key"),
        "invalid-app_key": (29, "Invalid app Key", "isv.appkey-not-exists"),
        "missing-timestamp": (30, "Missing Timestamp", "isv.missing-timestamp"),
        "invalid-timestamp": (31, "Invalid Timestamp", "isv.invalid-timestamp"),
        "missing-v": (32, "Missing Version", "isv.missing-v"),
        "invalid-v": (33, "Invalid Version", "isv.invalid-version"),
        "missing": (40, "Missing required arguments:{name}", "isv.missing-parameter:{name}"),
        "invalid": (41, "Invalid arguments:{name}", "isv.invalid-parameter:{name}", "{reason}"),
        # `sub_code` begins with isv. for the caller's fault, isp. for the platform's.
        "busy": (15, _REMOTE, "isp.remote-service-timeout", "API调用后端服务超时，请重试"),
        "limited": (
            7,
            "App Call Limited",
            "accesscontrol.limited-by-{rule}-access-count",
            "This ban will last for {seconds} more seconds",
        ),
        **{name: (15, _REMOTE, f"isv.{name}", text) for name, text in _SERVICE.items()},
    },
)


def invalid(name: str, reason: object) -> RefusedError:
    """An argument is outside of what the method takes."""
    return ERRORS("invalid", name=name, reason=reason)
