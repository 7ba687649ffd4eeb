"""Bodies of writes as the official schemas type them; what they do not name is let through."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from sandbox.klaviyo.errors import RefusedError, invalid

MAX_BYTES = 5_000_000
Instant = Annotated[datetime, Meta(tz=True)]
Text = str | UnsetType | None
Object = dict[str, Any]
Status = Literal[
    "ASSIGNED_TO_PROFILE", "DELETING", "PROCESSING", "UNASSIGNED", "USED", "VERSION_NOT_ACTIVE"
]
Body = TypeVar("Body", bound=Struct)


class Location(Struct, omit_defaults=True):
    """Where a profile lives."""

    address1: Text = UNSET
    address2: Text = UNSET
    city: Text = UNSET
    country: Text = UNSET
    latitude: str | float | UnsetType | None = UNSET
    longitude: str | float | UnsetType | None = UNSET
    region: Text = UNSET
    zip: Text = UNSET
    timezone: Text = UNSET
    ip: Text = UNSET


class Person(Struct, omit_defaults=True):
    """Attributes of a profile that can be written."""

    email: Text = UNSET
    phone_number: Text = UNSET
    external_id: Text = UNSET
    first_name: Text = UNSET
    last_name: Text = UNSET
    organization: Text = UNSET
    locale: Text = UNSET
    title: Text = UNSET
    image: Text = UNSET
    location: Location | UnsetType | None = UNSET
    properties: Object | UnsetType | None = UNSET


class PatchProperties(Struct):
    """Changes of single properties: lists that grow or shrink, and names to be removed."""

    append: Object | None = None
    unappend: Object | None = None
    unset: str | list[str] | None = None


class PatchIdentifiers(Struct):
    """Changes of identifiers; they are checked, and refused since they are not emulated."""

    append: Object | UnsetType = UNSET
    unappend: Object | UnsetType = UNSET


class Patches(Struct):
    """The `meta` of a profile that is written."""

    patch_properties: PatchProperties | UnsetType | None = UNSET
    patch_identifiers: PatchIdentifiers | UnsetType | None = UNSET


class ProfileData(Struct):
    """A profile that is changed."""

    type: Literal["profile"]
    id: str
    attributes: Person
    meta: Patches | UnsetType | None = UNSET


class ProfileUpdate(Struct):
    """Body of `update_profile`."""

    data: ProfileData


class NewProfileData(Struct):
    """A profile that is created."""

    type: Literal["profile"]
    attributes: Person


class ProfileCreate(Struct):
    """Body of `create_profile`."""

    data: NewProfileData


class CouponAttributes(Struct):
    """What a coupon is created with."""

    external_id: str
    description: str | None = None
    monitor_configuration: Object | None = None


class CouponData(Struct):
    """A coupon that is created."""

    type: Literal["coupon"]
    attributes: CouponAttributes


class CouponCreate(Struct):
    """Body of `create_coupon`."""

    data: CouponData


class CouponChanges(Struct):
    """What of a coupon can be changed."""

    description: Text = UNSET
    monitor_configuration: Object | UnsetType | None = UNSET


class CouponUpdateData(Struct):
    """A coupon that is changed."""

    type: Literal["coupon"]
    id: str
    attributes: CouponChanges


class CouponUpdate(Struct):
    """Body of `update_coupon`."""

    data: CouponUpdateData


class CouponKey(Struct):
    """Which coupon is meant."""

    type: Literal["coupon"]
    id: str


class CouponLink(Struct):
    """A relationship to a coupon; the schema lets it be empty."""

    data: CouponKey | UnsetType = UNSET


class CodeRelationships(Struct):
    """The coupon of a code."""

    coupon: CouponLink


class CodeAttributes(Struct):
    """What a code is created with."""

    unique_code: str
    expires_at: Instant | None = None


class CodeData(Struct):
    """A code that is created."""

    type: Literal["coupon-code"]
    attributes: CodeAttributes
    relationships: CodeRelationships


class CodeCreate(Struct):
    """Body of `create_coupon_code`."""

    data: CodeData


class CodeChanges(Struct):
    """What of a code can be changed."""

    status: Status | UnsetType = UNSET
    expires_at: Instant | UnsetType | None = UNSET


class CodeUpdateData(Struct):
    """A code that is changed."""

    type: Literal["coupon-code"]
    id: str
    attributes: CodeChanges


class CodeUpdate(Struct):
    """Body of `update_coupon_code`."""

    data: CodeUpdateData


class CodeList(Struct):
    """The codes of a job."""

    data: list[CodeData]


class JobAttributes(Struct):
    """What a job is created with."""

    codes: CodeList = msgspec.field(name="coupon-codes")


class JobData(Struct):
    """A job that is created."""

    type: Literal["coupon-code-bulk-create-job"]
    attributes: JobAttributes


class JobCreate(Struct):
    """Body of `bulk_create_coupon_codes`."""

    data: JobData


class MetricAttributes(Struct):
    """What was measured."""

    name: str
    service: str | None = None


class MetricData(Struct):
    """A metric, by its name."""

    type: Literal["metric"]
    attributes: MetricAttributes


class Metric(Struct):
    """The metric of an event."""

    data: MetricData


class EventPerson(Person):
    """Attributes of an event's profile."""

    anonymous_id: Text = UNSET
    kx: Text = msgspec.field(name="_kx", default=UNSET)
    meta: Patches | UnsetType | None = UNSET


class EventProfileData(Struct):
    """Whose event it is: by id, or by an identifier among the attributes."""

    type: Literal["profile"]
    attributes: EventPerson
    id: str | None = None


class EventProfile(Struct):
    """The profile of an event."""

    data: EventProfileData


class EventAttributes(Struct):
    """What an event says."""

    properties: Object
    metric: Metric
    profile: EventProfile
    time: Instant | None = None
    value: float | None = None
    value_currency: str | None = None
    unique_id: str | None = None
    backfill: bool | None = False


class EventData(Struct):
    """An event that is created."""

    type: Literal["event"]
    attributes: EventAttributes


class EventCreate(Struct):
    """Body of `create_event`."""

    data: EventData


def parsed(body: bytes, kind: type[Body]) -> Body:
    """The body as its schema types it.

    Raises:
        RefusedError: 400, not JSON or of another shape; 413, too large.
    """
    if len(body) > MAX_BYTES:
        raise RefusedError(413, "The payload is too large.")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        pointer = "/" + path.rstrip("`").replace("[", ".").replace("]", "").strip(".")
        raise invalid(detail, pointer=pointer.replace(".", "/")) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("The payload is not valid JSON.", pointer="/data") from error
