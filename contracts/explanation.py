"""What explains how a shop did: what moved its GMV."""

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
