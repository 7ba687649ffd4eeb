"""Where raw pages name buyers, each by the address that the platform gives him.

None is asked for; a page may hold them all the same. A report tells of nobody: what it says of
places is cut off before it is kept.
"""

import re

from connectors.base.redaction import About, by_path

_ORDER = About(
    at="orders",
    named_by=("buyer.buyerEmail",),
    # What an order and its items say of who bought them, however deep.
    tells=("**.buyer", "**.recipient", "**.tax", "**.giftOption", "**.customization"),
)
redact = by_path({"orders": _ORDER}, ids=re.compile(rb'"buyerEmail"\s*:\s*"([^"]+)"'))
