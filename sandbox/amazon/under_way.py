"""What is accepted and not done yet: patches of listings, and reports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass
class Submission:
    """An accepted patch: what it does when it is `due`, or the issues that are shown then."""

    product_id: int
    values: dict[str, Any]
    writes: list[dict[str, Any]]
    issues: list[dict[str, Any]]
    due: float


@dataclass(frozen=True)
class Report:
    """A report that was requested: how it ends is known, and shown only when it is due."""

    report_id: str
    report_type: str
    stores: list[str]
    start: datetime | None
    end: datetime
    created_at: datetime
    requested: float
    outcome: str
    document_id: str
    content: bytes
