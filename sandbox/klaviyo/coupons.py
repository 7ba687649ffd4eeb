"""Coupons, their codes, and jobs that create many codes at once."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import UNSET, UnsetType

from sandbox.klaviyo.account import Account, Call, Job
from sandbox.klaviyo.bodies import (
    CodeCreate,
    CodeData,
    CodeUpdate,
    CouponChanges,
    CouponCreate,
    CouponUpdate,
    JobCreate,
    parsed,
)
from sandbox.klaviyo.documents import Reply, Row, collection, listed, look, single, target
from sandbox.klaviyo.errors import RefusedError, invalid, not_found
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.profiles import repeats

MAX_CODES: Final = 1000
MAX_JOBS: Final = 100
LIFETIME: Final = timedelta(days=365)
_COUPON: Final = "/data/relationships/coupon/data/id"


def get_coupons(call: Call) -> Reply:
    """A page of coupons."""
    page, links = collection(
        call.account.coupons.values(), call.query, call.address, look=look,
        repeats=repeats(call.account),
    )  # fmt: skip
    return listed(page, links, call.query, call.address)


def get_coupon(call: Call) -> Reply:
    """One coupon; its id is its external id."""
    return single(_coupon(call.account, call.key), call.query, call.address)


def create_coupon(call: Call) -> Reply:
    """Create a coupon."""
    given = parsed(call.body, CouponCreate).data.attributes
    if given.external_id in call.account.coupons:
        raise RefusedError(
            409, "A coupon with this external id exists.", pointer="/data/attributes/external_id"
        )
    attributes = {
        "external_id": given.external_id,
        "description": given.description,
        "monitor_configuration": given.monitor_configuration,
    }
    row = {"type": "coupon", "id": given.external_id, "attributes": attributes}
    call.account.coupons[given.external_id] = row
    call.account.record("create_coupon", given.external_id, attributes)
    return single(row, call.query, call.address, status=201)


def update_coupon(call: Call) -> Reply:
    """Change what a coupon says."""
    row = _coupon(call.account, call.key)
    data = parsed(call.body, CouponUpdate).data
    if data.id != call.key:
        raise invalid("The id is not that of the path.", pointer="/data/id")
    given = {name: getattr(data.attributes, name) for name in CouponChanges.__struct_fields__}
    changes = {name: value for name, value in given.items() if value is not UNSET}
    row = row | {"attributes": row["attributes"] | changes}
    call.account.coupons[call.key] = row
    call.account.record("set_coupon", call.key, changes)
    return single(row, call.query, call.address)


def delete_coupon(call: Call) -> Reply:
    """Remove a coupon and its codes."""
    settle(call.account)
    _coupon(call.account, call.key)
    del call.account.coupons[call.key]
    codes = call.account.codes
    for key in [key for key, row in codes.items() if target(row, "coupon") == call.key]:
        del codes[key]
    call.account.record("delete_coupon", call.key, None)
    return Reply(204)


def get_coupon_codes(call: Call) -> Reply:
    """A page of the codes of a coupon or a profile."""
    settle(call.account)
    page, links = collection(
        call.account.codes.values(), call.query, call.address, look=_look,
        repeats=repeats(call.account),
    )  # fmt: skip
    included = [call.account.coupons[key] for row in page if (key := target(row, "coupon"))]
    return listed(page, links, call.query, call.address, included)


def get_coupon_code(call: Call) -> Reply:
    """One code."""
    row = _code(call.account, call.key)
    included = [call.account.coupons[key] for key in [target(row, "coupon")] if key]
    return single(row, call.query, call.address, included)


def create_coupon_code(call: Call) -> Reply:
    """Create a code; the same code twice is a conflict."""
    settle(call.account)
    coupon, code, expires_at = _wanted(call.account, parsed(call.body, CodeCreate).data, "")
    _check_new(call.account, coupon, code, "/data")
    _create(call.account, coupon, code, expires_at)
    return single(call.account.codes[f"{coupon}-{code}"], call.query, call.address)


def update_coupon_code(call: Call) -> Reply:
    """Change the status or the end of a code."""
    row = _code(call.account, call.key)
    data = parsed(call.body, CodeUpdate).data
    if data.id != call.key:
        raise invalid("The id is not that of the path.", pointer="/data/id")
    changes: Row = {}
    if data.attributes.status:
        changes["status"] = data.attributes.status
    if not isinstance(end := data.attributes.expires_at, UnsetType):
        changes["expires_at"] = _end(call.account, end, "/data/attributes/expires_at")
    row = row | {"attributes": row["attributes"] | changes}
    call.account.codes[call.key] = row
    call.account.record("set_coupon_code", call.key, changes)
    return single(row, call.query, call.address)


def delete_coupon_code(call: Call) -> Reply:
    """Remove a code."""
    _code(call.account, call.key)
    del call.account.codes[call.key]
    call.account.record("delete_coupon_code", call.key, None)
    return Reply(204)


def bulk_create_coupon_codes(call: Call) -> Reply:
    """Queue a job that creates codes; each code succeeds or fails by itself."""
    account = call.account
    settle(account)
    given = parsed(call.body, JobCreate).data.attributes.codes.data
    pointer = "/data/attributes/coupon-codes/data"
    if len(given) > MAX_CODES:
        raise invalid(f"A job has at most {MAX_CODES} codes.", pointer=pointer)
    if sum(job.completed_at is None for job in account.jobs.values()) >= MAX_JOBS:
        raise RefusedError(429, f"At most {MAX_JOBS} jobs may wait.")
    codes = [_wanted(account, one, f"{pointer}/{place}") for place, one in enumerate(given)]
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"job {len(account.jobs)}"))
    due = account.clock() + account.job_seconds
    account.jobs[key] = Job(key, account.now, due, codes)
    return single(_job(account, account.jobs[key]), call.query, call.address, status=202)


def get_bulk_create_coupon_code_jobs(call: Call) -> Reply:
    """A page of jobs."""
    account = call.account
    settle(account)
    page, links = collection(
        [_job(account, job) for job in account.jobs.values()], call.query, call.address, look=look,
        repeats=repeats(account),
    )  # fmt: skip
    return listed(page, links, call.query, call.address)


def get_bulk_create_coupon_codes_job(call: Call) -> Reply:
    """How far a job is."""
    settle(call.account)
    job = call.account.jobs.get(call.key)
    if job is None:
        raise not_found("job", call.key)
    made = [call.account.codes[key] for key in job.made if key in call.account.codes]
    return single(_job(call.account, job), call.query, call.address, made)


def settle(account: Account) -> None:
    """Do the jobs whose time has come."""
    for job in account.jobs.values():
        if job.completed_at is not None or account.clock() < job.due:
            continue
        for place, (coupon, code, expires_at) in enumerate(job.codes):
            pointer = f"/data/attributes/coupon-codes/data/{place}"
            try:
                _check_new(account, coupon, code, pointer)
            except RefusedError as refused:
                job.errors.append(refused.error())
            else:
                job.made.append(_create(account, coupon, code, expires_at))
        job.completed_at = account.now


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
        "errors": [
            {name: error[name] for name in ("id", "code", "title", "detail", "source")}
            for error in job.errors
        ],
        "expires_at": None,
    }
    kind = "coupon-code-bulk-create-job"
    related = {"coupon-codes": ("coupon-code", job.made)}
    return {"type": kind, "id": job.key, "attributes": attributes, "relationships": related}


def _wanted(account: Account, data: CodeData, pointer: str) -> tuple[str, str, str]:
    """Coupon, code and end of a code that is to be created."""
    link = data.relationships.coupon.data
    if not link:
        raise invalid("A coupon is required.", pointer=f"{pointer}{_COUPON}")
    if link.id not in account.coupons:
        raise not_found("coupon", link.id)
    where = f"{pointer or '/data'}/attributes/expires_at"
    end = _end(account, data.attributes.expires_at, where)
    return link.id, data.attributes.unique_code, end


def _check_new(account: Account, coupon: str, code: str, pointer: str) -> None:
    if coupon not in account.coupons:
        raise not_found("coupon", coupon)
    if f"{coupon}-{code}" in account.codes:
        where = f"{pointer}/attributes/unique_code"
        raise RefusedError(409, "This code exists already.", pointer=where)


def _end(account: Account, at: datetime | None, pointer: str) -> str:
    """The end of a code; a year from now when none is given."""
    try:
        return utc_text(at or account.world.clock + LIFETIME)
    except ValueError as error:
        raise invalid("The date is out of the calendar.", pointer=pointer) from error


def _create(account: Account, coupon: str, code: str, expires_at: str) -> str:
    key = f"{coupon}-{code}"
    attributes = {"unique_code": code, "expires_at": expires_at, "status": "UNASSIGNED"}
    account.codes[key] = {
        "type": "coupon-code",
        "id": key,
        "attributes": attributes,
        "relationships": {"coupon": ("coupon", coupon), "profile": None},
    }
    account.record("create_coupon_code", key, attributes)
    return key


def _coupon(account: Account, key: str) -> Row:
    row = account.coupons.get(key)
    if row is None:
        raise not_found("coupon", key)
    return row


def _code(account: Account, key: str) -> Row:
    settle(account)
    row = account.codes.get(key)
    if row is None:
        raise not_found("coupon code", key)
    return row


def _look(row: Row, name: str) -> list[Any]:
    if name in ("coupon.id", "profile.id"):
        return [target(row, name.removesuffix(".id"))]
    return look(row, name)
