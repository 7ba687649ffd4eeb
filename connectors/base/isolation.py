"""One odd document costs itself: a reading whose mapping fails is mapped without its odd documents.

First each document is decoded alone, which tells place and shape of what is odd. What decodes and
still cannot be mapped is found by halves: a page that fails is cut until single documents are left.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from connectors.base.declaration import Stream
from connectors.base.documents import Documents, RawDocument
from contracts.codes import QuarantineReason
from contracts.errors import ShopkeeperError, SourceContractError
from contracts.personal import Redacted
from contracts.streams import Context, Mapped, Page, Reject

MOST_ODD_RATE = 0.5
FEWEST_ODD = 10
"""A reading is held as a whole when more documents than these, and more than that share, are odd:
then it is the platform or the mapping that has changed."""
_MOST_TRIALS = 500
"""Of mapping a part of a page, 5 to 20 ms each: beyond, the reading is held as a whole."""

Pages = Callable[[], Iterable[Page]]
"""Reads the pages of a reading from the start; they may be more than memory holds."""


def map_documents(stream: Stream, pages: Pages, context: Context) -> Mapped:
    """The mapped reading; documents that cannot be mapped are rejects, with their raw bytes.

    Raises:
        SourceContractError: so much is odd that the reading is held as a whole, or what is odd
            cannot be told apart.
        ShopkeeperError: the pages themselves cannot be read.
    """
    failure = _failure(stream, pages(), context)
    if isinstance(failure, Mapped):
        return failure
    if stream.documents is None:
        raise failure
    search = _Search(stream, stream.documents, context)
    search.decode(pages())
    mapped = _failure(stream, search.rest(pages()), context)
    if not isinstance(mapped, Mapped):
        search.halve(pages())
        mapped = _failure(stream, search.rest(pages()), context)
    if not isinstance(mapped, Mapped):
        raise mapped
    return replace(mapped, rejects=pl.concat([mapped.rejects, search.rejects()]))


def redact_documents(stream: Stream, page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the members meant; of an odd document nobody can tell whom it names, so it
    goes with them.

    Raises:
        SourceContractError: the page cannot be read, nor parted into documents.
    """
    if stream.redact is None:
        return Redacted(page)
    try:
        return stream.redact(page, is_meant)
    # See `_failure`: whatever it stumbles over is the page's fault.
    except Exception as error:
        if stream.documents is None:
            raise SourceContractError(f"a page of {stream.name} cannot be read") from error
    found = stream.documents.split(page)
    readable = {place for place in range(len(found)) if _is_redactable(stream, page, found, place)}
    rest = stream.documents.without(page, set(range(len(found))) - readable)
    return stream.redact(rest, is_meant)


def _is_redactable(stream: Stream, page: Page, found: Sequence[RawDocument], place: int) -> bool:
    assert stream.documents is not None
    assert stream.redact is not None
    alone = stream.documents.without(page, set(range(len(found))) - {place})
    try:
        stream.redact(alone, lambda _: True)
    except Exception:  # noqa: BLE001  # see `_failure`
        return False
    return True


def _failure(
    stream: Stream, pages: Iterable[Page], context: Context
) -> Mapped | SourceContractError:
    """The mapped pages, or why they cannot be mapped, without any value."""
    try:
        return stream.to_canonical(pages, context)
    except SourceContractError as error:
        return error
    except ShopkeeperError:
        raise
    # Whatever a mapping stumbles over is the fault of a document or of the mapping itself; neither
    # may cost more than this reading. Polars' own panics are no Exception.
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001
        return SourceContractError(f"the mapping of {stream.name} fails: {type(error).__name__}")


@dataclass(slots=True)
class _Odd:
    document: RawDocument
    path: str
    what: str


@dataclass(slots=True)
class _Search:
    """Documents of a reading that cannot be mapped, by number of the page and place in it."""

    stream: Stream
    documents: Documents
    context: Context
    odd: dict[int, dict[int, _Odd]] = field(default_factory=dict)
    seen: int = 0
    trials: int = 0

    def decode(self, pages: Iterable[Page]) -> None:
        """Find what is not of its shape."""
        for number, page in enumerate(pages):
            found = self.documents.split(page)
            self.seen += len(found)
            self.odd[number] = {
                place: _Odd(document, *document.problem)
                for place, document in enumerate(found)
                if document.problem is not None
            }
        self._hold_if_most()

    def halve(self, pages: Iterable[Page]) -> None:
        """Find what has its shape and cannot be mapped."""
        for number, page in enumerate(pages):
            found = self.documents.split(page)
            places = [place for place in range(len(found)) if place not in self.odd[number]]
            for place, what in self._fail(page, found, places):
                self.odd[number][place] = _Odd(found[place], "$", what)
        self._hold_if_most()

    def rest(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages without what is odd."""
        for number, page in enumerate(pages):
            bad = self.odd[number]
            yield self.documents.without(page, bad) if bad else page

    def rejects(self) -> pl.DataFrame:
        """What is odd, as rejects (schema `Reject`)."""
        rows = [
            {
                "table": one.document.table,
                "document_id": one.document.document_id or unknown_id(one.document.raw),
                "reason": str(QuarantineReason.UNKNOWN_SHAPE),
                "column": one.path,
                "detail": one.what,
                "raw": one.document.raw.decode("utf-8", errors="replace"),
            }
            for places in self.odd.values()
            for one in places.values()
        ]
        return pl.DataFrame(rows, schema=Reject.create_empty().schema)

    def _fail(
        self, page: Page, found: Sequence[RawDocument], places: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        if not places or (failure := self._trial(page, found, places)) is None:
            return
        if len(places) == 1:
            yield places[0], str(failure)
            return
        half = len(places) // 2
        yield from self._fail(page, found, places[:half])
        yield from self._fail(page, found, places[half:])

    def _trial(
        self, page: Page, found: Sequence[RawDocument], places: Collection[int]
    ) -> SourceContractError | None:
        self.trials += 1
        if self.trials > _MOST_TRIALS:
            raise SourceContractError(
                f"too many documents of {self.stream.name} cannot be mapped to tell them apart"
            )
        others = set(range(len(found))) - set(places)
        part = self.documents.without(page, others)
        mapped = _failure(self.stream, [part], self.context)
        return None if isinstance(mapped, Mapped) else mapped

    def _hold_if_most(self) -> None:
        odd = [one for places in self.odd.values() for one in places.values()]
        if len(odd) > max(FEWEST_ODD, MOST_ODD_RATE * self.seen):
            raise SourceContractError(
                f"{len(odd)} of {self.seen} documents have an unknown shape, such as"
                f" {odd[0].what} at {odd[0].path}"
            )


def unknown_id(raw: bytes) -> str:
    """A name for a document that does not tell its own: the same bytes have the same."""
    return f"?{hashlib.blake2b(raw, digest_size=8).hexdigest()}"
