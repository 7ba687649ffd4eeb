"""Bodies of writes as the official schemas type them; what they do not name is left out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

import msgspec

from sandbox.kit.fields import alike
from sandbox.klaviyo.errors import invalid, refused

MAX_BYTES: Final = 5_000_000
Body = dict[str, Any]
_TEXT: Final[Any] = str | None
_INSTANT: Final[Any] = Annotated[datetime, msgspec.Meta(tz=True)]
_OBJECT: Final[Any] = dict[str, Any]


def _shape(needed: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Any:
    may = {name: NotRequired[kind] for name, kind in (optional or {}).items()}
    return TypedDict("Shape", {**needed, **may})  # type: ignore[operator]  # of run time


def _data(kind: str, attributes: Any, **more: Any) -> Any:
    """A resource object."""
    own: Any = Literal[kind]
    return _shape({"type": own, "attributes": attributes, **more})


_LOCATION: Final = _shape(
    {},
    alike(_TEXT, "address1 address2 city country region zip timezone ip")
    | alike(str | float | None, "latitude longitude"),
)
OWN_TEXTS: Final = (
    "email phone_number external_id first_name last_name organization locale title image"
)
"""What is written of a profile as text."""
_PERSON: Final = alike(_TEXT, OWN_TEXTS) | {
    "location": _LOCATION | None,
    "properties": _OBJECT | None,
}
_PATCHES: Final = _shape(
    {},
    {
        # Properties: lists that grow or shrink, and names to be removed.
        "patch_properties": _shape(
            {}, alike(_OBJECT | None, "append unappend") | {"unset": str | list[str] | None}
        )
        | None,
        "patch_identifiers": _shape({}, alike(_OBJECT, "append unappend")) | None,
    },
)
_META: Final = NotRequired[_PATCHES | None]
PROFILE: Final = _data("profile", _shape({}, _PERSON))
PROFILE_CHANGE: Final = _data("profile", _shape({}, _PERSON), id=str, meta=_META)

_COUPON: Final = {"description": _TEXT, "monitor_configuration": _OBJECT | None}
COUPON: Final = _data("coupon", _shape({"external_id": str}, _COUPON))
COUPON_CHANGE: Final = _data("coupon", _shape({}, _COUPON), id=str)

_STATUS: Final[Any] = Literal[
    "ASSIGNED_TO_PROFILE", "DELETING", "PROCESSING", "UNASSIGNED", "USED", "VERSION_NOT_ACTIVE"
]
_COUPON_KEY: Final = _shape({"type": Literal["coupon"], "id": str})
CODE: Final = _data(
    "coupon-code",
    _shape({"unique_code": str}, {"expires_at": _INSTANT | None}),
    # The schema lets the coupon be empty.
    relationships=_shape({"coupon": _shape({}, {"data": _COUPON_KEY})}),
)
CODE_CHANGE: Final = _data(
    "coupon-code", _shape({}, {"status": _STATUS, "expires_at": _INSTANT | None}), id=str
)
JOB: Final = _data(
    "coupon-code-bulk-create-job",
    _shape({"coupon-codes": _shape({"data": list[CODE]})}),  # type: ignore[valid-type]  # as above
)

_EVENT_PERSON: Final = _PERSON | alike(_TEXT, "anonymous_id _kx") | {"meta": _PATCHES | None}
EVENT: Final = _data(
    "event",
    _shape(
        {
            "properties": _OBJECT,
            "metric": _shape({"data": _data("metric", _shape({"name": str}, {"service": _TEXT}))}),
            # By id, or by an identifier among the attributes.
            "profile": _shape(
                {"data": _data("profile", _shape({}, _EVENT_PERSON), id=NotRequired[_TEXT])}
            ),
        },
        {"time": _INSTANT | None, "value": float | None, "backfill": bool | None}
        | alike(_TEXT, "value_currency unique_id"),
    ),
)


def parsed(body: bytes, data: Any) -> Body:
    """The `data` of a body as its schema types it.

    Raises:
        RefusedError: 400, not JSON or of another shape; 413, too large.
    """
    if len(body) > MAX_BYTES:
        raise refused(413, "The payload is too large.")
    try:
        found: Body = msgspec.json.decode(body, type=_shape({"data": data}))["data"]
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        pointer = "/" + path.rstrip("`").replace("[", ".").replace("]", "").strip(".")
        raise invalid(detail, pointer=pointer.replace(".", "/")) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("The payload is not valid JSON.", pointer="/data") from error
    return found
