"""Ad reports as days of advertising: what each report calls its figures, and their sums by key.

A day without rows is in no answer, so a page has to say by its part what it was asked for. Rows of
one key add up: reports of spending and of orders, and adgroups of one product.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import polars as pl

from connectors.base.documents import JsonDocuments, RawDocument
from connectors.base.fields import ColumnType
from connectors.base.mapping import Mapper, Parsed, money, whole
from connectors.base.rows import Rows
from contracts.codes import AdLevel, QuarantineReason
from contracts.streams import Page
from contracts.tables import AdsDaily

NONE: Final = "-"
_KEY: Final = ("day", "channel", "level", "campaign", "keyword_id", "listing")
_MONEY: Final = ("spend", "revenue")
_FIGURES: Final = (*_MONEY, "impressions", "clicks", "orders")
_COLUMNS: Final[Mapping[str, ColumnType]] = {
    **dict.fromkeys((*_KEY, "kind", "origin", "name", "keyword"), pl.String),
    **dict.fromkeys(_FIGURES, pl.Int64),
    **{f"{name}_text": pl.String for name in _FIGURES},
}
_UNDATED = pl.lit(None, pl.Datetime("us", "UTC"))


@dataclass(frozen=True, slots=True)
class Part:
    """What a page is: a report's channel, grain and kind, the days asked for, and its unit."""

    channel: str
    grain: str
    kind: str
    first: dt.date
    last: dt.date
    unit: str
    """Of amounts: "yuan" for decimal text, "fen" for whole numbers."""

    @property
    def text(self) -> str:
        """As a page's part."""
        days = self.first.isoformat(), self.last.isoformat()
        return " ".join([self.channel, self.grain, self.kind, *days, self.unit])

    @classmethod
    def parsed(cls, text: str) -> Self:
        """The part of a page."""
        channel, grain, kind, first, last, unit = text.split(" ")
        days = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
        return cls(channel, grain, kind, *days, unit)

    @property
    def days(self) -> list[dt.date]:
        """The days that were asked for."""
        count = (self.last - self.first).days + 1
        return [self.first + dt.timedelta(days=number) for number in range(count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report calls its ids and figures; several columns of one figure are added up."""

    day: str
    campaign: str
    origin: str | None = None
    """The listing, or what stands for it."""
    keyword_id: str | None = None
    keyword: str | None = None
    name: str | None = None
    figures: Mapping[str, Sequence[str]]
    """By "spend", "revenue", "impressions", "clicks" and "orders"; one that is not there is 0."""

    def read(self, raw: pl.DataFrame, part: Part, level: AdLevel, currency: str) -> pl.DataFrame:
        """Rows with their figures as numbers; null where one cannot be read."""
        ids = ("day", "campaign", "origin", "keyword_id", "keyword", "name")
        told = {name: getattr(self, name) for name in ids}
        values = {name: pl.col(column) for name, column in told.items() if column is not None}
        if level is not AdLevel.CAMPAIGN and "origin" in values:
            values["listing"] = values["origin"]
        values |= {
            "channel": pl.lit(part.channel),
            "level": pl.lit(str(level)),
            "kind": pl.lit(part.kind),
        }
        for name in _FIGURES:
            columns = self.figures.get(name, ())
            is_yuan = name in _MONEY and part.unit == "yuan"
            read = [money(one, currency) if is_yuan else whole(one) for one in columns]
            values[name] = sum((one.value for one in read), pl.lit(0, pl.Int64))
            texts = [one.raw.cast(pl.String) for one in read]
            values[f"{name}_text"] = pl.concat_str(texts, separator=" ") if texts else pl.lit("0")
        return raw.select(
            values.get(name, pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in _COLUMNS.items()
        )


def days_of(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All that reports say, read by `Report`; a page that came twice counts once."""
    none = pl.DataFrame(schema=_COLUMNS)
    return pl.concat([none, *frames]).unique(maintain_order=True)


def add_days(
    mapper: Mapper,
    found: pl.DataFrame,
    asked: Iterable[tuple[Part, Sequence[AdLevel]]],
    currency: str,
) -> None:
    """Days by their key, and the days that were asked for and hold nothing: these replace what was
    read of them before."""
    days = _summed(found)
    mapper.add(
        AdsDaily,
        days,
        ad_date=_date("day"),
        ad_channel=pl.col("channel"),
        ad_level=pl.col("level"),
        campaign_id=pl.col("campaign"),
        keyword_id=pl.col("keyword_id"),
        listing_id=pl.col("listing"),
        campaign_name=pl.col("name"),
        keyword=pl.col("keyword"),
        currency=pl.lit(currency),
        spend_minor=_figure("spend", QuarantineReason.UNREADABLE_MONEY),
        impressions_units=_figure("impressions"),
        clicks_units=_figure("clicks"),
        orders_count=_figure("orders"),
        revenue_minor=_figure("revenue", QuarantineReason.UNREADABLE_MONEY),
    )
    mapper.add_empty(AdsDaily, _empty(asked, days), _UNDATED)


def _summed(found: pl.DataFrame) -> pl.DataFrame:
    """One row per key; a figure is null as soon as one of its parts is, beside that part's text."""

    def total(name: str) -> pl.Expr:
        return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)

    strange = [
        pl.coalesce(
            pl.col(f"{name}_text").filter(pl.col(name).is_null()).first(), pl.lit("0")
        ).alias(f"{name}_text")
        for name in _FIGURES
    ]
    named = [pl.col(name).drop_nulls().first() for name in ("name", "keyword")]
    keyed = found.with_columns(pl.col("listing", "keyword_id").fill_null(NONE))
    return keyed.group_by(_KEY, maintain_order=True).agg(
        *named, *(total(name) for name in _FIGURES), *strange
    )


def _figure(name: str, reason: QuarantineReason = QuarantineReason.UNREADABLE_NUMBER) -> Parsed:
    return Parsed(pl.col(name), pl.col(f"{name}_text"), reason)


def _date(name: str) -> Parsed:
    day = pl.col(name).str.to_date("%Y-%m-%d", strict=False)
    return Parsed(day, pl.col(name), QuarantineReason.UNREADABLE_TIME)


def _empty(asked: Iterable[tuple[Part, Sequence[AdLevel]]], days: pl.DataFrame) -> pl.DataFrame:
    """Slices that were asked for and have no row."""
    slices = {
        (day, part.channel, str(level))
        for part, levels in asked
        for day in part.days
        for level in levels
    }
    schema = {"ad_date": pl.Date, "ad_channel": pl.String, "ad_level": pl.String}
    wanted = pl.DataFrame(sorted(slices), schema=schema, orient="row")
    read = days.select(ad_date=_date("day").value, ad_channel="channel", ad_level="level")
    return wanted.join(read, on=list(schema), how="anti", maintain_order="left")


@dataclass(frozen=True, slots=True)
class ReportPages:
    """Where rows lie in pages of reports; it answers `connectors.base.documents.Documents`.

    A row is a part of what its campaign came to on a day; its own name would be another's, so it
    has none.
    """

    rows_of: Callable[[Part], Rows[Any]]
    """The list that a page holds, by the page's part."""

    def split(self, page: Page) -> list[RawDocument]:
        """See `Documents`."""
        return self._placed(page).split(page)

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `Documents`."""
        return self._placed(page).without(page, bad)

    def _placed(self, page: Page) -> JsonDocuments:
        at = self.rows_of(Part.parsed(page.part)).at("ads_daily", lambda _row, _page: None)
        return JsonDocuments({page.part.partition(":")[0]: at})
