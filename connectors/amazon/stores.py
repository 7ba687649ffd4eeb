"""Stores and regions: where requests go, what a store calls itself, how it writes its prices."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One marketplace. `name` is its sales channel in reports, `zone` that of its days."""

    name: str
    url: str
    zone: str


TOKEN_URL: Final = "https://api.amazon.com"  # noqa: S105 where tokens are given
NORTH_AMERICA: Final = "https://sellingpartnerapi-na.amazon.com"
EUROPE: Final = "https://sellingpartnerapi-eu.amazon.com"
FAR_EAST: Final = "https://sellingpartnerapi-fe.amazon.com"
TAX_ON_TOP: Final = ("USD", "CAD")
"""Currencies of the two stores that put tax on top of their prices; all others' prices hold it."""
_PACIFIC: Final = "America/Los_Angeles"
"""All of North America but Brazil: the region's days are those of its first store."""
_CENTRAL: Final = "Europe/Paris"
FILE_HOSTS: Final = (".amazonaws.com", ".cloudfront.net")
"""Below these lie the files of reports: which bucket of which region is told by each link alone."""
STORES: Final = {
    "ATVPDKIKX0DER": Store(name="Amazon.com", url=NORTH_AMERICA, zone=_PACIFIC),
    "A2EUQ1WTGCTBG2": Store(name="Amazon.ca", url=NORTH_AMERICA, zone=_PACIFIC),
    "A1AM78C64UM0Y8": Store(name="Amazon.com.mx", url=NORTH_AMERICA, zone=_PACIFIC),
    "A2Q3Y263D00KWC": Store(name="Amazon.com.br", url=NORTH_AMERICA, zone="America/Sao_Paulo"),
    "A1F83G8C2ARO7P": Store(name="Amazon.co.uk", url=EUROPE, zone="Europe/London"),
    "A1PA6795UKMFR9": Store(name="Amazon.de", url=EUROPE, zone=_CENTRAL),
    "A13V1IB3VIYZZH": Store(name="Amazon.fr", url=EUROPE, zone=_CENTRAL),
    "APJ6JRA9NG5V4": Store(name="Amazon.it", url=EUROPE, zone=_CENTRAL),
    "A1RKKUPIHCS9HS": Store(name="Amazon.es", url=EUROPE, zone=_CENTRAL),
    "A2VIGQ35RCS4UG": Store(name="Amazon.ae", url=EUROPE, zone="Asia/Dubai"),
    "A21TJRUUN4KGV": Store(name="Amazon.in", url=EUROPE, zone="Asia/Kolkata"),
    "A1VC38T7YXB528": Store(name="Amazon.co.jp", url=FAR_EAST, zone="Asia/Tokyo"),
    "A39IBJ37TRP1C6": Store(name="Amazon.com.au", url=FAR_EAST, zone="Australia/Sydney"),
    "A19VAU5U5O7RUS": Store(name="Amazon.sg", url=FAR_EAST, zone="Asia/Singapore"),
}
"""By marketplace id."""
