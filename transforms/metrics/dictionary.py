"""The dictionary of metrics, written from their declarations."""

from contracts.metrics import GAPS, Metric
from transforms.metrics.catalogue import METRICS, dimensions_of

_HEAD = """# Metrics 指标

Written from `transforms/metrics` by `make dictionary`; a test fails when it is stale. Days are the
shop's; amounts are in its currency. A metric that means nothing somewhere has no value there and
says why. `shopkeeper metrics show NAME --by month` shows any of them, by a period (span, day, week,
month) and by what stands under "by". `shopkeeper metrics goals` has what is reached of targets, at
which pace, and benchmarks: metrics are named there as here. `report` publishes all of them by day
to the database, as `metrics_daily`, `metrics_wide` (a view) and `metrics_dictionary`.

| metric | 名称 | title | unit | by | definition | 定义 | rests on |
|---|---|---|---|---|---|---|---|
"""


def render() -> str:
    """The page as Markdown."""
    gaps = [f"- `{gap}`: {text.en}; {text.zh}\n" for gap, text in GAPS.items()]
    return "".join(
        [_HEAD, *map(_row, METRICS.values()), "\n## Why there is no value 无值原因\n\n", *gaps]
    )


def _row(metric: Metric) -> str:
    rests = f"fact `{metric.fact}`" if metric.fact else ", ".join(f"`{m}`" for m in metric.inputs)
    unit = f"{metric.unit}, estimated" if metric.is_estimated else str(metric.unit)
    cells = (
        f"`{metric.name}`", metric.title.zh, metric.title.en, unit,
        ", ".join(sorted(dimensions_of(metric.name))), metric.definition.en, metric.definition.zh,
        rests,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"
