"""Ad reports as days of advertising. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from connectors.base.ad_days import Part, Report, add_days, days_of
from connectors.base.frames import frame
from connectors.base.mapping import Mapper
from connectors.jd_ads import wire
from contracts.codes import AdLevel
from contracts.streams import Context, Mapped, Page

CURRENCY: Final = "CNY"
_LEVELS: Final = (AdLevel.CAMPAIGN,)


def _figures(prefix: str, *names: str) -> dict[str, tuple[str, ...]]:
    figures = ("spend", "impressions", "clicks", "orders", "revenue")
    return {figure: (prefix + name,) for figure, name in zip(figures, names, strict=True)}


_REPORTS: Final = {
    "sums": Report(
        day="day",
        campaign="campaign",
        name="figureData.CampaignName",
        figures=_figures(
            "figureData.", "Cost", "Impressions", "Clicks", "TotalOrderCnt", "TotalOrderSum"
        ),
    ),
    "rows": Report(
        day="day",
        campaign="campaign",
        name="campaignName",
        figures=_figures("", "cost", "impressions", "clicks", "totalOrderCnt", "totalOrderSum"),
    ),
}
# Where a row's day and campaign stand, the first that is there.
_DAY: Final = {"sums": ("date",), "rows": ("date", "clickDate")}
_CAMPAIGN: Final = {"sums": ("figureData.CampaignId", "id"), "rows": ("campaignId",)}


def ads(pages: Iterable[Page], context: Context) -> Mapped:
    """Days by campaign. Days that were asked for and hold nothing replace what was read before."""
    found: list[pl.DataFrame] = []
    asked: list[tuple[Part, tuple[AdLevel, ...]]] = []
    unknown: set[str] = set()
    for page in pages:
        part = Part.parsed(page.part)
        rows = wire.rows_of(part)
        asked.append((part, _LEVELS))
        unknown |= rows.unknown(page.body)
        day = pl.coalesce(_DAY[part.kind])
        raw = frame(rows.rows(page.body), rows.row).with_columns(
            # The day alone, with its dashes.
            day=day.str.replace(r"^(\d{4})-?(\d{2})-?(\d{2})( 00:00:00)?$", "$1-$2-$3"),
            campaign=pl.coalesce(_CAMPAIGN[part.kind]),
        )
        found.append(_REPORTS[part.kind].read(raw, part, AdLevel.CAMPAIGN, CURRENCY))
    mapper = Mapper(context)
    add_days(mapper, days_of(found), asked, CURRENCY)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))
