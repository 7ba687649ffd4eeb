"""What a shop has taught: fitted anew only where what it is fitted on has changed."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import dataframely as dy
import polars as pl

from contracts.tables import Elasticity, Listing, MemberFact, SalesDaily, Velocity, table_of
from flows.steps.since_build import SinceBuild
from flows.steps.views import View
from transforms import elasticity, velocity
from transforms.elasticity import categories_of, elasticities, last_whole_week
from transforms.lifetime import BuyingModel, SpendingModel
from transforms.members import MemberModels, MembersSeen, fitted
from transforms.velocity import known_after, known_skus
from warehouse.upkeep import read_note

_METHOD = 3
"""Raised when a fit finds something else in the same members."""


def last_or_fitted(view: View) -> Callable[[MembersSeen], MemberModels]:
    """Models of the last build, where these members were seen then; else new ones.

    What is to be noted for the next build is left in the view's notes.
    """
    table, key = table_of(MemberFact).name, f"models.{view.shop.id}"

    def models(seen: MembersSeen) -> MemberModels:
        digest = _digest(seen)
        noted = None if view.is_anew else read_note(view.home.lake, table, key=key)
        last = json.loads(noted or "{}")
        if last.get("fitted_on") == digest:
            return _models(last)
        found = fitted(seen)
        view.notes[table][key] = json.dumps({"fitted_on": digest, **asdict(found)})
        return found

    return models


def _digest(seen: MembersSeen) -> str:
    columns = (seen.repeats, seen.last_at, seen.known_for, seen.mean_minor)
    content = hashlib.sha256(b"".join(column.tobytes() for column in columns))
    return f"{_METHOD}:{content.hexdigest()}"


def _models(last: dict[str, Any]) -> MemberModels:
    buying, spending = last["buying"], last["spending"]
    return MemberModels(
        None if buying is None else BuyingModel(**buying),
        None if spending is None else SpendingModel(**spending),
    )


def last_or_learnt(
    view: View, sold: dy.LazyFrame[SalesDaily], *, since: SinceBuild | None
) -> pl.LazyFrame:
    """Elasticities of the last build, where its weeks and categories stand; else new ones."""
    yesterday = view.today - dt.timedelta(days=1)
    last = last_whole_week(yesterday)
    categories = categories_of(view.rows(Listing, with_deleted=True).lazy()).collect()
    basis = f"{elasticity.VERSION}:{last}:{_content(categories)}"
    if _stands(view, Elasticity, basis, since=since, until=last + dt.timedelta(days=6)):
        return view.last(Elasticity)
    return elasticities(sold, view.rows(Listing, with_deleted=True), as_of_date=yesterday)


def last_or_forecast(
    view: View,
    made: dy.LazyFrame[Velocity],
    *beside: pl.DataFrame,
    window_days: int,
    since: SinceBuild | None,
) -> pl.LazyFrame:
    """Velocities of the last build, where its days and what counts `beside` stand; else `made`."""
    yesterday = view.today - dt.timedelta(days=1)
    basis = f"{velocity.VERSION}:{yesterday}:{window_days}:{_content(*beside)}"
    if _stands(view, Velocity, basis, since=since, until=yesterday):
        return view.last(Velocity)
    return made


def last_known(
    view: View, pieces: pl.DataFrame, *, since: SinceBuild | None
) -> Callable[[pl.LazyFrame], pl.DataFrame]:
    """SKUs ever sold by those of the last build's velocity, where the same `pieces` counted.

    Every day that was ever sold is a file to open, and few of them have changed.
    """
    table, key = table_of(Velocity).name, f"known.{view.shop.id}"
    basis = f"{velocity.VERSION}:{_content(pieces)}"
    noted = read_note(view.home.lake, table, key=key)
    view.notes[table][key] = basis
    if since is None or noted != basis:
        return known_skus
    columns = ("shop_id", "sku_id", "last_sold_date", "as_of_date")
    last = view.last(Velocity).select(columns).collect()
    until, yesterday = last["as_of_date"].max(), view.today - dt.timedelta(days=1)
    if not isinstance(until, dt.date) or until > yesterday:
        return known_skus
    new_days = pl.date_range(until + dt.timedelta(days=1), yesterday, eager=True)
    days = pl.concat([since.resold, new_days]).unique()
    return partial(known_after, last=last.drop("as_of_date"), days=days)


def _stands(
    view: View,
    schema: type[dy.Schema],
    basis: str,
    *,
    since: SinceBuild | None,
    until: dt.date,
) -> bool:
    """Whether a table was made on this basis, and no day until then was sold otherwise since.

    If not, the basis is left in the view's notes, for the next build.
    """
    table, key = table_of(schema).name, f"basis.{view.shop.id}"
    is_sold_alike = since is not None and not (since.resold <= until).any()
    if is_sold_alike and read_note(view.home.lake, table, key=key) == basis:
        return True
    view.notes[table][key] = basis
    return False


def _content(*frames: pl.DataFrame) -> str:
    rows = (frame.sort(frame.columns).write_csv().encode() for frame in frames)
    return hashlib.sha256(b"\n\n".join(rows)).hexdigest()
