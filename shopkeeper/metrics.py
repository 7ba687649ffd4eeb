"""Commands about metrics: what there is, and one of them by shop, span and grain."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopkeeper.console import OPTIONS, answer, table
from shopkeeper.steps import From, Shop, To, chosen_home, days_of

if TYPE_CHECKING:
    from contracts.metrics import Metric
    from flows.steps.metrics import Measured

_SHOWN_ROWS = 400

app = typer.Typer(help="The catalogue of metrics, and any of them.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands of this module."""
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
) -> None:
    """One metric of a shop or all, over a span of days; what means nothing says why."""
    from flows.steps import metrics as step

    first, last = days_of(start, end)
    chosen = [one.strip() for one in by.split(",") if one.strip()]
    with chosen_home() as home:
        found = step.show(home, name, shop_id=shop, first=first, last=last, by=chosen)
    answer(_as_dict(found), screen=None if OPTIONS.as_json else _screen(found))


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
    from reports.formats import metric_value

    metric, dimensions = found.metric, [str(one) for one in found.dimensions]
    rows = [
        [
            row["shop_id"],
            row["period"],
            *(row[one] for one in dimensions),
            metric_value(metric.unit, row["value"], row["currency"]),
            GAPS[Gap(row["gap"])].en if row["gap"] else "",
        ]
        for row in found.rows.head(_SHOWN_ROWS).to_dicts()
    ]
    more = found.rows.height - len(rows)
    title = f"{metric.title.en} ({metric.title.zh}), {found.first} to {found.last}"
    title += ", estimated" if metric.is_estimated else ""
    title += f"; {more} more rows with --json" if more else ""
    return table(title, ["shop", "from", *dimensions, metric.name, "why none"], rows)
