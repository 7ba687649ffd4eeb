"""Sales, KPIs and cohorts are what SQL makes of the same files."""

import datetime as dt
from pathlib import Path

import pytest

from flows.steps import whole_days
from flows.steps.opening import open_home
from flows.steps.views import View
from tests.bench.drawn_orders import SHOP, draw, write_home
from tests.bench.same_by_sql import answers, compute
from tests.bench.ten_million import RETENTION, computed, rounded


def test_sales_kpis_and_cohorts_of_a_quarter_equal_those_of_duckdb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In several stretches, with days that lie in two of them."""
    monkeypatch.setattr(whole_days, "LINES_AT_ONCE", 1_000)
    first, days = dt.date(2026, 3, 1), 60
    write_home(tmp_path / "home")
    with open_home(tmp_path / "home") as home:
        draw(home, lines=4_000, skus=50, members=500, first=first, days=days)
        view = View.of(home, home.shop(SHOP), home.data_as_of(home.shop(SHOP)))
        names = ("orders", "order_lines", "refunds", "traffic_daily")
        heads = {name: home.lake.open(name) for name in names}
        files = {name: head.file_uris() for name, head in heads.items() if head is not None}
        ours = rounded(computed(view, first=first))
    until = first + dt.timedelta(days=days - 1)
    theirs = rounded(answers(compute(files, first=first, until=until, days=RETENTION)))
    assert ours == theirs
    assert len(ours["kpis"]) > days
    assert ours["sold"][0][0] > 1_000
