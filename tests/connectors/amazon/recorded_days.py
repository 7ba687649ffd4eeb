"""What Amazon answers of whole days: what they came to, and who visited."""

import json
from typing import Any

from contracts.streams import Page

STORE = "ATVPDKIKX0DER"


def page(content: dict[str, Any], part: str) -> Page:
    return Page(json.dumps(content).encode(), part)


def total(day: int, amount: Any = "36.18", **more: Any) -> dict[str, Any]:
    """The store's total of a day of November."""
    ends = (f"2026-11-{one:02d}T00:00-08:00" for one in (day, day + 1))
    return {
        "interval": "--".join(ends),
        "unitCount": 3,
        "orderItemCount": 2,
        "orderCount": 2,
        "averageUnitPrice": {"amount": "12.06", "currencyCode": "USD"},
        "totalSales": {"amount": amount, "currencyCode": "USD"},
    } | more


def totals_page(*totals: dict[str, Any]) -> Page:
    return page({"payload": list(totals)}, "totals")


def _visits(sessions: int, views: int) -> dict[str, Any]:
    return {
        "browserPageViews": views - 1,
        "mobileAppPageViews": 1,
        "pageViews": views,
        "pageViewsB2B": 0,
        "browserSessions": sessions,
        "mobileAppSessions": 0,
        "sessions": sessions,
        "buyBoxPercentage": 88.0,
        "unitSessionPercentage": 4.5,
    }


def day_visits(day: int, sessions: int = 100, views: int = 166) -> dict[str, Any]:
    """What a report of visits says of a day of November."""
    amount = {"amount": 412.5, "currencyCode": "USD"}
    return {
        "date": f"2026-11-{day:02d}",
        "salesByDate": {"orderedProductSales": amount, "unitsOrdered": 31, "totalOrderItems": 27},
        "trafficByDate": _visits(sessions, views) | {"averageOfferCount": 40},
    }


def product_visits(
    asin: str, sessions: int = 21, views: int = 57, parent: str = "B000000009"
) -> dict[str, Any]:
    """What it says of a product."""
    amount = {"amount": 13.3, "currencyCode": "USD"}
    return {
        "parentAsin": parent,
        "childAsin": asin,
        "salesByAsin": {"unitsOrdered": 1, "orderedProductSales": amount, "totalOrderItems": 1},
        "trafficByAsin": _visits(sessions, views) | {"sessionPercentage": 21.0},
    }


def traffic_report(
    day: int, *products: dict[str, Any], days: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The report of one day of November; `days` is what it says of days."""
    date = f"2026-11-{day:02d}"
    return {
        "reportSpecification": {
            "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
            "reportOptions": {"dateGranularity": "DAY", "asinGranularity": "CHILD"},
            "dataStartTime": date,
            "dataEndTime": date,
            "marketplaceIds": [STORE],
        },
        "salesAndTrafficByDate": [day_visits(day)] if days is None else days,
        "salesAndTrafficByAsin": list(products),
    }


def traffic_page(
    day: int, *products: dict[str, Any], days: list[dict[str, Any]] | None = None
) -> Page:
    return page(traffic_report(day, *products, days=days), f"traffic:2026-11-{day:02d}")
