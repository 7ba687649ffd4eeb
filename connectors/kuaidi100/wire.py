"""What kuaidi100 answers, as it promises it; codes come as text, and as numbers here and there."""

from collections.abc import Collection
from typing import Any

import msgspec

from connectors.base.documents import RawDocument, problem
from connectors.base.rows import Rows
from connectors.base.wire import Text, lenient
from contracts.streams import Page


class Event(msgspec.Struct, gc=False, rename="camel"):
    """One scan. Times are China's."""

    time: Text | None = None
    context: Text | None = None
    ftime: Any = None
    status: Text | None = None
    status_code: Any = None
    location: Any = None
    area_code: Any = None
    area_name: Any = None
    area_center: Any = None
    area_pin_yin: Any = None


class Answer(msgspec.Struct, rename="camel"):
    """Whether anything is told of a waybill, and if not, why."""

    status: Text | None = None
    result: bool | None = None
    return_code: Text | None = None


class Track(Answer, rename="camel"):
    """What is known of a waybill, its newest event first; or why nothing is told."""

    state: Text | None = None
    data: list[Event] | None = None
    message: Any = None
    nu: Any = None
    com: Any = None
    ischeck: Any = None
    condition: Any = None
    is_loop: Any = None
    route_info: Any = None


ANSWER = lenient(Answer)
TRACKS = Rows("", Track, decoder=lenient)
_NOTHING = b'{"result":false}'


class Parcels:
    """A page is one parcel, which its part names."""

    def split(self, page: Page) -> list[RawDocument]:
        """See `connectors.base.documents.Documents`."""
        return [RawDocument("parcels", page.part, page.body, problem(page.body, TRACKS.one))]

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `connectors.base.documents.Documents`; a page without its parcel tells nothing."""
        return Page(_NOTHING, page.part) if bad else page
