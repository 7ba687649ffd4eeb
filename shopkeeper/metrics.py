"""Commands about metrics: what there is, and one of them by shop, span and grain."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shopkeeper import experiment, explanation
from shopkeeper.console import OPTIONS, answer, table
from shopkeeper.steps import From, Shop, To, chosen_home, days_of

if TYPE_CHECKING:
    import polars as pl

    from contracts.languages import Language
    from contracts.metrics import Metric
    from flows.steps.metrics import Measured

_SHOWN_ROWS = 400
_KEPT = "retention_rate"
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
    from transforms.metrics.catalogue import METRICS, dimensions_of

    rows = [_row(one, sorted(dimensions_of(one.name))) for one in METRICS.values()]
    shown = [
        [one["name"], f"{one['title']['zh']} {one['title']['en']}", one["unit"],
         ", ".join(one["by"]), one["definition"]["en"]]
        for one in rows
    ]  # fmt: skip
    answer(rows, screen=table("Metrics", ["name", "title", "unit", "by", "definition"], shown))


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
    answer(_as_dict(found), screen=None if OPTIONS.as_json else _screen(found))


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
        found = step.today(home, shop_id=shop)
    answer(found.to_dicts(), screen=None if OPTIONS.as_json else _today_table(found))


@app.command()
def cohorts(shop: Shop = None) -> None:
    """Members by the month of their first order: who of them ordered in each month since."""
    from flows.steps import metrics as step

    with chosen_home() as home:
        found = step.cohorts(home, shop_id=shop)
    answer(found.to_dicts(), screen=None if OPTIONS.as_json else _grid(found))


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
    answer(found.to_dicts(), screen=None if OPTIONS.as_json else _ads_table(found, by))


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


def _screen(found: "Measured") -> Any:
    from contracts.metrics import GAPS, Gap
    from reports.formats import metric_value, rate

    metric, dimensions = found.metric, [str(one) for one in found.dimensions]
    beside = ("target", "benchmark", "against")
    goals = [one for one in beside if one in found.rows.columns and found.rows[one].count()]
    changes = ["change"] if "change" in found.rows.columns else []
    rows = [
        [
            row["shop_id"],
            row["period"],
            *(row[one] for one in dimensions),
            *(metric_value(metric.unit, row[one], row["currency"]) for one in ("value", *goals)),
            *(rate(row[one]) for one in changes),
            GAPS[Gap(row["gap"])].en if row["gap"] else "",
        ]
        for row in found.rows.head(_SHOWN_ROWS).to_dicts()
    ]
    more = found.rows.height - len(rows)
    title = f"{metric.title.en} ({metric.title.zh}), {found.first} to {found.last}"
    title += ", estimated" if metric.is_estimated else ""
    title += f"; {more} more rows with --json" if more else ""
    return table(
        title, ["shop", "from", *dimensions, metric.name, *goals, *changes, "why none"], rows
    )


def _grid(found: "pl.DataFrame") -> Any:
    """A row per cohort, a column per month since; what has not ended is empty."""
    from reports.formats import rate

    months = sorted(found["months_since"].unique())
    wide = found.pivot("months_since", index=["shop_id", "cohort", "members"], values=_KEPT)
    rows = [
        [row["shop_id"], f"{row['cohort']:%Y-%m}", row["members"],
         *("" if row[str(month)] is None else rate(row[str(month)]) for month in months)]
        for row in wide.to_dicts()
    ]  # fmt: skip
    title = "Members by the month of their first order, and who ordered again months later"
    return table(title, ["shop", "cohort", "members", *map(str, months)], rows)


def _ads_table(found: "pl.DataFrame", by: AdsBy) -> Any:
    from contracts.metrics import Unit
    from reports.formats import metric_value
    from transforms.metrics.catalogue import METRICS

    keys = ["campaign", "keyword"] if by == "keyword" else [by]
    names = [name for name in found.columns if name in METRICS]
    names = [name for name in names if METRICS[name].unit is not Unit.COUNT or name == "clicks"]
    flags = [name for name in ("is_losing", "is_sold_out") if name in found.columns]
    rows = [
        [row["shop_id"], *(row[key] for key in keys),
         *(metric_value(METRICS[name].unit, row[name], row["currency"]) for name in names),
         *("yes" if row[flag] else "" for flag in flags)]
        for row in found.head(_SHOWN_ROWS).to_dicts()
    ]  # fmt: skip
    return table("Ads", ["shop", *keys, *names, *flags], rows)


def _goals_table(found: dict[str, list[dict[str, Any]]], language: "Language") -> Any:
    """Targets with what is reached and the pace; benchmarks with how far the value is above."""
    from contracts.languages import Bilingual
    from contracts.metrics import GAPS, Gap, Unit
    from reports.formats import metric_value, rate
    from transforms.metrics.catalogue import METRICS

    def cells(row: dict[str, Any], goal: str, *shares: str, about: str) -> list[Any]:
        known, currency = METRICS.get(row["metric"]), row["currency"]
        unit = known.unit if known else Unit.PIECES
        return [
            row["shop_id"], row["metric"], row["first_date"], row["last_date"],
            *(metric_value(unit, row[one], currency, language) for one in (goal, "value")),
            *(rate(row[one]) if one else "" for one in shares),
            GAPS[Gap(row["gap"])].in_(language) if row["gap"] else about,
        ]  # fmt: skip

    profiles = {
        "weekday": Bilingual("time goes by weekday", "按星期折算时间"),
        "linear": Bilingual("time goes linearly", "按天数折算时间"),
        "level": Bilingual("a level", "水平值"),
    }

    targets = [
        cells(
            row,
            "target",
            "reached_rate",
            "pace",
            about=profiles.get(row["profile"], Bilingual("", "")).in_(language),
        )
        for row in found["targets"]
    ]
    above = Bilingual("above {}", "相对{}")
    benchmarks = [
        cells(
            row,
            "benchmark",
            "difference_rate",
            "",
            about=above.in_(language).format(row["peer_group"]),
        )
        for row in found["benchmarks"]
    ]
    columns = [
        Bilingual("shop", "店铺"), Bilingual("metric", "指标"), Bilingual("from", "起"),
        Bilingual("to", "止"), Bilingual("goal", "目标"), Bilingual("value", "数值"),
        Bilingual("share", "比例"), Bilingual("pace", "进度比"), Bilingual("about", "说明"),
    ]  # fmt: skip
    title = Bilingual("Targets and benchmarks", "目标与基准").in_(language)
    return table(title, [one.in_(language) for one in columns], targets + benchmarks)


def _today_table(found: "pl.DataFrame") -> Any:
    from reports.formats import metric_value
    from transforms.metrics.catalogue import METRICS

    spans = ["today", "last_week", "month", "last_month"]
    rows = [
        [row["shop_id"], f"{row['until']:%Y-%m-%d %H:%M} UTC", METRICS[row["metric"]].title.en,
         *(metric_value(METRICS[row["metric"]].unit, row[one], row["currency"]) for one in spans)]
        for row in found.to_dicts()
    ]  # fmt: skip
    titles = ["today", "last week", "month", "last month"]
    return table("Until the same hour", ["shop", "until", "metric", *titles], rows)
