"""What a platform says of an account, beside what our settings say."""

from types import SimpleNamespace

import pytest

from flows.steps.doctor import _account


def account(zone: str, ours: str) -> tuple[str, bool]:
    """What is said of the zone, and whether it passes."""
    shop = SimpleNamespace(settings=SimpleNamespace(currency="EUR", time_zone=ours))
    facts = SimpleNamespace(name="n", plan="p", currency="EUR", time_zone=zone, scopes=None)
    fields = {subject: (detail, passed) for subject, detail, passed in _account(shop, facts)}  # type: ignore[arg-type]
    return fields["time_zone"]


@pytest.mark.parametrize(
    ("theirs", "ours", "is_same"),
    [
        ("Europe/Berlin", "Europe/Berlin", True),
        ("UTC+0", "UTC", True),
        ("UTC+8", "Asia/Shanghai", True),
        ("UTC+5.5", "Asia/Kolkata", True),
        ("UTC+5.75", "Asia/Kathmandu", True),
        ("Asia/Chongqing", "Asia/Shanghai", True),
        ("UTC+1", "Europe/Berlin", False),  # half a year it is not
        ("UTC+2", "Europe/Berlin", False),
        ("UTC+0", "Europe/London", False),
        ("America/New_York", "America/Phoenix", False),
        ("UTC+99", "UTC", False),
        ("Europe", "Europe/Berlin", False),
        ("", "Europe/Berlin", False),
        ("Mars/Base", "Europe/Berlin", False),
    ],
)
def test_zones_are_the_same_if_they_tell_the_same_time_all_year(
    theirs: str, ours: str, is_same: bool
) -> None:
    detail, passed = account(theirs, ours)
    assert passed is is_same
    assert is_same or detail == f"{theirs} there, {ours} in our settings"
