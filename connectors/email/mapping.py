"""Reports about messages as deliveries. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import polars as pl

from connectors.base.documents import At, JsonDocuments
from connectors.base.frames import ColumnType, columns
from connectors.base.mapping import Mapper, coded
from connectors.base.wire import decoded
from connectors.email.reports import Report
from contracts.codes import Channel, DeliveryStatus
from contracts.streams import Context, Mapped, Page
from contracts.tables import Delivery

SAID: Final[Mapping[str, DeliveryStatus]] = {
    "dsn/failed": DeliveryStatus.BOUNCED,
    "dsn/delayed": DeliveryStatus.SENT,
    "dsn/delivered": DeliveryStatus.DELIVERED,
    "dsn/relayed": DeliveryStatus.SENT,
    "dsn/expanded": DeliveryStatus.SENT,
    "arf/abuse": DeliveryStatus.COMPLAINED,
    "arf/fraud": DeliveryStatus.COMPLAINED,
    "arf/virus": DeliveryStatus.COMPLAINED,
    "arf/other": DeliveryStatus.COMPLAINED,
    "arf/not-spam": DeliveryStatus.DELIVERED,
    "arf/opt-out": DeliveryStatus.UNSUBSCRIBED,
    "arf/opt-out-list": DeliveryStatus.UNSUBSCRIBED,
    "unsubscribe": DeliveryStatus.UNSUBSCRIBED,
}
NOT_MEANT: Final = ("arf/auth-failure",)
"""Reports about our domain, not about what a recipient wants: left out on purpose."""

_REPORTS: Final = msgspec.json.Decoder(list[Report])
DOCUMENTS: Final = JsonDocuments(
    {"reports": At("", "deliveries", lambda told, _: f"{told['key']}|{told['said']}", Report)}
)
_COLUMNS: Final[Mapping[str, tuple[str, ColumnType]]] = {
    "key": ("key", pl.String),
    "said": ("said", pl.String),
    "status": ("status", pl.String),
    "at": ("at", pl.Datetime("us", "UTC")),
}


def deliveries(pages: Iterable[Page], context: Context) -> Mapped:
    """What became of messages; of each kind of report on a message the newest holds."""
    told = [report for page in pages for report in decoded(_REPORTS.decode, page.body)]
    reports = columns(told, _COLUMNS).filter(~pl.col("said").is_in(NOT_MEANT))
    mapper = Mapper(context)
    mapper.add(
        Delivery,
        reports,
        message_id=pl.col("key"),
        report=pl.col("said"),
        channel=pl.lit(str(Channel.EMAIL)),
        delivery_status=coded("said", SAID),
        delivered_at=pl.col("at"),
        diagnostic=pl.col("status"),
        source_updated_at=pl.col("at"),
    )
    return mapper.done()
