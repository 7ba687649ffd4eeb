"""The platform's names for what the world holds: order ids, ASINs, sellers and stores."""

import hashlib
from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The id, the name and the country of each store.
STORES: Final = {
    "ATVPDKIKX0DER": ("Amazon.com", "US"),
    "A2EUQ1WTGCTBG2": ("Amazon.ca", "CA"),
    "A1AM78C64UM0Y8": ("Amazon.com.mx", "MX"),
    "A2Q3Y263D00KWC": ("Amazon.com.br", "BR"),
    "A1F83G8C2ARO7P": ("Amazon.co.uk", "GB"),
    "A1PA6795UKMFR9": ("Amazon.de", "DE"),
    "A13V1IB3VIYZZH": ("Amazon.fr", "FR"),
    "APJ6JRA9NG5V4": ("Amazon.it", "IT"),
    "A1RKKUPIHCS9HS": ("Amazon.es", "ES"),
    "A1VC38T7YXB528": ("Amazon.co.jp", "JP"),
    "A39IBJ37TRP1C6": ("Amazon.com.au", "AU"),
    "A19VAU5U5O7RUS": ("Amazon.sg", "SG"),
    "A2VIGQ35RCS4UG": ("Amazon.ae", "AE"),
    "A21TJRUUN4KGV": ("Amazon.in", "IN"),
}


def amazon_order_id(order_id: int) -> str:
    """An order's id in the platform's form, 3-7-7 digits."""
    digits = f"{order_id:014d}"
    return f"111-{digits[:7]}-{digits[7:]}"


def order_number(amazon_id: str) -> int | None:
    """The world's order id, or None when it is no such id."""
    head, _, rest = amazon_id.partition("-")
    digits = rest.replace("-", "", 1)
    if head != "111" or not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits[:14])
    return number if amazon_order_id(number) == amazon_id else None


def order_item_id(line_id: int) -> str:
    """An order item's id: 14 digits."""
    return f"{line_id:014d}"


def asin(product_id: int) -> str:
    """The ASIN of a product: ten signs that begin with B0."""
    signs = ""
    while product_id:
        product_id, digit = divmod(product_id, 36)
        signs = _DIGITS[digit] + signs
    return "B0" + signs.rjust(8, "0")


def product_of_asin(text: str) -> int | None:
    """The product's id, or None when it is no ASIN."""
    if len(text) != 10 or not text.startswith("B0") or any(sign not in _DIGITS for sign in text):
        return None
    return int(text[2:], 36)


def product_of_sku(text: str) -> int | None:
    """The product's id; the SKU code is its text. None when it is none of ours."""
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if is_number and str(int(text)) == text else None


def seller_of(competitor: str) -> str:
    """The seller id behind which a competitor stands."""
    digest = hashlib.sha256(competitor.encode()).digest()
    return "A" + "".join(_DIGITS[byte % 36] for byte in digest[:13])
