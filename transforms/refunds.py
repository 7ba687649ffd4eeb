"""Money that went back: a platform reports it with the order, as a case, or both."""

import dataframely as dy
import polars as pl

from contracts.codes import CaseStatus
from contracts.tables import Order, Refund, RefundCase

_ORDER = ["shop_id", "order_id"]
_COLUMNS = [*_ORDER, "currency", "refunded_at", "refunded_minor"]


def paid_back(refunds: dy.LazyFrame[Refund], cases: dy.LazyFrame[RefundCase]) -> pl.LazyFrame:
    """Every payment that went back, whichever way it is reported: none is reported both ways."""
    return pl.concat([refunds.lazy().select(_COLUMNS), _ended(cases).select(_COLUMNS)])


def refunded_orders(orders: dy.LazyFrame[Order], cases: dy.LazyFrame[RefundCase]) -> pl.LazyFrame:
    """Orders with all in `refunded_minor` that went back, by the order itself or by its cases.

    Some orders already hold what their cases gave back and some do not, so it is the larger.
    """
    of_cases = _ended(cases).group_by(_ORDER).agg(by_cases_minor=pl.col("refunded_minor").sum())
    known = pl.max_horizontal("refunded_minor", "by_cases_minor")
    joined = orders.lazy().join(of_cases, on=_ORDER, how="left")
    return joined.with_columns(refunded_minor=known).drop("by_cases_minor")


def _ended(cases: dy.LazyFrame[RefundCase]) -> pl.LazyFrame:
    is_refunded = pl.col("case_status") == CaseStatus.REFUNDED
    found = cases.lazy().filter(is_refunded & pl.col("refunded_at").is_not_null())
    return found.rename({"asked_minor": "refunded_minor"})
