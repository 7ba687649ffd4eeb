"""The clocks: the machine's, and a platform's, counted on from its last answer."""

import datetime as dt
import time
from dataclasses import dataclass, field


def machine_now() -> dt.datetime:
    """The machine's clock, UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class ShopClock:
    """The platform's clock: what it read once, and the time that has passed since."""

    said: dt.datetime
    at: float = field(default_factory=time.monotonic)

    def __call__(self) -> dt.datetime:
        """Now, by the platform."""
        return self.said + dt.timedelta(seconds=time.monotonic() - self.at)
