"""Exports that people download: CSV and XLSX, described in TOML."""

import datetime as dt
from functools import partial

from connectors.base.declaration import Connector, Stream
from connectors.files.client import FilesSettings, fetch, open_client
from connectors.files.layout import STREAMS
from connectors.files.mapping import canonical
from contracts.codes import WriteKind

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
            # An export is often filed days after the instant in its name.
            look_back=dt.timedelta(days=31),
        )
        for name, tables in STREAMS.items()
    ),
    impossible=tuple(kind for kind in WriteKind if kind is not WriteKind.NONE),
)
