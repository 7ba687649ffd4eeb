"""What kuaidi100 answers, as it promises it."""

from typing import Any

import msgspec


class Event(msgspec.Struct, gc=False, rename="camel"):
    """One scan. Times are China's."""

    time: str
    context: str
    ftime: str | None = None
    status: str | None = None
    status_code: Any = None
    location: Any = None
    area_code: Any = None
    area_name: Any = None
    area_center: Any = None
    area_pin_yin: Any = None


class Track(msgspec.Struct, rename="camel"):
    """What is known of a waybill, its newest event first; or why nothing is told."""

    message: str | None = None
    nu: str | None = None
    com: str | None = None
    ischeck: str | None = None
    condition: str | None = None
    status: str | None = None
    state: str | None = None
    data: list[Event] = []
    is_loop: Any = None
    route_info: Any = None
    result: bool | None = None
    return_code: str | None = None


TRACK = msgspec.json.Decoder(Track)
