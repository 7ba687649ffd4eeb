"""What explains how a shop did: what moved its GMV, and the classes of its products."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from contracts.languages import Bilingual


class Mover(StrEnum):
    """What a change of GMV is split into."""

    VISITORS = "visitors"
    ORDERS = "orders"
    UNITS = "units"
    MIX = "mix"
    CONVERSION = "conversion"
    AOV = "aov"
    PRICE = "price"
    ENTRY_EXIT = "entry_exit"


MOVERS: Final[Mapping[Mover, Bilingual]] = {
    Mover.VISITORS: Bilingual("Visitors", "访客数"),
    Mover.ORDERS: Bilingual("Orders", "订单数"),
    Mover.UNITS: Bilingual("Units", "销量"),
    Mover.MIX: Bilingual("Mix", "结构"),
    Mover.CONVERSION: Bilingual("Conversion", "转化率"),
    Mover.AOV: Bilingual("Average order", "客单价"),
    Mover.PRICE: Bilingual("Price", "件单价"),
    Mover.ENTRY_EXIT: Bilingual("New and gone", "新增与消失"),
}
"""A mover in a word, in the order in which they are read."""


class ProductClass(StrEnum):
    """The trade's classes of products; who is of several is of the first."""

    STAR = "star"
    CONVERSION = "conversion"
    PROFIT = "profit"
    TRAFFIC = "traffic"
    CORE = "core"


PRODUCT_CLASSES: Final[Mapping[ProductClass, Bilingual]] = {
    ProductClass.STAR: Bilingual("Rising star", "未来明星"),
    ProductClass.CONVERSION: Bilingual("Converts well", "高转化"),
    ProductClass.PROFIT: Bilingual("High margin", "高利润"),
    ProductClass.TRAFFIC: Bilingual("Brings traffic", "导流"),
    ProductClass.CORE: Bilingual("Core", "常规"),
}
"""A class in a word."""
