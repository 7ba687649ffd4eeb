"""Visits of a shop: who came, from where, when, to what, and how far they went."""

from contracts.columns import (
    code,
    day,
    hour,
    identifier,
    instant,
    member,
    number,
    rank,
    units,
)
from contracts.tables.base import Observation, Slice, TableKind, Versioned, table
from contracts.visit_codes import ActiveWindow, FunnelPath, PageKind

NO_LISTING = "-"
"""Where a platform counts by product alone."""


@table("traffic_daily", TableKind.SLICE, slice_by=("traffic_date",))
class TrafficDaily(Slice):
    """Visits per shop-local day and source. Grain: (shop_id, traffic_date, traffic_source)."""

    traffic_date = day("Shop-local day", key=True)
    traffic_source = identifier("Where visitors came from", key=True)
    visitors_units = units("Visitors")
    views_units = units("Pages seen")
    dwell_seconds = number(
        "Seconds that all visitors stayed, added up; null: not reported", "seconds", nullable=True
    )
    bounced_units = units("Visitors who saw one page; null: not reported", nullable=True)


@table("traffic_hourly", TableKind.SLICE, slice_by=("traffic_date",))
class TrafficHourly(Slice):
    """Visits per hour of the shop's clock. Grain: (shop_id, traffic_date, hour, traffic_source).

    Who comes in two hours is counted in both: hours do not add up to the day's visitors.
    """

    traffic_date = day("Shop-local day", key=True)
    hour = hour("Hour of the shop's clock", key=True)
    traffic_source = identifier("Where visitors came from", key=True)
    visitors_units = units("Visitors")
    views_units = units("Pages seen", nullable=True)


@table("listing_traffic_daily", TableKind.SLICE, slice_by=("traffic_date",))
class ListingTrafficDaily(Slice):
    """Visits to what is sold. Grain: (shop_id, traffic_date, product_id, listing_id).

    Who sees two products is counted with both: products do not add up to the shop's visitors.
    """

    traffic_date = day("Shop-local day", key=True)
    product_id = identifier("The platform's product, as listings name it", key=True)
    listing_id = identifier(
        "The platform's variant; - where visits are counted by product", key=True
    )
    visitors_units = units("Visitors of its page")
    views_units = units("Times its page was seen")
    carted_units = units("Visitors who put it in the cart; null: not reported", nullable=True)


@table("slot_traffic_daily", TableKind.SLICE, slice_by=("traffic_date",))
class SlotTrafficDaily(Slice):
    """Banners and other places of the shop. Grain: (shop_id, traffic_date, slot_id)."""

    traffic_date = day("Shop-local day", key=True)
    slot_id = identifier("The place, as the platform names it", key=True)
    impressions_units = units("Times shown")
    clicks_units = units("Clicks")


@table("active_users", TableKind.SLICE, slice_by=("traffic_date",))
class ActiveUsers(Slice):
    """Distinct visitors of a day and of the days up to it. Grain: (shop_id, traffic_date, window).

    Visitors of days cannot be added up to those of a week, so the platform's own figure is held.
    """

    traffic_date = day("Shop-local day with which the window ends", key=True)
    active_window = code("How many days it has", ActiveWindow, key=True)
    active_units = units("Distinct visitors within it")


@table("visit_events", TableKind.OBSERVATION)
class VisitEvent(Observation):
    """A page that was seen. Grain: (shop_id, session_id, visited_at, page_kind)."""

    session_id = identifier("The platform's visit, which names nobody", key=True)
    visited_at = instant("When the page was opened", key=True)
    page_kind = code("What kind of page it is", PageKind, key=True)
    member_id = member("Keyed pseudonym of the visitor, where one is told", nullable=True)
    product_id = identifier("The product it shows, where it shows one", nullable=True)


@table("funnel_daily", TableKind.SLICE, slice_by=("funnel_date",))
class FunnelDaily(Slice):
    """Visits that went a path up to a step, as a platform counts them.

    Grain: (shop_id, funnel_date, funnel_path, step).
    """

    funnel_date = day("Shop-local day", key=True)
    funnel_path = code("Which path", FunnelPath, key=True)
    step = rank("Which step of it, from 1", key=True)
    sessions_units = units("Visits that reached the step by way of those before it")


@table("carts", TableKind.VERSIONED, document=("cart_id",))
class Cart(Versioned):
    """A cart that something was put in. Grain: (shop_id, cart_id)."""

    cart_id = identifier("The platform's cart", key=True)
    member_id = member("Keyed pseudonym of whose it is; null for a guest", nullable=True)
    carted_at = instant("When the first piece was put in")
    ordered_at = instant("When it was ordered; null: not so far", nullable=True)
    cart_units = units("Pieces in it", nullable=True)
