"""What the platform refuses with, always HTTP 200, at one of three levels.

1: an `error_response` instead of an answer; 2: the answer's own `code`; 3: the result inside of it.
"""

from typing import Final

from sandbox.kit.errors import ErrorTable

ERRORS: Final = ErrorTable(
    ("level", "code", "zh_desc", "en_desc"),
    {
        "limited": (1, "2", "限制时间内调用失败次数", "App Call Limited"),
        "missing-v": (1, "4", "缺少版本参数", "Missing Version"),
        "invalid-v": (1, "5", "不支持的版本号", "Unsupported Version"),
        "missing-timestamp": (1, "7", "缺少时间戳参数", "Missing Timestamp"),
        "invalid-timestamp": (1, "8", "非法的时间戳参数", "Invalid Timestamp"),
        "missing-sign": (1, "11", "缺少签名参数", "Missing Signature"),
        "invalid-sign": (1, "12", "无效签名", "Invalid Signature"),
        "missing-method": (1, "14", "缺少方法名参数", "Missing Method"),
        "invalid-method": (1, "15", "不存在的方法名", "Invalid Method"),
        "missing-access_token": (1, "18", "缺少access_token参数", "Missing access_token"),
        "invalid-access_token": (1, "19", "无效access_token", "Invalid access_token"),
        "missing-app_key": (1, "20", "缺少app_key参数", "Missing app_key"),
        "invalid-app_key": (1, "21", "无效app_key", "Invalid app_key"),
        "missing": (1, "60", "缺少参数{name}", "Missing parameter {name}"),
        "invalid": (1, "61", "参数{name}值不合法", "Invalid value of {name}: {reason}"),
        "invalid-json": (1, "63", "json格式不合法", "Invalid JSON"),
        "busy": (1, "65", "平台连接后端服务超时", "Platform connecting service timeout"),
        "not_emulated": (1, "sandbox", "沙箱未模拟", "The sandbox does not emulate {what}."),
        "hollow": (2, "67", "平台连接后端服务处理过程中出现未知异常信息", "Unknown exception"),
        "no-sku": (2, "11200025", "SKU不存在或已删除", "No such SKU"),
        "refused": (3, "10100000", "系统异常", "Refused"),
        "no-order": (3, "10100084", "订单不存在", "No such order"),
        "no-service": (3, "404", "服务单不存在", "No such service"),
    },
)
