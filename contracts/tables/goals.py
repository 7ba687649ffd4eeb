"""What a shop wants to reach, and what shops like it reach."""

from contracts.columns import day, identifier, number
from contracts.tables.base import Slice, TableKind, table


@table("targets", TableKind.SLICE, slice_by=("first_date",))
class Target(Slice):
    """What a metric is to come to. Grain: (shop_id, metric_name, first_date, last_date)."""

    metric_name = identifier("The metric, as the catalogue names it", key=True)
    first_date = day("First shop-local day of the period", key=True)
    last_date = day("Last day of it, included", key=True)
    target_value = number("In the metric's unit; money in major units", "unit of the metric")


@table("benchmarks", TableKind.SLICE, slice_by=("first_date",))
class Benchmark(Slice):
    """What a metric comes to elsewhere.

    Grain: (shop_id, metric_name, peer_group, first_date, last_date).
    """

    metric_name = identifier("The metric, as the catalogue names it", key=True)
    peer_group = identifier("Whose mean it is, such as the industry", key=True)
    first_date = day("First shop-local day of the period", key=True)
    last_date = day("Last day of it, included", key=True)
    benchmark_value = number("In the metric's unit; money in major units", "unit of the metric")
