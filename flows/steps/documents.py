"""The one way from raw pages to rows that may be stored: nobody forgotten, no person in clear."""

from collections.abc import Iterator
from dataclasses import replace

import dataframely as dy
import polars as pl

from checks.rows import Split, split
from connectors.base.declaration import Stream
from connectors.base.documents import RawDocument
from connectors.base.isolation import map_documents, redact_documents
from contracts.erasing import names_erased, protect
from contracts.errors import ShopkeeperError, SourceContractError
from contracts.families import first_part
from contracts.personal import Members, expire_columns
from contracts.streams import Mapped, Page, Reading
from contracts.tables import TABLES, table_of
from flows.steps.home import Home
from flows.steps.shop import Shop


def fetch_pages(
    home: Home, shop: Shop, stream: Stream, client: object, reading: Reading
) -> Iterator[Page]:
    """The platform's answers, without members who are to be forgotten.

    Raises:
        ShopkeeperError: the platform refuses, or a connector stumbles over an answer.
    """
    members = home.members(shop)
    about = () if stream.lookup is None else (_rows(home, shop, stream.lookup),)
    pages = stream.fetch(client, reading.window, *about)
    while (page := _next(stream, pages)) is not None:
        if members.forgotten:
            page = redact_documents(stream, page, members.is_forgotten).page
        yield page


def _next(stream: Stream, pages: Iterator[Page]) -> Page | None:
    """The next answer; none at the end."""
    try:
        return next(pages, None)
    except (ShopkeeperError, OSError):
        raise
    # An error of a connector counts as the answer's fault, and costs this reading alone.
    except Exception as error:
        raise SourceContractError(f"reading {stream.name} fails: {type(error).__name__}") from error


def _rows(home: Home, shop: Shop, schema: type[dy.Schema]) -> pl.DataFrame:
    """The shop's rows of a derived table, readable; none before it is first built."""
    name = table_of(schema).name
    return home.keys.vault.open_frame(home.scan(name, shop).collect(), name)


def map_and_check(home: Home, shop: Shop, stream: Stream, reading: Reading) -> tuple[Mapped, Split]:
    """A landed reading mapped, and split into what is loaded and what is quarantined.

    Raises:
        SourceContractError: it cannot be mapped or checked, whatever the reason.
        ShopkeeperError: landing does not hold it whole.
    """
    facts = home.landing.facts(reading.id)
    context = shop.context(reading.read_at, mapping_version=stream.mapping_version, facts=facts)
    mapped = map_documents(stream, lambda: home.landing.pages(reading.id), context)
    try:
        members = home.members(shop)
        is_of_erased = names_erased(mapped, members)
        mapped = replace(protect(mapped, members), is_of_erased=is_of_erased)
        days = home.settings.retention.purpose_days
        frames = {
            name: expire_columns(frame, TABLES[name], days=days, now=reading.read_at)
            for name, frame in mapped.frames.items()
        }
        mapped = replace(mapped, frames=frames)
        parted = split(mapped, context)
    except (ShopkeeperError, OSError):
        raise
    # As in a mapping: it costs this reading alone. Polars' own panics are no Exception.
    except (Exception, pl.exceptions.PanicException) as error:
        raise SourceContractError(
            f"checking {stream.name} fails: {type(error).__name__}"
        ) from error
    return mapped, Split(home.keys.vault.seal_frames(parted.good), parted.bad)


def drop_erased(home: Home, shop: Shop, stream: Stream, reading: Reading) -> None:
    """Take out of landed pages, once they are loaded, documents that were a forgotten person's.

    Their amounts are in the lake, under an alias; a mapping of later leaves them as they are.
    """
    members = home.members(shop)

    def without_bad(page: Page) -> Page | None:
        if stream.documents is None:
            return page
        found = stream.documents.split(page)
        bad = {place for place, one in enumerate(found) if _is_erased(one, members)}
        if not bad:
            return page
        return None if len(bad) == len(found) else stream.documents.without(page, bad)

    home.landing.rewrite_reading(reading.id, without_bad)


def _is_erased(document: RawDocument, members: Members) -> bool:
    """Whether a raw document is of somebody forgotten, by the first part of its name."""
    table = TABLES.get(document.table)
    if table is None or not table.document or document.document_id is None:
        return False
    return members.alias(*first_part(table, document.document_id)) in members.erased
