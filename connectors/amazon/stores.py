"""Stores and regions: where a seller's requests go, and what a store calls itself in reports."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Hosts of a region: of the API, and of the files that it links to."""

    url: str
    file_host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One marketplace. `name` is its sales channel in reports."""

    name: str
    region: Region


TOKEN_URL: Final = "https://api.amazon.com"  # noqa: S105 where tokens are given
NORTH_AMERICA: Final = Region(
    url="https://sellingpartnerapi-na.amazon.com",
    file_host="tortuga-prod-na.s3-external-1.amazonaws.com",
)
EUROPE: Final = Region(
    url="https://sellingpartnerapi-eu.amazon.com",
    file_host="tortuga-prod-eu.s3-eu-west-1.amazonaws.com",
)
FAR_EAST: Final = Region(
    url="https://sellingpartnerapi-fe.amazon.com",
    file_host="tortuga-prod-fe.s3-us-west-2.amazonaws.com",
)
STORES: Final = {
    "ATVPDKIKX0DER": Store(name="Amazon.com", region=NORTH_AMERICA),
    "A2EUQ1WTGCTBG2": Store(name="Amazon.ca", region=NORTH_AMERICA),
    "A1AM78C64UM0Y8": Store(name="Amazon.com.mx", region=NORTH_AMERICA),
    "A2Q3Y263D00KWC": Store(name="Amazon.com.br", region=NORTH_AMERICA),
    "A1F83G8C2ARO7P": Store(name="Amazon.co.uk", region=EUROPE),
    "A1PA6795UKMFR9": Store(name="Amazon.de", region=EUROPE),
    "A13V1IB3VIYZZH": Store(name="Amazon.fr", region=EUROPE),
    "APJ6JRA9NG5V4": Store(name="Amazon.it", region=EUROPE),
    "A1RKKUPIHCS9HS": Store(name="Amazon.es", region=EUROPE),
    "A2VIGQ35RCS4UG": Store(name="Amazon.ae", region=EUROPE),
    "A21TJRUUN4KGV": Store(name="Amazon.in", region=EUROPE),
    "A1VC38T7YXB528": Store(name="Amazon.co.jp", region=FAR_EAST),
    "A39IBJ37TRP1C6": Store(name="Amazon.com.au", region=FAR_EAST),
    "A19VAU5U5O7RUS": Store(name="Amazon.sg", region=FAR_EAST),
}
"""By marketplace id."""
