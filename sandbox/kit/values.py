"""Values as platforms write them: money as decimal text, instants as text of a zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))


def decimal_text(minor: int) -> str:
    """An amount in hundredths as text with two decimals."""
    return f"{'-' * (minor < 0)}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def minor_of(text: object) -> int:
    """The hundredths of an amount.

    Raises:
        ValueError: it is no amount, or has more than two decimals.
    """
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if not amount.is_finite() or amount != round(amount, 2):
        raise ValueError("two decimals at most")
    return int(amount * 100)


def utc_text(at: datetime) -> str:
    """A UTC instant in ISO 8601, in seconds."""
    # Not by strftime, which writes the year 1 as "1".
    return at.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def milliseconds(at: datetime) -> int:
    """An instant as milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def ratio_text(part: int, whole: int, *, places: int = 2) -> str:
    """A quotient as text; nothing of nothing is 0."""
    return f"{part / whole if whole else 0:.{places}f}"


@dataclass(frozen=True)
class TextTime:
    """Instants as text in a zone, without its offset."""

    zone: tzinfo
    form: str = "%Y-%m-%d %H:%M:%S"

    def written(self, at: datetime) -> str:
        """The text of an instant."""
        return at.astimezone(self.zone).strftime(self.form)

    def parsed(self, text: str) -> datetime:
        """The UTC instant of a text.

        Raises:
            ValueError: it is none.
        """
        try:
            found = datetime.strptime(text, self.form).replace(tzinfo=self.zone)
        except ValueError:
            raise ValueError(f"a time as in {self.form}") from None
        return found.astimezone(UTC)
