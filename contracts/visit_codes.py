"""Closed lists of codes about visits: pages, paths through them, spans of distinct visitors."""

from enum import StrEnum


class PageKind(StrEnum):
    """What a page of a shop is."""

    HOME = "home"
    LIST = "list"
    SEARCH = "search"
    BANNER = "banner"
    """A click on a banner, counted as a page."""
    CAMPAIGN = "campaign"
    ITEM = "item"
    CART = "cart"
    ORDER = "order"
    """The page that confirms an order."""
    OTHER = "other"


class FunnelPath(StrEnum):
    """The ways from coming in to ordering that are counted."""

    HOME_ITEM = "home_item"
    HOME_LIST = "home_list"
    SEARCH = "search"
    BANNER = "banner"


class ActiveWindow(StrEnum):
    """Days over which visitors are counted once each."""

    DAY = "day"
    WEEK = "week"
    """Seven days."""
    MONTH = "month"
    """Thirty days, or the 28 that some platforms count."""
