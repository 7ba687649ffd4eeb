"""Days and instants as they are typed."""

import datetime as dt

from contracts.errors import ConfigurationError


def parse_day(text: str, option: str) -> dt.date:
    """A day as the command line takes it.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} {text!r} is not a day such as 2026-11-11") from None


def parse_as_of(text: str, option: str = "--as-of") -> dt.datetime:
    """A day (its first instant, UTC) or an instant with offset.

    Raises:
        ConfigurationError: it is neither.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text!r} is neither a day nor an instant such as 2026-11-11T09:00:00+08:00"
        ) from None
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
