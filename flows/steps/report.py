"""Report: what an operator reads in the morning, as one HTML page."""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts.actions import Action
from contracts.codes import ActionState
from contracts.errors import SourceContractError
from contracts.languages import Bilingual, Language, language_of
from contracts.money import exponent
from contracts.tables import StockFact
from flows.steps.approvers import waiting_for
from flows.steps.blocked import Blocked, Rung
from flows.steps.clock import machine_now
from flows.steps.days import SHOWN, first_day, last_day
from flows.steps.earned import why_not_auto_in
from flows.steps.effect import effects
from flows.steps.explain import report_actions, report_holds, titles_of
from flows.steps.files import write_atomically
from flows.steps.home import Home
from flows.steps.publication import publish_metrics
from flows.steps.rates import rates
from flows.steps.report_frames import Frames
from flows.steps.shop import Shop
from flows.steps.wanted import TODAY, Wanted
from flows.steps.workbooks import write_workbook
from reports.checked import translate_data
from reports.daily import (
    SHOWN_ACTIONS,
    DailyReport,
    PulledStream,
    ReportedShop,
    ReportedStock,
    count_actions,
    moves_of,
)
from reports.page import render
from reports.sheets import sheets
from reports.spans import Span
from transforms.metrics.catalogue import METRICS
from transforms.stock_risk import stock_at_risk

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reported:
    """The page, and what it shows."""

    path: Path
    daily: DailyReport


def report(
    home: Home,
    *,
    shop_id: str | None = None,
    blocked: Sequence[Blocked] = (),
    wanted: Wanted = TODAY,
) -> Reported:
    """Write the report of a shop, or of all that have data: over the last whole day, or as wanted.

    The page is reports/<name>.html in the home, see `Wanted.name`; the same name is written over.
    It shows what of a run was `blocked`, and what is set aside in any case. Metrics that changed
    are published with it.

    Raises:
        ConfigurationError: no shop has data; no such campaign; a day that is not over yet.
    """
    chosen = home.select(shop_id)
    shops = [shop for shop in chosen if home.readings.newest(shop.id, with_backfills=True)]
    as_of = max(home.data_as_of(shop) for shop in shops or chosen)
    daily = gather(home, shops, as_of=as_of, blocked=blocked, wanted=wanted)
    name = wanted.name(as_of.astimezone(shops[0].zone).date())
    path = home.reports / f"{name}{'-' + shop_id if shop_id else ''}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as draft:
        draft.write_text(render(daily), encoding="utf-8")
    publish_metrics(home, shops)
    return Reported(path, daily)


def write_tables(reported: Reported) -> Path:
    """Write the tables of a report as a workbook beside its page; where it is."""
    path = reported.path.with_suffix(".xlsx")
    write_workbook(sheets(reported.daily), path)
    return path


def gather(
    home: Home,
    shops: Sequence[Shop],
    *,
    as_of: dt.datetime,
    blocked: Sequence[Blocked] = (),
    wanted: Wanted = TODAY,
) -> DailyReport:
    """All that the report shows, computed from the data of now.

    Its actions are those that were decided within a day of `as_of`; of days that are over, those
    decided on them.
    """
    spans = {shop.id: wanted.span(home, shop) for shop in shops}
    actions = [one for shop in shops for one in _decided(home, shop, spans[shop.id], wanted, as_of)]
    language = _language(home, shops)
    shown = _largest_per_state(actions, _worth(home, shops, as_of))
    frames = Frames.together([Frames.of(home, shop, spans[shop.id]) for shop in shops])
    skus = [*frames.risks["sku_id"], *frames.ads["sku"]]
    titles = _titles(home, shops, shown, skus)
    return DailyReport(
        language=language,
        shops=tuple(_shop(home, shop, spans[shop.id]) for shop in shops),
        as_of=as_of,
        is_past=wanted.is_past,
        metrics=[METRICS[name] for name in SHOWN],
        spans=frames.spans,
        days=frames.days,
        trend=frames.trend,
        movers=frames.movers,
        unusual=frames.unusual,
        risks=_titled(frames.risks, titles, "sku_id"),
        cohorts=frames.cohorts,
        ads=_titled(frames.ads, titles, "sku"),
        funnel=frames.funnel,
        classes=frames.classes,
        campaign=frames.campaign,
        targets=frames.targets,
        ratings=frames.ratings,
        catalogue=METRICS,
        pulled=_pulled_streams(home, shops),
        checks=[check for shop in shops for check in home.checks.latest(shop_id=shop.id)],
        quarantine=pl.concat([home.quarantine.open(shop_id=shop.id) for shop in shops]),
        actions=report_actions(shown, titles, language),
        counts=count_actions(actions),
        waiting=waiting_for(home, (one for one in actions if one.state is ActionState.PROPOSED)),
        left_alone=report_holds(
            count for shop in shops for count in home.left_alone.latest(shop_id=shop.id)
        ),
        effects=[one for shop in shops for one in effects(home, shop_id=shop.id)],
        moves=moves_of(actions),
        by_approval=[translate_data(one) for shop in shops for one in why_not_auto_in(home, shop)],
        blocked=_blocked_sentences(home, shops, blocked),
        # What sells out is told of the stock of now: of earlier days no forecast is kept.
        stock=[_stock(home, shop) for shop in shops if spans[shop.id].last == last_day(home, shop)],
    )


