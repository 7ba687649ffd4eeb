"""Amazon, by its Selling Partner API; the newest version of each part."""

import datetime as dt

from connectors.amazon import (
    day_mapping,
    days,
    fetch,
    flat_file,
    mapping,
    outbound,
    redaction,
    settlement_mapping,
    settlements,
    shapes,
)
from connectors.amazon.client import AmazonClient, AmazonSettings
from connectors.base import volumes
from connectors.base.declaration import Connector, Stream, Write
from connectors.base.documents import ByPart
from contracts.codes import Reversal, WriteKind
from contracts.streams import Volume
from contracts.tables import (
    CompetitorOffer,
    DailyTotal,
    Listing,
    ListingTrafficDaily,
    Order,
    OrderLine,
    Price,
    PriceFact,
    RefundCase,
    Settlement,
    Shipment,
    StockLevel,
    TrafficDaily,
)

# A report covers 30 days at most.
_MONTH = dt.timedelta(days=30)
_YEAR = dt.timedelta(days=365)
# The end of a search lies two minutes behind the platform's clock; lists follow their records late.
_SETTLE = dt.timedelta(minutes=2)
_LOOK_BACK = dt.timedelta(minutes=15)
# What an order brought may be missing for 48 hours.
_BOOKED_LATE = dt.timedelta(days=3)

_STREAMS = (
    Stream(
        name="orders",
        volume=volumes.ORDERS,
        tables=(Order, OrderLine, Shipment),
        fetch=fetch.orders,
        to_canonical=mapping.orders,
        documents=ByPart({"orders": shapes.PAGES, flat_file.PART: flat_file.Orders()}),
        mapping_version=2,
        redact=redaction.redact,
        max_window=_MONTH,
        look_back=_LOOK_BACK,
        settle=_SETTLE,
    ),
    Stream(
        name="listings",
        tables=(Listing, Price),
        fetch=fetch.listings,
        to_canonical=mapping.listings,
        documents=shapes.PAGES,
        is_snapshot=True,
    ),
    Stream(
        name="inventory",
        tables=(StockLevel,),
        fetch=fetch.inventory,
        to_canonical=mapping.inventory,
        documents=shapes.PAGES,
        is_snapshot=True,
    ),
    Stream(
        name="rival_offers",
        tables=(CompetitorOffer,),
        fetch=fetch.offers,
        to_canonical=mapping.offers,
        documents=shapes.PAGES,
        mapping_version=2,
        is_snapshot=True,
        lookup=PriceFact,
    ),
    Stream(
        name="settlements",
        volume=Volume("refund_cases", "requested_at", lag_days=_BOOKED_LATE.days),
        tables=(Settlement, RefundCase),
        fetch=settlements.transactions,
        to_canonical=settlement_mapping.settlements,
        documents=shapes.PAGES,
        max_window=_MONTH,
        look_back=_BOOKED_LATE,
        settle=_SETTLE,
    ),
    Stream(
        name="store_totals",
        tables=(DailyTotal,),
        fetch=days.totals,
        to_canonical=day_mapping.totals,
        documents=shapes.PAGES,
        max_window=_YEAR,
    ),
    Stream(
        name="store_traffic",
        volume=Volume("traffic_daily", "traffic_date", lag_days=4),
        tables=(TrafficDaily, ListingTrafficDaily),
        fetch=days.traffic,
        to_canonical=day_mapping.traffic,
        documents=shapes.PAGES,
        max_window=_YEAR,
    ),
)


def _streams_of(settings: AmazonSettings) -> tuple[Stream, ...]:
    """Visits and the account take roles that not every application has."""
    roles = {TrafficDaily: settings.has_brand_analytics, Settlement: settings.has_finances}
    lacking = {table for table, has_role in roles.items() if not has_role}
    return tuple(one for one in _STREAMS if lacking.isdisjoint(one.tables))


CONNECTOR = Connector(
    name="amazon",
    title="Amazon",
    settings=AmazonSettings,
    usual_time_zone="America/Los_Angeles",  # its days of the United States begin there
    open_client=AmazonClient,
    streams=_STREAMS,
    streams_of=_streams_of,
    writes=(
        Write(
            kind=WriteKind.SET_PRICE,
            reversal=Reversal.REVERSIBLE,
            live=outbound.live_prices,
            send=outbound.set_prices,
            settles=outbound.price_settles,
        ),
        Write(
            kind=WriteKind.REQUEST_REVIEW,
            reversal=Reversal.IRREVERSIBLE,
            live=outbound.live_requests,
            send=outbound.request_reviews,
        ),
    ),
    # Stock of one's own warehouse could be set, but here the stock lies with the platform. Messages
    # take the place of a review request, one per order, and are no place for marketing.
    person_only=(WriteKind.SET_STOCK, WriteKind.CREATE_COUPON, WriteKind.SEND_MESSAGE),
    impossible=(
        WriteKind.GRANT_COUPON,
        WriteKind.REPLY_REVIEW,
        WriteKind.RECORD_EVENT,
        WriteKind.SET_PROFILE,
    ),
)
