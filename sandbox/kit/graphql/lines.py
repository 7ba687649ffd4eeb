"""The objects of a selection as JSON lines: the nodes of a connection have lines of their own."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import polars as pl

from sandbox.kit.graphql.projection import Branch, Projection
from sandbox.kit.graphql.sources import PARENT

PATH: Final = ("__p0", "__p1", "__p2")
"""The place of a line below those of its parents; connections are two deep at most."""


def json_lines(projection: Projection, root: Branch, *, is_grouped: bool) -> pl.DataFrame:
    """The column `json`: an object a line, a child with the `__parentId` it belongs to.

    Grouped, children follow their parent; else all objects of a connection follow each other.
    """
    lines = pl.concat(_lines(projection, root, level=0))
    return (lines.sort(PATH) if is_grouped else lines).select("json")


def _lines(projection: Projection, branch: Branch, *, level: int) -> Iterator[pl.DataFrame]:
    """The lines of a branch and of the branches below it, each with its place."""
    branches: list[Branch] = []
    frame = _placed(branch.frame, level)
    extra = {"__parentId": pl.col("__parentId")} if level else {}
    objects = replace(projection, branches=branches).objects(
        branch.type_name, branch.sets, frame, extra=extra
    )
    yield frame.select(*PATH, json=objects.struct.json_encode())
    places = frame.select(*PATH, __parentId=projection.leaf(branch.type_name, "id"))
    for number, child in enumerate(branches):
        rows = child.frame.drop(*PATH, "__parentId", strict=False)
        own = places[rows[PARENT].to_numpy()].with_columns(__branch=pl.lit(number))
        below = replace(child, frame=pl.concat([rows, own], how="horizontal"))
        yield from _lines(projection, below, level=level + 1)


def _placed(frame: pl.DataFrame, level: int) -> pl.DataFrame:
    """Rows with their place: a child comes after its parent, branch by branch."""
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    if level == 0:
        none = pl.lit(-1, dtype=pl.Int64)
        return frame.with_columns(__p0=index, __p1=none, __p2=none)
    # Branches of one parent follow each other; no frame has a billion children.
    place = index + pl.col("__branch").cast(pl.Int64) * 1_000_000_000
    return frame.with_columns(place.alias(PATH[level])).drop("__branch")
