"""Exports that people download: CSV and XLSX, described in TOML."""

import datetime as dt
from dataclasses import replace
from functools import partial

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream
from connectors.files.client import FilesSettings, described, fetch, open_client
from connectors.files.documents import Rows
from connectors.files.layout import STREAMS, Described
from connectors.files.mapping import canonical
from connectors.files.privacy import redact
from contracts.codes import WriteKind
from contracts.errors import ConfigurationError
from contracts.personal import member_columns
from contracts.tables import table_of

_VOLUMES = {
    "exported_orders": volumes.EXPORTED_ORDERS,
    "exported_cases": volumes.CASES,
    "exported_reviews": volumes.REVIEWS,
    "exported_carts": volumes.CARTS,
    "exported_tickets": volumes.TICKETS,
    "traffic": volumes.TRAFFIC,
    "visits": volumes.VISITS,
}
"""Settlements come by statement and offers whenever somebody looks: neither has a daily rhythm."""
_LISTS = ("costs", "purchasing", "bundles", "offers", "exported_stock", "exported_members")
_STREAMS = tuple(
    Stream(
        name=name,
        tables=tables,
        fetch=partial(fetch, stream=name),
        to_canonical=partial(canonical, tables=tables, described=None),
        redact=partial(redact, described=None)
        if any(member_columns(table_of(one)) for one in tables)
        else None,
        volume=_VOLUMES.get(name),
        is_list=name in _LISTS,
        # An export is often filed days after the instant in its name.
        look_back=dt.timedelta(days=31),
    )
    for name, tables in STREAMS.items()
)


def _streams_of(settings: FilesSettings) -> tuple[Stream, ...]:
    """Streams that a description fills, mapped by the descriptions of today; while one of them is
    wrong all streams, which cannot be mapped: opening the folder tells what is wrong."""
    try:
        told = described(settings)
    except ConfigurationError:
        return _STREAMS
    filled = {layout.stream for layout in told.layouts}
    return tuple(_described(one, told.of(one.name)) for one in _STREAMS if one.name in filled)


def _described(stream: Stream, told: Described) -> Stream:
    return replace(
        stream,
        to_canonical=partial(canonical, tables=stream.tables, described=told),
        redact=stream.redact and partial(redact, described=told),
        documents=Rows(told, table_of(stream.tables[0]).name),
        fingerprint=told.fingerprint,
    )


CONNECTOR = Connector(
    name="files",
    title="CSV and XLSX exports in a folder",
    settings=FilesSettings,
    open_client=open_client,
    streams=_STREAMS,
    streams_of=_streams_of,
    impossible=tuple(kind for kind in WriteKind if kind is not WriteKind.NONE),
)
