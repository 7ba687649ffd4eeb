"""Every metric by name, in the order in which people read them."""

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from typing import Final

from contracts.metrics import Dimension, Metric
from transforms.metrics import (
    ads,
    answers,
    conversions,
    money,
    retention,
    sales,
    scores,
    service,
    stock,
    traffic,
    visits,
)
from transforms.metrics.facts import FACTS

_SUBJECTS: Final = (
    *(sales, retention, traffic, visits, conversions, money, ads, stock),
    *(service, answers, scores),
)
METRICS: Final[Mapping[str, Metric]] = {
    one.name: one for subject in _SUBJECTS for one in subject.METRICS
}
"""By name."""


def needed(names: Iterable[str]) -> list[Metric]:
    """The metrics, and all that they and their gaps are computed from; inputs first."""
    waiting, found = list(names), dict[str, set[str]]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            one = METRICS[name]
            roots = {root for gap in one.gaps.values() for root in gap.meta.root_names()}
            found[name] = ({*one.inputs, *roots}) - {name}
            waiting += found[name]
    return [METRICS[name] for name in TopologicalSorter(found).static_order()]


def dimensions_of(name: str) -> frozenset[Dimension]:
    """What a metric can be broken down by: what all facts have that it rests on."""
    of = [FACTS[one.fact].dimensions for one in needed([name]) if one.fact]
    return frozenset.intersection(*of)
