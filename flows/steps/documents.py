"""The one way from raw pages to rows that may be stored: nobody forgotten, no person in clear."""

from collections.abc import Iterator

import dataframely as dy
import polars as pl

from checks.rows import Split, split
from connectors.base.declaration import Stream
from contracts.personal import expired, protected
from contracts.streams import Mapped, Page, Reading
from contracts.tables import TABLES, table_of
from flows.steps.home import Home, Shop


def fetched(
    home: Home, shop: Shop, stream: Stream, client: object, reading: Reading
) -> Iterator[Page]:
    """The platform's answers, without members who are to be forgotten."""
    members = home.members(shop)
    about = () if stream.about is None else (_rows(home, shop, stream.about),)
    for page in stream.fetch(client, reading.window, *about):
        if stream.redact is None or not members.forgotten:
            yield page
        else:
            yield stream.redact(page, members.is_forgotten).page


def _rows(home: Home, shop: Shop, schema: type[dy.Schema]) -> pl.DataFrame:
    """The shop's rows of a derived table, readable; none before it is first built."""
    name = table_of(schema).name
    return home.keys.vault.open_frame(home.scan(name, shop).collect(), name)


def documents(home: Home, shop: Shop, stream: Stream, reading: Reading) -> tuple[int, Split]:
    """Rows that a landed reading holds, and the reading parted into what is loaded and held."""
    facts = home.landing.facts(reading.id)
    context = shop.context(reading.read_at, mapping_version=stream.mapping_version, facts=facts)
    pages = home.landing.pages(reading.id)
    mapped = protected(stream.to_canonical(pages, context), home.members(shop))
    days = home.settings.retention.purpose_days
    frames = {
        name: expired(frame, TABLES[name], days=days, now=reading.read_at)
        for name, frame in mapped.frames.items()
    }
    mapped = Mapped(frames, mapped.rejects, mapped.unknown_fields)
    rows = sum(frame.height for frame in mapped.frames.values())
    parted = split(mapped, context)
    return rows, Split(home.keys.vault.seal_frames(parted.good), parted.bad)
