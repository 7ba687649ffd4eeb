"""Exports that people download: CSV and XLSX, described in TOML."""

import datetime as dt
import hashlib
from dataclasses import replace
from functools import partial

from connectors.base.declaration import Connector, Stream
from connectors.files.client import FilesSettings, described, fetch, open_client
from connectors.files.layout import STREAMS
from connectors.files.mapping import canonical
from connectors.files.privacy import redact
from contracts.codes import WriteKind
from contracts.errors import ConfigurationError
from contracts.personal import member_columns
from contracts.tables import table_of

_STREAMS = tuple(
    Stream(
        name=name,
        tables=tables,
        fetch=partial(fetch, stream=name),
        to_canonical=partial(canonical, tables=tables),
        redact=redact if any(member_columns(table_of(one)) for one in tables) else None,
        # An export is often filed days after the instant in its name.
        look_back=dt.timedelta(days=31),
    )
    for name, tables in STREAMS.items()
)


def _streams_of(settings: FilesSettings) -> tuple[Stream, ...]:
    """Streams that a description fills; all of them while a description is wrong, which opening
    the folder tells."""
    try:
        layouts = described(settings)
    except ConfigurationError:
        return _STREAMS
    found = []
    for stream in _STREAMS:
        mine = [layout.model_dump_json() for layout in layouts if layout.stream == stream.name]
        told = "\n".join((settings.time_zone, settings.limits.model_dump_json(), *mine))
        if mine:
            found.append(replace(stream, fingerprint=hashlib.sha256(told.encode()).hexdigest()))
    return tuple(found)


CONNECTOR = Connector(
    name="files",
    title="CSV and XLSX exports in a folder",
    settings=FilesSettings,
    open_client=open_client,
    streams=_STREAMS,
    streams_of=_streams_of,
    impossible=tuple(kind for kind in WriteKind if kind is not WriteKind.NONE),
)
