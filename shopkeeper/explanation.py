"""Commands that explain metrics: what moved GMV, unusual days, product classes."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from contracts.languages import Bilingual, Language
from shopkeeper.console import OPTIONS, answer, stack, table
from shopkeeper.steps import From, Shop, To, chosen_home, days_of

if TYPE_CHECKING:
    import polars as pl

    from flows.steps.kpi_explanation import Explained

_SHOWN_ROWS = 40
_MOVED: Final = Bilingual(
    "{shop}: GMV in {currency}, {first} to {last} against {before} to {until}",
    "{shop}：成交额（{currency}），{first} 至 {last} 对比 {before} 至 {until}",
)
_ALL: Final = Bilingual("(all)", "（合计）")
_MORE_SEGMENTS: Final = Bilingual("{} more segments with --json", "另有 {} 个分组见 --json")
_NOT_WHOLE: Final = Bilingual(
    "the earlier span is not whole: the data begins on {}", "对比期不完整：数据始于 {}"
)
_NO_DAY: Final = Bilingual("no day", "（无）")
_QUARANTINED: Final = Bilingual(
    "documents of these days are in quarantine: {}", "以下日期有单据在隔离区：{}"
)
_UNUSUAL: Final = Bilingual("Unusual days", "异常日")
_JUDGED: Final = Bilingual(
    "{judged} of {all} days of metrics were judged, {unusual} are unusual",
    "共 {all} 个指标日，判断了 {judged} 个，异常 {unusual} 个",
)
_NOT_JUDGED: Final = Bilingual("not judged: {}, {}", "未判断：{} 个，{}")
_CLASSES: Final = Bilingual("Product classes", "商品分类")
_MORE: Final = Bilingual("{} more with --json", "另有 {} 个见 --json")
_NO_CLASS: Final = Bilingual("products without a class: {}, {}", "未分类的商品：{} 个，{}")


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
        language = home.language
    screen = None
    if not OPTIONS.as_json:
        from rich.console import Group

        screen = Group(*(_explained_screen(one, by or "", language) for one in found))
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


def _explained_screen(found: "Explained", by: str, language: Language) -> Any:
    import polars as pl

    from contracts.explanation import MOVERS, Mover
    from reports.formats import figure
    from shopkeeper.headings import dimension_value, headings

    wide = found.segments.join(
        found.effects.pivot("effect", index="segment", values="effect_minor"), on="segment"
    ).with_columns(change=pl.col("gmv_minor") - pl.col("gmv_minor_before"))
    movers = found.effects["effect"].unique(maintain_order=True).to_list()
    amounts = ["gmv_minor_before", "gmv_minor", "change", *movers]
    largest = wide.sort(pl.col("change").abs(), descending=True).head(_SHOWN_ROWS)
    total = wide.select(pl.lit(_ALL.in_(language)).alias("segment"), pl.col(amounts).sum())
    shown = total if wide.height == 1 else pl.concat([total, largest.select(total.columns)])
    rows = [
        [
            dimension_value(by, row["segment"], language),
            *(figure(row[name], found.currency) for name in amounts),
        ]
        for row in shown.to_dicts()
    ]
    (first, last), (before, until) = found.span, found.against
    title = _MOVED.in_(language).format(
        shop=found.shop_id, currency=found.currency,
        first=first, last=last, before=before, until=until,
    )  # fmt: skip
    names = headings(["segment", "before", "now", "change"], language)
    names += [MOVERS[Mover(one)].in_(language) for one in movers]
    notes = _explained_notes(found, wide.height - largest.height, language)
    return stack(table(title, names, rows), notes)


def _explained_notes(found: "Explained", more: int, language: Language) -> list[str]:
    notes = [_MORE_SEGMENTS.in_(language).format(more)] if more else []
    if found.since is None or found.since > found.against[0]:
        notes.append(_NOT_WHOLE.in_(language).format(found.since or _NO_DAY.in_(language)))
    if found.incomplete_days:
        days = ", ".join(map(str, found.incomplete_days))
        notes.append(_QUARANTINED.in_(language).format(days))
    return notes


def anomalies(shop: Shop = None, start: From = None, end: To = None) -> None:
    """List the unusual days: each against its weekday of eight weeks, campaigns apart."""
    from flows.steps.kpi_explanation import find_anomalies

    first, last = days_of(start, end)
    with chosen_home() as home:
        found = find_anomalies(home, shop_id=shop, first=first, last=last)
        language = home.language
    screen = None if OPTIONS.as_json else _anomalies_screen(found, language)
    answer(found.to_dicts(), screen=screen)


def _anomalies_screen(found: "pl.DataFrame", language: Language) -> Any:
    from reports.formats import metric_value
    from shopkeeper.headings import headings
    from transforms.metrics.catalogue import METRICS

    rows = []
    for row in found.filter("is_anomaly").to_dicts():
        metric = METRICS[row["metric"]]
        amounts = [
            metric_value(metric.unit, row[name], row["currency"], language)
            for name in ("value", "usual")
        ]
        change = [f"{row['change_rate']:+.1%}", f"{row['score']:+.1f}"]
        rows.append([row["shop_id"], row["day"], metric.title.in_(language), *amounts, *change])
    unknown = _unknown(found)
    judged = found.height - sum(number for number, _ in unknown)
    notes = [_JUDGED.in_(language).format(judged=judged, all=found.height, unusual=len(rows))]
    notes += [_NOT_JUDGED.in_(language).format(n, why.in_(language)) for n, why in unknown]
    columns = headings(["shop", "day", "metric", "value", "usual", "change", "score"], language)
    return stack(table(_UNUSUAL.in_(language), columns, rows), notes)


def _unknown(found: "pl.DataFrame") -> list[tuple[int, Bilingual]]:
    """How many have no answer, by why."""
    from contracts.metrics import GAPS, Gap

    counts = found.drop_nulls("gap").group_by("gap").len("n").sort("gap")
    return [(n, GAPS[Gap(gap)]) for gap, n in counts.iter_rows()]


def classes(shop: Shop = None, start: From = None, end: To = None) -> None:
    """Sort the products into the trade's classes: star, conversion, profit, traffic, core."""
    from flows.steps.kpi_explanation import classify

    first, last = days_of(start, end)
    with chosen_home() as home:
        found = classify(home, shop_id=shop, first=first, last=last)
        language = home.language
    screen = None if OPTIONS.as_json else _classes_screen(found, language)
    answer(found.to_dicts(), screen=screen)


def _classes_screen(found: "pl.DataFrame", language: Language) -> Any:
    import polars as pl

    from contracts.explanation import PRODUCT_CLASSES, ProductClass
    from reports.formats import count, money, rate
    from shopkeeper.headings import headings

    known = found.drop_nulls("product_class").sort("gmv_minor", descending=True)
    shown = known.group_by("product_class").head(_SHOWN_ROWS // len(ProductClass))
    rows = [
        [
            PRODUCT_CLASSES[one].in_(language),
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
    more = known.height - len(rows)
    notes = [_MORE.in_(language).format(more)] if more else []
    notes += [_NO_CLASS.in_(language).format(n, why.in_(language)) for n, why in _unknown(found)]
    columns = ["class", "shop", "product", "visitors", "conversion", "margin", "gmv"]
    return stack(table(_CLASSES.in_(language), headings(columns, language), rows), notes)
