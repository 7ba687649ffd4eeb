"""Wanted: which days a report is to be about."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from contracts.errors import ConfigurationError
from contracts.names import nearest
from flows.steps.days import campaign_days, last_day
from flows.steps.home import Home
from flows.steps.shop import Shop
from reports.spans import Span, SpanKind, day, week

_UNFIT: Final = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The last whole day of each shop, unless a day, the week that ends with it, or a campaign is.

    Names: `<date of the reading>`, `day-<date>`, `week-<its last date>`, `campaign-<name>`.
    """

    kind: SpanKind = SpanKind.DAY
    last: dt.date | None = None
    campaign: str = ""

    @classmethod
    def of(cls, *, last: dt.date | None, is_week: bool, campaign: str | None) -> "Wanted":
        """As it was typed.

        Raises:
            ConfigurationError: a campaign, and a day or a week.
        """
        if campaign is None:
            return cls(kind=SpanKind.WEEK if is_week else SpanKind.DAY, last=last)
        if is_week or last is not None:
            raise ConfigurationError("give --campaign alone: it has days of its own")
        return cls(kind=SpanKind.CAMPAIGN, campaign=campaign)

    @property
    def is_past(self) -> bool:
        """Whether other days are wanted than a run reports on."""
        return self != TODAY

    def name(self, read_on: dt.date) -> str:
        """What its file is called."""
        if self.kind is SpanKind.CAMPAIGN:
            return f"campaign-{_UNFIT.sub('-', self.campaign).strip('-')}"
        if self.kind is SpanKind.WEEK:
            return f"week-{self.last or read_on - dt.timedelta(days=1)}"
        return f"day-{self.last}" if self.last else str(read_on)

    def span(self, home: Home, shop: Shop) -> Span:
        """The days in a shop's own zone.

        Raises:
            ConfigurationError: no campaign of this name; a day that is not over yet.
        """
        known = last_day(home, shop)
        if self.kind is SpanKind.CAMPAIGN:
            return self._campaign(home, shop, known)
        last = self.last or known
        if last > known:
            raise ConfigurationError(f"--date {last}: the last whole day of {shop.id} is {known}")
        return week(last) if self.kind is SpanKind.WEEK else day(last)

    def _campaign(self, home: Home, shop: Shop, known: dt.date) -> Span:
        """Its days as far as they are over."""
        by_name = {one.name: one for one in home.settings.campaigns}
        if self.campaign not in by_name:
            raise ConfigurationError(
                f"no campaign is named {self.campaign!r}{nearest(self.campaign, by_name)}"
            )
        days = [one for one in campaign_days(by_name[self.campaign], shop) if one <= known]
        if not days:
            raise ConfigurationError(f"no day of {self.campaign!r} is over yet")
        return Span(kind=SpanKind.CAMPAIGN, first=days[0], last=days[-1], name=self.campaign)


TODAY: Final = Wanted()
"""What a run reports on."""
