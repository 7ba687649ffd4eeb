"""One open mail account: messages out, answers in, its limits and its clock."""

import datetime as dt
import time
from collections.abc import Callable, Iterator

from connectors.base.limits import AllOf, Meter, Urgency
from connectors.base.waiting import pause
from connectors.email.inbox import Arrival, Inbox
from connectors.email.interpreter import verdict
from connectors.email.message import composed
from connectors.email.settings import EmailSettings
from connectors.email.submission import Result, Submission
from contracts.payloads import Rendered
from contracts.ports import Stores
from contracts.streams import Window


class EmailClient:
    """Sends and reads for one account; not for several threads at once.

    Args:
        stores: where all who send by the account share its limits.
        clock, sleep: seconds for waiting, replaced in tests so that waiting costs no time.
        wall_clock: seconds since 1970: the date of messages, and when the host's day begins.
    """

    def __init__(
        self,
        settings: EmailSettings,
        stores: Stores = Stores(),
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pause,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._clock, self._wall_clock = clock, wall_clock
        self._submission = Submission(settings)
        self._inbox = Inbox(settings)
        meter = Meter(
            stores.limits,
            f"email:{settings.smtp_host}:{settings.user}",
            budget_share=settings.budget_share,
            clock=clock,
            sleep=sleep,
            wall_clock=wall_clock,
        )
        rate = settings.messages_per_second
        self._limits = AllOf(
            meter.token_bucket("messages", rate=rate, burst=rate),
            meter.daily("day", limit=settings.messages_per_day, zone=settings.day_zone),
        )

    def seconds(self) -> float:
        """A clock that only counts."""
        return self._clock()

    def composed(self, words: Rendered, *, key: str, recipient: str, is_marketing: bool) -> bytes:
        """A message of this account, dated now.

        Raises:
            UnsendableError: it would not arrive as it is meant.
        """
        return composed(
            self.settings,
            words,
            key=key,
            recipient=recipient,
            at=self.now(),
            is_marketing=is_marketing,
        )

    def deliver(self, key: str, recipient: str, content: bytes, *, urgency: Urgency) -> Result:
        """Hand in one message, once the limits permit it.

        Raises:
            NotAppliedError: they do not for too long, or as `Submission.deliver`.
        """
        self._limits.take(urgency=urgency)
        return self._submission.deliver(key, recipient, content)

    def arrivals(self, window: Window) -> Iterator[Arrival]:
        """What came to the mailbox within the window, oldest first; nothing without a mailbox.

        Raises:
            ShopkeeperError: it cannot be read.
        """
        return self._inbox.arrivals(window)

    def now(self) -> dt.datetime:
        """A mail host tells no clock: ours; of a sandbox just after the settings' instant."""
        as_of = self.settings.as_of
        if as_of is not None:
            # Windows are half-open: without the second what arrived then is never read.
            return as_of + dt.timedelta(seconds=1)
        return dt.datetime.fromtimestamp(self._wall_clock(), dt.UTC)

    def prove(self) -> None:
        """Log in to both hosts, as a test of the settings.

        Raises:
            ShopkeeperError: one of them does not let us in.
        """
        self._submission.open()
        self._inbox.open()

    def interpreter(self) -> tuple[str, bool]:
        """What is to be known of this Python, and whether nothing of it is to be mended."""
        return verdict()

    def close(self) -> None:
        """End the sessions."""
        self._submission.close()
        self._inbox.close()
