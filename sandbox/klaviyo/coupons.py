"""Coupons, their codes, and jobs that create many codes at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sandbox.kit.errors import RefusedError
from sandbox.kit.fields import alike
from sandbox.klaviyo import bodies
from sandbox.klaviyo.account import Account, Call, Row
from sandbox.klaviyo.bodies import Body
from sandbox.klaviyo.documents import target
from sandbox.klaviyo.errors import error_of, invalid, not_found, refused
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.resources import Resource

MAX_CODES: Final = 1000
MAX_JOBS: Final = 100
LIFETIME: Final = timedelta(days=365)


class Coupons(Resource):
    """Coupons; the id of one is its external id."""

    kind, new, change = "coupon", bodies.COUPON, bodies.COUPON_CHANGE

    def rows(self, account: Account) -> dict[str, Row]:
        """What was created."""
        return account.coupons

    def _made(self, account: Account, given: Body) -> str:
        attributes = alike(None, "description monitor_configuration") | given["attributes"]
        key = str(attributes["external_id"])
        if key in account.coupons:
            where = "/data/attributes/external_id"
            raise refused(409, "A coupon with this external id exists.", pointer=where)
        account.coupons[key] = {"type": "coupon", "id": key, "attributes": attributes}
        account.record("create_coupon", key, attributes)
        return key

    def _changed(self, account: Account, row: Row, given: Body) -> Row:
        return _write(account.coupons, row, given["attributes"])

    def _remove(self, account: Account, key: str) -> None:
        super()._remove(account, key)
        codes = account.codes
        for one in [one for one, row in codes.items() if target(row, "coupon") == key]:
            del codes[one]


class Codes(Resource):
    """The codes of coupons."""

    kind, new, change, answers_new = "coupon_code", bodies.CODE, bodies.CODE_CHANGE, 200
    pointers = "coupon.id profile.id"

    def rows(self, account: Account) -> dict[str, Row]:
        """What was created, by jobs too."""
        return account.codes

    def _included(self, call: Call, rows: Sequence[Row]) -> list[Row]:
        return [call.account.coupons[key] for row in rows if (key := target(row, "coupon"))]

    def _made(self, account: Account, given: Body) -> str:
        """Create a code; the same code twice is a conflict."""
        return _wanted(account, given, "").made(account, "/data")

    def _changed(self, account: Account, row: Row, given: Body) -> Row:
        changes = given["attributes"]
        if "expires_at" in changes:
            changes["expires_at"] = _end(account, changes, "/data")
        return _write(account.codes, row, changes)


class Wanted(NamedTuple):
    """A code that is to be created."""

    coupon: str
    code: str
    expires_at: str

    def made(self, account: Account, pointer: str) -> str:
        """Create it; returns its id.

        Raises:
            RefusedError: 404, its coupon is gone; 409, it exists.
        """
        coupon, code, expires_at = self
        key = f"{coupon}-{code}"
        if coupon not in account.coupons:
            raise not_found("coupon", coupon)
        if key in account.codes:
            where = f"{pointer}/attributes/unique_code"
            raise refused(409, "This code exists already.", pointer=where)
        attributes = {"unique_code": code, "expires_at": expires_at, "status": "UNASSIGNED"}
        related = {"coupon": ("coupon", coupon), "profile": None}
        account.codes[key] = {
            "type": "coupon-code", "id": key, "attributes": attributes, "relationships": related,
        }  # fmt: skip
        account.record("create_coupon_code", key, attributes)
        return key


@dataclass
class Job:
    """A job that creates codes when its time has come."""

    key: str
    created_at: str
    due: float
    codes: list[Wanted]
    made: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    completed_at: str | None = None


class Jobs(Resource):
    """Jobs that create many codes; each code succeeds or fails by itself."""

    kind, new, answers_new = "job", bodies.JOB, 202

    def rows(self, account: Account) -> dict[str, Row]:
        """How far every job is."""
        return {key: _job(account, job) for key, job in account.jobs.items()}

    def _included(self, call: Call, rows: Sequence[Row]) -> list[Row]:
        """The codes that were made and are there still."""
        codes = call.account.codes
        made = [key for row in rows for key in row["relationships"]["coupon-codes"][1]]
        return [codes[key] for key in made if key in codes]

    def _made(self, account: Account, given: Body) -> str:
        several, pointer = given["attributes"]["coupon-codes"]["data"], _JOB_CODES
        if len(several) > MAX_CODES:
            raise invalid(f"A job has at most {MAX_CODES} codes.", pointer=pointer)
        if sum(job.completed_at is None for job in account.jobs.values()) >= MAX_JOBS:
            raise refused(429, f"At most {MAX_JOBS} jobs may wait.")
        codes = [_wanted(account, one, f"{pointer}/{place}") for place, one in enumerate(several)]
        key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"job {len(account.jobs)}"))
        due = account.clock() + account.job_seconds
        account.jobs[key] = Job(key, account.stamp, due, codes)
        return key


_JOB_CODES: Final = "/data/attributes/coupon-codes/data"


def settle(account: Account) -> None:
    """Do the jobs whose time has come."""
    for job in account.jobs.values():
        if job.completed_at is not None or account.clock() < job.due:
            continue
        for place, wanted in enumerate(job.codes):
            try:
                job.made.append(wanted.made(account, f"{_JOB_CODES}/{place}"))
            except RefusedError as error:
                shown = ("id", "code", "title", "detail", "source")
                whole = error_of(error)
                job.errors.append({name: whole[name] for name in shown})
        job.completed_at = account.stamp


def _job(account: Account, job: Job) -> Row:
    is_running = account.clock() >= job.due - account.job_seconds / 2
    waiting = "processing" if is_running else "queued"
    attributes = {
        "status": "complete" if job.completed_at else waiting,
        "created_at": job.created_at,
        "total_count": len(job.codes),
        "completed_count": len(job.made),
        "failed_count": len(job.errors),
        "completed_at": job.completed_at,
        "errors": job.errors,
        "expires_at": None,
    }
    kind, related = "coupon-code-bulk-create-job", {"coupon-codes": ("coupon-code", job.made)}
    return {"type": kind, "id": job.key, "attributes": attributes, "relationships": related}


def _wanted(account: Account, data: Body, pointer: str) -> Wanted:
    link = data["relationships"]["coupon"].get("data")
    if not link:
        where = f"{pointer}/data/relationships/coupon/data/id"
        raise invalid("A coupon is required.", pointer=where)
    if link["id"] not in account.coupons:
        raise not_found("coupon", link["id"])
    own = data["attributes"]
    return Wanted(link["id"], own["unique_code"], _end(account, own, pointer or "/data"))


def _end(account: Account, given: Body, pointer: str) -> str:
    """The end of a code; a year from now when none is given."""
    at: datetime | None = given.get("expires_at")
    try:
        return utc_text(at or account.now + LIFETIME)
    except ValueError as error:
        where = f"{pointer}/attributes/expires_at"
        raise invalid("The date is out of the calendar.", pointer=where) from error


def _write(rows: dict[str, Row], row: Row, changes: Row) -> Row:
    rows[row["id"]] = row | {"attributes": row["attributes"] | changes}
    return changes
