"""Exports that people download: CSV and XLSX, described in TOML."""

import datetime as dt
from functools import partial

from connectors.base.declaration import Connector, Stream
from connectors.files.client import FilesSettings, fetch, is_told, open_client
from connectors.files.layout import STREAMS
from connectors.files.mapping import canonical
from connectors.files.privacy import redact
from contracts.codes import WriteKind
from contracts.personal import member_columns
from contracts.tables import table_of

CONNECTOR = Connector(
    name="files",
    title="CSV and XLSX exports in a folder",
    settings=FilesSettings,
    open_client=open_client,
    streams=tuple(
        Stream(
            name=name,
            tables=tables,
            fetch=partial(fetch, stream=name),
            to_canonical=partial(canonical, tables=tables),
            redact=redact if any(member_columns(table_of(one)) for one in tables) else None,
            is_told=partial(is_told, stream=name),
            # An export is often filed days after the instant in its name.
            look_back=dt.timedelta(days=31),
        )
        for name, tables in STREAMS.items()
    ),
    impossible=tuple(kind for kind in WriteKind if kind is not WriteKind.NONE),
)