def _decided(
    home: Home, shop: Shop, span: Span, wanted: Wanted, as_of: dt.datetime
) -> list[Action]:
    if not wanted.is_past:
        return home.ledger.find(shop_id=shop.id, since=as_of - _DAY)
    ends = (span.first, span.last + _DAY)
    since, until = (
        dt.datetime.combine(day, dt.time(), shop.zone).astimezone(dt.UTC) for day in ends
    )
    return home.ledger.find(shop_id=shop.id, since=since, until=until)


def _titles(
    home: Home, shops: Sequence[Shop], actions: Sequence[Action], others: Sequence[str]
) -> dict[str, str]:
    """Titles of what is shown, by SKU."""
    skus = {one.sku_id for one in actions if one.sku_id is not None} | set(others)
    found: dict[str, str] = {}
    for shop in shops:
        found |= titles_of(home, shop, skus)
    return found


def _titled(frame: pl.DataFrame, titles: Mapping[str, str], sku: str) -> pl.DataFrame:
    """With the title of each SKU; empty where it has none."""
    return frame.with_columns(
        title=pl.col(sku).replace_strict(titles, default="", return_dtype=pl.String)
    )


def _language(home: Home, shops: Sequence[Shop]) -> Language:
    """That of the shops if they have one in common, else the home's."""
    usual = home.settings.language
    chosen = {shop.settings.language or usual for shop in shops}
    return language_of(chosen.pop() if len(chosen) == 1 else usual)


def _blocked_sentences(
    home: Home, shops: Sequence[Shop], blocked: Sequence[Blocked]
) -> list[Bilingual]:
    """What was stopped in the run, and readings that are set aside since before."""
    aside = [
        Blocked(
            shop_id=shop.id,
            rung=Rung.READING,
            name=one.reading.id,
            sentence=one.failure,
            error=SourceContractError.__name__,
        )
        for shop in shops
        for one in home.readings.set_aside(shop_id=shop.id)
    ]
    return list(dict.fromkeys(one.bilingual for one in [*blocked, *aside]))


def _worth(home: Home, shops: Sequence[Shop], as_of: dt.datetime) -> Callable[[Action], float]:
    """Money at stake with an action in the base currency. What has no rate comes first: nobody
    knows how much it is."""
    stated = rates(home, as_of).select("currency", "rate").iter_rows()
    of_minor = {code: rate / 10.0 ** exponent(code) for code, rate in stated}
    currency = {shop.id: shop.settings.currency for shop in shops}

    def worth(action: Action) -> float:
        amount = abs(action.effect_minor or 0)
        code = action.currency or currency[action.shop_id]
        return amount and amount * of_minor.get(code, math.inf)

    return worth


def _largest_per_state(actions: Sequence[Action], worth: Callable[[Action], float]) -> list[Action]:
    """As many of each state as the page has room for, those with most money at stake first."""
    room = dict.fromkeys(ActionState, SHOWN_ACTIONS)
    shown = []
    for action in sorted(actions, key=worth, reverse=True):
        if room[action.state]:
            room[action.state] -= 1
            shown.append(action)
    return shown


def _shop(home: Home, shop: Shop, span: Span) -> ReportedShop:
    return ReportedShop(
        shop_id=shop.id,
        name=shop.settings.name,
        platform=shop.platform.connector.title,
        time_zone=shop.settings.time_zone,
        currency=shop.settings.currency,
        since=first_day(home, shop),
        span=span,
    )


def _stock(home: Home, shop: Shop) -> ReportedStock:
    facts = StockFact.cast(home.scan("stock_facts", shop))
    return ReportedStock(shop_id=shop.id, **stock_at_risk(facts).collect().row(0, named=True))


def _pulled_streams(home: Home, shops: Sequence[Shop]) -> list[PulledStream]:
    """What was read in the last 24 hours."""
    ids = [shop.id for shop in shops]
    read = home.reading_totals.summary(since=machine_now() - _DAY).filter(
        pl.col("shop_id").is_in(ids)
    )
    return [
        PulledStream(
            shop_id=row["shop_id"],
            stream=row["stream"],
            pages=row["pages"],
            new_pages=row["new_pages"],
            rows=row["landed_rows"],
            loaded_rows=row["loaded_rows"],
            quarantined=row["quarantined_rows"],
            seconds=row["seconds"],
        )
        for row in read.to_dicts()
    ]
