"""The report of sales and traffic: by day, week or month, and by product over the whole span."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS, wrong
from sandbox.amazon.names import asin
from sandbox.amazon.sold import local_day, sold
from sandbox.kit.fields import Document
from sandbox.kit.money import amount_number
from sandbox.world.backoffice import traffic
from sandbox.world.world import SEED, World

REPORT_TYPE: Final = "GET_SALES_AND_TRAFFIC_REPORT"
OPTIONS: Final = {
    "dateGranularity": ("DAY", "WEEK", "MONTH"),
    "asinGranularity": ("PARENT", "CHILD", "SKU"),
}
KEPT: Final = timedelta(days=731)
SETTLED_DAYS: Final = 3
"""So long after its end the visits of a day are told in full."""
_FIRST_SHARE: Final = 0.7
"""Of its visits: what is told of a day that has just ended."""
_BROWSER: Final = 0.75
_DAYS: Final[Mapping[str, Callable[[date], date]]] = {
    "DAY": lambda day: day,
    "WEEK": lambda day: day - timedelta(days=(day.weekday() + 1) % 7),
    "MONTH": lambda day: day.replace(day=1),
}
"""The first day of the period of a day; weeks begin on Sunday."""
_NEXT: Final[Mapping[str, timedelta]] = {
    "DAY": timedelta(days=1),
    "WEEK": timedelta(days=7),
    "MONTH": timedelta(days=31),
}


def check(account: Account, options: Mapping[str, str], is_dated: bool) -> None:
    """Refuse a request that this report does not take, or of an application without its role.

    Raises:
        RefusedError: it is refused.
    """
    if not account.manner.has_brand_analytics:
        raise ERRORS("denied", why="")
    if not is_dated:
        raise wrong("dataStartTime and dataEndTime are required.")
    for name, value in options.items():
        if value not in OPTIONS.get(name, ()):
            raise wrong("A report option is not one of this report, or has no such value.")


def made(account: Account, options: Mapping[str, str], start: datetime, end: datetime) -> bytes:
    """The report of the days of two instants, both included; empty where there is no data."""
    dates, asins = options.get("dateGranularity", "DAY"), options.get("asinGranularity", "PARENT")
    if start < account.now - KEPT:
        return b""
    of = _DAYS[dates]
    first = of(start.astimezone(UTC).date())
    last = of(of(end.astimezone(UTC).date()) + _NEXT[dates]) - timedelta(days=1)
    days = _days(account).filter(pl.col("date").is_between(first, last))
    if days.is_empty():
        return b""
    lines = sold(account).filter(pl.col("date").is_in(days["date"].implode()))
    return msgspec.json.encode(
        {
            "reportSpecification": {
                "reportType": REPORT_TYPE,
                "reportOptions": {"dateGranularity": dates, "asinGranularity": asins},
                "dataStartTime": start.astimezone(UTC).date().isoformat(),
                "dataEndTime": end.astimezone(UTC).date().isoformat(),
                "marketplaceIds": [account.store],
            },
            "salesAndTrafficByDate": _by_date(account, days, lines, dates),
            "salesAndTrafficByAsin": _by_asin(account, days, lines, asins),
        }
    )


def _days(account: Account) -> pl.DataFrame:
    """Whole days with the visits that are told of them so far, and how much of all that is."""
    today = account.now.astimezone(ZoneInfo(account.world.zone)).date()
    age = (pl.lit(today) - pl.col("date")).dt.total_days() - 1
    share = (_FIRST_SHARE + (1 - _FIRST_SHARE) / SETTLED_DAYS * age).clip(upper_bound=1.0)
    visits = traffic(account.world.orders, np.random.default_rng(SEED), account.world.zone)
    return (
        visits.group_by("date", maintain_order=True)
        .agg(pl.col("visitors", "views").sum())
        .filter(pl.col("date") < today)
        .with_columns(share=share)
        .with_columns(_told("visitors"), _told("views"))
    )


def _told(column: str) -> pl.Expr:
    return (pl.col(column) * pl.col("share")).ceil().cast(pl.Int64)


def _by_date(
    account: Account, days: pl.DataFrame, lines: pl.DataFrame, dates: str
) -> list[Document]:
    currency = account.world.currency
    period = pl.col("date").map_elements(_DAYS[dates], return_dtype=pl.Date)

    def parted(rows: pl.DataFrame) -> Mapping[Any, pl.DataFrame]:
        return rows.with_columns(date=period).partition_by("date", as_dict=True)

    sent = account.world.voyages.select("order_id", date=local_day(account, "shipped_at"))
    inside = pl.col("date").is_between(days["date"].min(), days["date"].max())
    shipped = sold(account).drop("date").join(sent.filter(inside), on="order_id")
    back = account.world.refunds.select(date=local_day(account, "created_at"))
    bought, gone_out, given_back = parted(lines), parted(shipped), parted(back)
    found = []
    for key, seen in parted(days).items():
        own, gone = bought.get(key, lines.clear()), gone_out.get(key, shipped.clear())
        refunded = given_back.get(key, back.clear()).height
        sales = _sales(own, currency)
        units, items = sales["unitsOrdered"], sales["totalOrderItems"]
        visits = _visits(int(seen["visitors"].sum()), int(seen["views"].sum()))
        goods = account.world.products.height
        found.append(
            {
                "date": key[0].isoformat(),
                "salesByDate": sales
                | {
                    "averageSalesPerOrderItem": _mean(own, items, currency),
                    "averageUnitsPerOrderItem": round(units / items, 2) if items else 0,
                    "averageSellingPrice": _mean(own, units, currency),
                    "unitsRefunded": refunded,
                    "refundRate": _percent(refunded, units),
                    "claimsGranted": 0,
                    "claimsAmount": _money(0, currency),
                    "shippedProductSales": _money(int(gone["gross_minor"].sum()), currency),
                    "unitsShipped": int(gone["units"].sum()),
                    "ordersShipped": gone["order_id"].n_unique(),
                },
                "trafficByDate": visits
                | {
                    "buyBoxPercentage": 100.0,
                    "orderItemSessionPercentage": _percent(items, visits["sessions"]),
                    "unitSessionPercentage": _percent(units, visits["sessions"], most=None),
                    "averageOfferCount": goods,
                    "averageParentItems": goods,
                    "feedbackReceived": 0,
                    "negativeFeedbackReceived": 0,
                    "receivedNegativeFeedbackRate": 0.0,
                },
            }
        )
    return found


def _by_asin(
    account: Account, days: pl.DataFrame, lines: pl.DataFrame, asins: str
) -> list[Document]:
    """Products that were seen or bought; by SKU those alone that were bought."""
    bought = lines.partition_by("product_id", as_dict=True)
    seen = _product_visits(account.world, days, lines).sort("product_id")
    all_visits, all_views = int(seen["visitors"].sum()), int(seen["views"].sum())
    found = []
    for key, visitors, views in seen.iter_rows():
        own = bought.get((key,), lines.clear())
        if asins == "SKU" and own.is_empty():
            continue
        sales, visits = _sales(own, account.world.currency), _visits(visitors, views)
        of_visits, of_views = _percent(visitors, all_visits), _percent(views, all_views)
        found.append(
            {
                "parentAsin": asin(key),
                **({} if asins == "PARENT" else {"childAsin": asin(key)}),
                **({"sku": str(key)} if asins == "SKU" else {}),
                "salesByAsin": sales,
                "trafficByAsin": visits
                | dict.fromkeys(_SESSION_SHARES, of_visits)
                | dict.fromkeys(_VIEW_SHARES, of_views)
                | {
                    "buyBoxPercentage": 100.0,
                    "unitSessionPercentage": _percent(sales["unitsOrdered"], visitors, most=None),
                },
            }
        )
    return found


_SESSION_SHARES: Final = (
    "browserSessionPercentage",
    "mobileAppSessionPercentage",
    "sessionPercentage",
)
_VIEW_SHARES: Final = (
    "browserPageViewsPercentage",
    "mobileAppPageViewsPercentage",
    "pageViewsPercentage",
)


def _product_visits(world: World, days: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Visits of each product, added up over days: more for more buyers and for what sells better.

    The same of a day, whichever days are asked for beside it.
    """
    goods = world.products.select("product_id", "hourly_rate").sort("product_id")
    buyers = lines.group_by("date", "product_id").agg(buyers=pl.col("order_id").n_unique())
    found = []
    for day, share in days.select("date", "share").iter_rows():
        own = goods.join(
            buyers.filter(pl.col("date") == day), on="product_id", how="left", maintain_order="left"
        )
        drawn = np.random.default_rng([SEED, day.toordinal()]).random((own.height, 3))
        came = own["buyers"].fill_null(0).to_numpy() * (6 + 9 * drawn[:, 0])
        curious = np.floor(own["hourly_rate"].to_numpy() * 24 * (4 + 6 * drawn[:, 1]))
        visitors = np.ceil((came + curious) * share)
        views = np.ceil(visitors * (1.2 + drawn[:, 2]))
        found.append(own.select("product_id", visitors=pl.Series(visitors), views=pl.Series(views)))
    return (
        pl.concat(found)
        .group_by("product_id")
        .agg(pl.col("visitors", "views").sum().cast(pl.Int64))
        .filter(pl.col("visitors") > 0)
    )


def _sales(own: pl.DataFrame, currency: str) -> dict[str, Any]:
    return {
        "orderedProductSales": _money(int(own["gross_minor"].sum()), currency),
        "unitsOrdered": int(own["units"].sum()),
        "totalOrderItems": own.height,
    }


def _visits(sessions: int, views: int) -> dict[str, Any]:
    by_browser, seen_there = round(sessions * _BROWSER), round(views * _BROWSER)
    return {
        "browserPageViews": seen_there,
        "mobileAppPageViews": views - seen_there,
        "pageViews": views,
        "browserSessions": by_browser,
        "mobileAppSessions": sessions - by_browser,
        "sessions": sessions,
    }


def _money(minor: int, currency: str) -> Document:
    return {"amount": amount_number(minor, currency), "currencyCode": currency}


def _mean(own: pl.DataFrame, count: int, currency: str) -> Document:
    return _money(round(own["gross_minor"].sum() / count) if count else 0, currency)


def _percent(part: int, whole: int, *, most: float | None = 100.0) -> float:
    found = round(100 * part / whole, 2) if whole else 0.0
    return found if most is None else min(found, most)
