"""Limits: requests wait until the platform permits them, the urgent ones first."""

from connectors.base.limits.buckets import BucketState, CostBucket, FixedWindows, TokenBucket
from connectors.base.limits.limit import AllOf, HasUrgency, Limit, OwnLimits, Place, Urgency
from connectors.base.limits.meter import Meter
from connectors.base.limits.resets import DailyQuota, HeaderReset

__all__ = [
    "AllOf",
    "BucketState",
    "CostBucket",
    "DailyQuota",
    "FixedWindows",
    "HasUrgency",
    "HeaderReset",
    "Limit",
    "Meter",
    "OwnLimits",
    "Place",
    "TokenBucket",
    "Urgency",
]
