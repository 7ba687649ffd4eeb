"""What streams of the usual kinds bring per day, to be named where a stream is declared."""

from typing import Final

from contracts.streams import Volume

ORDERS: Final = Volume("orders", "placed_at", lag_days=0)
CASES: Final = Volume("refund_cases", "requested_at")
REVIEWS: Final = Volume("reviews", "reviewed_at")
ADS: Final = Volume("ads_daily", "ad_date", lag_days=2)
"""A platform closes a day's account in the course of the next one."""
TRAFFIC: Final = Volume("traffic_daily", "traffic_date", lag_days=2)
"""Exported by hand, mostly in the morning; so are the others that are."""
EXPORTED_ORDERS: Final = Volume("orders", "placed_at", lag_days=2)
CARTS: Final = Volume("carts", "carted_at", lag_days=2)
TICKETS: Final = Volume("tickets", "opened_at", lag_days=2)
VISITS: Final = Volume("visit_events", "visited_at", lag_days=2)
