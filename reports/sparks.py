"""Sparks: the course of a figure as a line without axes, small enough to stand in a table."""

from collections.abc import Sequence
from typing import Final

from reports.charts import MAIN

_WIDTH: Final = 120
_HEIGHT: Final = 26
_PAD: Final = 4


def spark(trend: Sequence[float | None]) -> str:
    """The line through the values, oldest first, as SVG; broken where one is None, the last marked.

    Empty where no value is known. Its numbers are all that it holds, so it is safe as it is.
    """
    known = [one for one in trend if one is not None]
    if not known:
        return ""
    points = [None if one is None else (place, one) for place, one in enumerate(trend)]
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = (_WIDTH - 2 * _PAD) / max(len(trend) - 1, 1)

    def at(point: tuple[int, float]) -> tuple[float, float]:
        height = (point[1] - low) / span * (_HEIGHT - 2 * _PAD)
        return round(_PAD + point[0] * step, 1), round(_HEIGHT - _PAD - height, 1)

    path = ""
    for before, point in zip([None, *points], points, strict=False):
        if point is not None:
            x, y = at(point)
            path += f"{'L' if before else 'M'}{x:g} {y:g}"
    dot = ""
    if points[-1] is not None:
        x, y = at(points[-1])
        dot = f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{MAIN}"/>'
    line = f'<path d="{path}" fill="none" stroke="{MAIN}" stroke-width="1.4"/>'
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}">{line}{dot}</svg>'
