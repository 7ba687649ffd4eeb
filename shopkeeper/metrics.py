"""Commands about metrics: what there is, and one of them by shop, span and grain."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from contracts.languages import Bilingual
from shopkeeper import experiment, explanation
from shopkeeper.console import OPTIONS, answer, table
from shopkeeper.steps import From, Shop, To, chosen_home, days_of, home_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from contracts.languages import Language
    from contracts.metrics import Metric
    from flows.steps.metrics import Measured

_SHOWN_ROWS = 400
_KEPT = "retention_rate"
_METRICS: Final = Bilingual("Metrics", "指标")
_SPAN: Final = Bilingual("{metric}, {first} to {last}", "{metric}，{first} 至 {last}")
_ESTIMATED: Final = Bilingual(", estimated", "，估算")
_MORE: Final = Bilingual("; {} more rows with --json", "；另有 {} 行见 --json")
_NOTHING: Final = Bilingual("; nothing there to break down", "；没有可细分的数据")
_COHORTS: Final = Bilingual(
    "Members by the month of their first order, and who ordered again months later",
    "按首单月份的会员，及其后各月再次下单的比例",
)
_ADS: Final = Bilingual("Ads", "广告")
_YES: Final = Bilingual("yes", "是")
_GOALS: Final = Bilingual("Targets and benchmarks", "目标与基准")
_ABOVE: Final = Bilingual("above {}", "相对{}")
_PROFILES: Final = {
    "weekday": Bilingual("time goes by weekday", "按星期折算时间"),
    "linear": Bilingual("time goes linearly", "按天数折算时间"),
    "level": Bilingual("a level", "水平值"),
}
_SAME_HOUR: Final = Bilingual("Until the same hour", "截至同一时刻")
AdsBy = Literal["sku", "campaign", "keyword"]
Against = Literal["week", "year"]

app = typer.Typer(
    help="The catalogue of metrics, any of them, and what explains them.", no_args_is_help=True
)


def register(parent: typer.Typer) -> None:
    """Add the commands of this module."""
    explanation.register(app)
    experiment.register(app)
    parent.add_typer(app, name="metrics")


@app.command("list")
def list_() -> None:
    """Every metric: name, title, unit, what it can be broken down by, definition."""
    from shopkeeper.headings import headings
    from transforms.metrics.catalogue import METRICS, dimensions_of

    language = home_language()
    rows = [_row(one, sorted(dimensions_of(one.name))) for one in METRICS.values()]
    shown = [
        [one["name"], one["title"][language], *headings([one["unit"]], language),
         ", ".join(one["by"]), one["definition"][language]]
        for one in rows
    ]  # fmt: skip
    columns = headings(["name", "title", "unit", "by", "definition"], language)
    answer(rows, screen=table(_METRICS.in_(language), columns, shown))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A metric, as `metrics list` names it.")],
    shop: Shop = None,
    start: From = None,
    end: To = None,
    by: Annotated[
        str,
        typer.Option(
            help="Period (span, day, week, month) and dimensions, by commas: month,sku. Each day"
            " unless it is given."
        ),
    ] = "",
    against: Annotated[
        Against | None,
        typer.Option(
            help="week or year: also what it was a week or 52 weeks before (months: a year)."
        ),
    ] = None,
    group: Annotated[
        bool, typer.Option("--group", help="All shops together, in the base currency of [fx].")
    ] = False,
) -> None:
    """One metric of a shop or all, over a span of days, beside targets and benchmarks of the same
    days; what means nothing says why."""
    from contracts.errors import ConfigurationError
    from flows.steps import metrics as step
    from flows.steps.compared import before
    from flows.steps.goals import beside

    first, last = days_of(start, end)
    chosen = [one.strip() for one in by.split(",") if one.strip()]
    if group and (shop or against):
        raise ConfigurationError("--group is of all shops, and stands by itself")
    with chosen_home() as home:
        if group:
            found = step.show_group(home, name, first=first, last=last, by=chosen)
        else:
            found = step.show(home, name, shop_id=shop, first=first, last=last, by=chosen)
            found = replace(found, rows=beside(home, found))
        if against:
            found = replace(found, rows=before(home, found, against))
        language = home.language
    answer(_as_dict(found), screen=None if OPTIONS.as_json else _screen(found, language))


@app.command()
def goals(shop: Shop = None) -> None:
    """Targets: what is reached, how much of the time has gone, and benchmarks of other shops."""
    from flows.steps import goals as step

    with chosen_home() as home:
        found, language = step.goals(home, shop_id=shop), home.language
    both = {"targets": found.targets.to_dicts(), "benchmarks": found.benchmarks.to_dicts()}
    answer(both, screen=None if OPTIONS.as_json else _goals_table(both, language))


@app.command()
def today(shop: Shop = None) -> None:
    """Today so far and the month to date, beside the same hour a week and a month before."""
    from flows.steps import compared as step

    with chosen_home() as home:
        found, language = step.today(home, shop_id=shop), home.language
        zones = {one.id: one.settings.time_zone for one in home.select(shop)}
    screen = None if OPTIONS.as_json else _today_table(found, zones, language)
    answer(found.to_dicts(), screen=screen)


@app.command()
def cohorts(shop: Shop = None) -> None:
    """Members by the month of their first order: who of them ordered in each month since."""
    from flows.steps import metrics as step

    with chosen_home() as home:
        found, language = step.cohorts(home, shop_id=shop), home.language
    answer(found.to_dicts(), screen=None if OPTIONS.as_json else _grid(found, language))


@app.command()
def ads(
    shop: Shop = None,
    start: From = None,
    end: To = None,
    by: Annotated[AdsBy, typer.Option(help="sku, campaign or keyword.")] = "sku",
) -> None:
    """What ads cost and brought, beside the margin and the stock of what they advertise."""
    from flows.steps import metrics as step

    first, last = days_of(start, end)
    with chosen_home() as home:
        found = step.advertised(home, shop_id=shop, first=first, last=last, by=by)
        language = home.language
    answer(found.to_dicts(), screen=None if OPTIONS.as_json else _ads_table(found, by, language))


def _row(metric: "Metric", by: list[str]) -> dict[str, Any]:
    return {
        "name": metric.name,
        "title": {"en": metric.title.en, "zh": metric.title.zh},
        "definition": {"en": metric.definition.en, "zh": metric.definition.zh},
        "unit": str(metric.unit),
        "by": by,
        "is_estimated": metric.is_estimated,
    }


def _as_dict(found: "Measured") -> dict[str, Any]:
    about = _row(found.metric, [str(one) for one in found.dimensions])
    return {**about, "from": found.first, "to": found.last, "rows": found.rows.to_dicts()}


def _screen(found: "Measured", language: "Language") -> Any:
    from contracts.metrics import GAPS, Gap
    from reports.formats import metric_value, rate
    from shopkeeper.headings import dimension_value, headings

    metric, dimensions = found.metric, [str(one) for one in found.dimensions]
    beside = ("target", "benchmark", "against")
    goals = [one for one in beside if one in found.rows.columns and found.rows[one].count()]
    changes = ["change"] if "change" in found.rows.columns else []
    rows = [
        [
            dimension_value("shop", row["shop_id"], language),
            row["period"],
            *(dimension_value(one, row[one], language) for one in dimensions),
            *(
                metric_value(metric.unit, row[one], row["currency"], language)
                for one in ("value", *goals)
            ),
            *(rate(row[one]) for one in changes),
            GAPS[Gap(row["gap"])].in_(language) if row["gap"] else "",
        ]
        for row in found.rows.head(_SHOWN_ROWS).to_dicts()
    ]
    columns = ["shop", "from", *dimensions, metric.name, *goals, *changes, "why_none"]
    return table(_title(found, len(rows), language), headings(columns, language), rows)


def _title(found: "Measured", shown: int, language: "Language") -> str:
    title = _SPAN.in_(language).format(
        metric=found.metric.title.in_(language), first=found.first, last=found.last
    )
    title += _ESTIMATED.in_(language) if found.metric.is_estimated else ""
    more = found.rows.height - shown
    title += "" if shown else _NOTHING.in_(language)
    return title + (_MORE.in_(language).format(more) if more else "")


def _grid(found: "pl.DataFrame", language: "Language") -> Any:
    """A row per cohort, a column per month since; what has not ended is empty."""
    from reports.formats import rate
    from shopkeeper.headings import headings

    months = sorted(found["months_since"].unique())
    wide = found.pivot("months_since", index=["shop_id", "cohort", "members"], values=_KEPT)
    rows = [
        [row["shop_id"], f"{row['cohort']:%Y-%m}", row["members"],
         *("" if row[str(month)] is None else rate(row[str(month)]) for month in months)]
        for row in wide.to_dicts()
    ]  # fmt: skip
    columns = headings(["shop", "cohort", "members"], language)
    return table(_COHORTS.in_(language), [*columns, *map(str, months)], rows)


def _ads_table(found: "pl.DataFrame", by: AdsBy, language: "Language") -> Any:
    from contracts.metrics import Unit
    from reports.formats import metric_value
    from shopkeeper.headings import headings
    from transforms.metrics.catalogue import METRICS

    keys = ["campaign", "keyword"] if by == "keyword" else [by]
    names = [name for name in found.columns if name in METRICS]
    names = [name for name in names if METRICS[name].unit is not Unit.COUNT or name == "clicks"]
    flags = [name for name in ("is_losing", "is_sold_out") if name in found.columns]
    rows = [
        [row["shop_id"], *(row[key] for key in keys),
         *(metric_value(METRICS[name].unit, row[name], row["currency"], language)
           for name in names),
         *(_YES.in_(language) if row[flag] else "" for flag in flags)]
        for row in found.head(_SHOWN_ROWS).to_dicts()
    ]  # fmt: skip
    return table(_ADS.in_(language), headings(["shop", *keys, *names, *flags], language), rows)


def _goals_table(found: dict[str, list[dict[str, Any]]], language: "Language") -> Any:
    """Targets with what is reached and the pace; benchmarks with how far the value is above."""
    from contracts.metrics import GAPS, Gap, Unit
    from reports.formats import metric_value, rate
    from shopkeeper.headings import headings
    from transforms.metrics.catalogue import METRICS

    def cells(row: dict[str, Any], goal: str, *shares: str, about: str) -> list[Any]:
        known, currency = METRICS.get(row["metric"]), row["currency"]
        unit = known.unit if known else Unit.PIECES
        name = known.title.in_(language) if known else row["metric"]
        return [
            row["shop_id"], name, row["first_date"], row["last_date"],
            *(metric_value(unit, row[one], currency, language) for one in (goal, "value")),
            *(rate(row[one]) if one else "" for one in shares),
            GAPS[Gap(row["gap"])].in_(language) if row["gap"] else about,
        ]  # fmt: skip

    rows = [
        cells(row, "target", "reached_rate", "pace", about=_profile(row["profile"], language))
        for row in found["targets"]
    ] + [
        cells(row, "benchmark", "difference_rate", "",
              about=_ABOVE.in_(language).format(row["peer_group"]))
        for row in found["benchmarks"]
    ]  # fmt: skip
    names = ["shop", "metric", "from", "to", "goal", "value", "share", "pace", "about"]
    return table(_GOALS.in_(language), headings(names, language), rows)


def _profile(name: str, language: "Language") -> str:
    return _PROFILES[name].in_(language) if name in _PROFILES else ""


def _today_table(found: "pl.DataFrame", zones: "Mapping[str, str]", language: "Language") -> Any:
    from reports.formats import local, metric_value
    from shopkeeper.headings import headings
    from transforms.metrics.catalogue import METRICS

    spans = ["today", "last_week", "month", "last_month"]
    rows = [
        [row["shop_id"], local(row["until"], zones[row["shop_id"]]),
         METRICS[row["metric"]].title.in_(language),
         *(metric_value(METRICS[row["metric"]].unit, row[one], row["currency"], language)
           for one in spans)]
        for row in found.to_dicts()
    ]  # fmt: skip
    columns = headings(["shop", "until", "metric", *spans], language)
    return table(_SAME_HOUR.in_(language), columns, rows)
