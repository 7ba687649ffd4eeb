"""The platform's numbers: the world's ids moved far beyond 2**53, where a float loses them."""

import base64
import hashlib
from typing import Final

TRADE: Final = 2_600_000_000_000_000_000
ORDER: Final = 2_700_000_000_000_000_000
ITEM: Final = 680_000_000_000_000_000
SKU: Final = 5_100_000_000_000_000_000
REFUND: Final = 190_000_000_000_000_000
ADGROUP: Final = 100_000_000_000
SKU_PROPERTY: Final = "20509"


def tid(order_id: int) -> int:
    """The number of a trade."""
    return TRADE + order_id


def oid(order_id: int, line_id: int, line_count: int) -> int:
    """The number of a line; a trade of one line has one number for both."""
    return tid(order_id) if line_count == 1 else ORDER + line_id


def num_iid(product_id: int) -> int:
    """The number of an item."""
    return ITEM + product_id


def sku_id(product_id: int) -> int:
    """The number of an item's only SKU."""
    return SKU + product_id


def properties(product_id: int) -> str:
    """What tells the SKU from others of its item: property and value."""
    return f"{SKU_PROPERTY}:{product_id}"


def adgroup_id(campaign_id: int, product_id: int) -> int:
    """The number of a product's place in a campaign."""
    return campaign_id * ADGROUP + product_id


def open_uid(household_id: int) -> str:
    """What a member is called to this app: opaque, and the same on every call."""
    digest = hashlib.sha256(f"taobao member {household_id}".encode()).digest()
    return "AAH" + base64.urlsafe_b64encode(digest)[:22].decode()


def masked_nick(household_id: int) -> str:
    """A member's nick as shops see it; many members share one."""
    return "tbxyzqwmkl"[household_id // 10 % 10] + "**"
