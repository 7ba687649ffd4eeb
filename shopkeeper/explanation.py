"""Commands that explain metrics: what moved GMV, unusual days, product classes."""

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopkeeper.console import OPTIONS, answer, stack, table
from shopkeeper.steps import From, Shop, To, chosen_home, days_of

if TYPE_CHECKING:
    import polars as pl

    from contracts.languages import Bilingual
    from flows.steps.kpi_explanation import Explained

_SHOWN_ROWS = 40


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (explain, anomalies, classes):
        app.command()(command)


def explain(
    shop: Shop = None,
    start: From = None,
    end: To = None,
    by: Annotated[
        str | None, typer.Option(help="Split by buyer, category or sku, with the mix.")
    ] = None,
    against: Annotated[
        str, typer.Option(help="before: as many days before; week, year: the same weekdays then.")
    ] = "before",
) -> None:
    """Say what moved GMV from one span to another; the parts add up to the last minor unit."""
    from flows.steps.kpi_explanation import explain as step

    first, last = days_of(start, end)
    with chosen_home() as home:
        found = step(home, shop_id=shop, first=first, last=last, by=by, against=against)
    screen = None
    if not OPTIONS.as_json:
        from rich.console import Group

        screen = Group(*map(_explained_screen, found))
    answer([_explained_dict(one) for one in found], screen=screen)


def _explained_dict(found: "Explained") -> dict[str, Any]:
    from contracts.explanation import MOVERS, Mover

    effects: dict[str, list[dict[str, Any]]] = {}
    for segment, effect, amount in found.effects.iter_rows():
        title = MOVERS[Mover(effect)]
        effects.setdefault(segment, []).append(
            {"effect": effect, "title": asdict(title), "effect_minor": amount}
        )
    return {
        "shop_id": found.shop_id,
        "currency": found.currency,
        "from": found.span[0],
        "to": found.span[1],
        "against": {"from": found.against[0], "to": found.against[1]},
        "since": found.since,
        "incomplete_days": found.incomplete_days,
        "segments": [
            {**row, "effects": effects[row["segment"]]} for row in found.segments.to_dicts()
        ],
    }


def _explained_screen(found: "Explained") -> Any:
    import polars as pl

    from contracts.explanation import MOVERS, Mover
    from reports.formats import figure

    wide = found.segments.join(
        found.effects.pivot("effect", index="segment", values="effect_minor"), on="segment"
    ).with_columns(change=pl.col("gmv_minor") - pl.col("gmv_minor_before"))
    movers = found.effects["effect"].unique(maintain_order=True).to_list()
    amounts = ["gmv_minor_before", "gmv_minor", "change", *movers]
    largest = wide.sort(pl.col("change").abs(), descending=True).head(_SHOWN_ROWS)
    total = wide.select(pl.lit("(all)").alias("segment"), pl.col(amounts).sum())
    shown = total if wide.height == 1 else pl.concat([total, largest.select(total.columns)])
    rows = [
        [row["segment"], *(figure(row[name], found.currency) for name in amounts)]
        for row in shown.to_dicts()
    ]
    title = f"{found.shop_id}: GMV in {found.currency}, {_span(found.span)}"
    title += f" against {_span(found.against)}"
    names = [_both(MOVERS[Mover(one)]) for one in movers]
    grid = table(title, ["segment", "before", "now", "change", *names], rows)
    return stack(grid, _explained_notes(found, wide.height - largest.height))


def _explained_notes(found: "Explained", more: int) -> list[str]:
    notes = [f"{more} more segments with --json"] if more else []
    if found.since is None or found.since > found.against[0]:
        notes.append(f"the earlier span is not whole: the data begins on {found.since or 'no day'}")
    if found.incomplete_days:
        days = ", ".join(map(str, found.incomplete_days))
        notes.append(f"documents of these days are in quarantine: {days}")
    return notes


def _span(span: tuple[dt.date, dt.date]) -> str:
    return f"{span[0]} to {span[1]}"


def _both(text: "Bilingual") -> str:
    return f"{text.en} {text.zh}"


def anomalies(shop: Shop = None, start: From = None, end: To = None) -> None:
    """List the unusual days: each against its weekday of eight weeks, campaigns apart."""
    from flows.steps.kpi_explanation import find_anomalies

    first, last = days_of(start, end)
    with chosen_home() as home:
        found = find_anomalies(home, shop_id=shop, first=first, last=last)
    answer(found.to_dicts(), screen=None if OPTIONS.as_json else _anomalies_screen(found))


def _anomalies_screen(found: "pl.DataFrame") -> Any:
    from contracts.metrics import GAPS, Gap
    from reports.formats import metric_value
    from transforms.metrics.catalogue import METRICS

    rows = []
    for row in found.filter("is_anomaly").to_dicts():
        metric = METRICS[row["metric"]]
        amounts = [
            metric_value(metric.unit, row[name], row["currency"]) for name in ("value", "usual")
        ]
        change = [f"{row['change_rate']:+.1%}", f"{row['score']:+.1f}"]
        rows.append([row["shop_id"], row["day"], _both(metric.title), *amounts, *change])
    unknown = found.drop_nulls("gap").group_by("gap").len("n").sort("gap").to_dicts()
    judged = found.height - sum(one["n"] for one in unknown)
    notes = [f"{judged} of {found.height} days of metrics were judged, {len(rows)} are unusual"]
    notes += [f"{one['n']} were not: {GAPS[Gap(one['gap'])].en}" for one in unknown]
    columns = ["shop", "day", "metric", "value", "usual", "change", "score"]
    return stack(table("Unusual days", columns, rows), notes)


def classes(shop: Shop = None, start: From = None, end: To = None) -> None:
    """Sort the products into the trade's classes: star, conversion, profit, traffic, core."""
    from flows.steps.kpi_explanation import classify

    first, last = days_of(start, end)
    with chosen_home() as home:
        found = classify(home, shop_id=shop, first=first, last=last)
    answer(found.to_dicts(), screen=None if OPTIONS.as_json else _classes_screen(found))


def _classes_screen(found: "pl.DataFrame") -> Any:
    import polars as pl

    from contracts.explanation import PRODUCT_CLASSES, ProductClass
    from contracts.metrics import GAPS, Gap
    from reports.formats import count, money, rate

    known = found.drop_nulls("product_class").sort("gmv_minor", descending=True)
    shown = known.group_by("product_class").head(_SHOWN_ROWS // len(ProductClass))
    rows = [
        [
            _both(PRODUCT_CLASSES[one]),
            row["shop_id"],
            row["product_id"],
            count(row["visitors_units"]),
            rate(row["conversion_rate"]),
            rate(row["margin_rate"]),
            money(row["gmv_minor"], row["currency"]),
        ]
        for one in ProductClass
        for row in shown.filter(pl.col("product_class") == str(one)).to_dicts()
    ]
    notes = [f"{known.height - len(rows)} more with --json"] if known.height > len(rows) else []
    unknown = found.drop_nulls("gap").group_by("gap").len("n").sort("gap").to_dicts()
    notes += [f"{one['n']} products have no class: {GAPS[Gap(one['gap'])].en}" for one in unknown]
    columns = ["class", "shop", "product", "visitors", "conversion", "margin", "GMV"]
    return stack(table("Product classes", columns, rows), notes)
