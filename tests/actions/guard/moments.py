"""When the guard judges in these tests, and an alert."""

import datetime as dt

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

ALERT = {"write_kind": "none", "currency": None, "before_value": None, "after_value": 40}
