"""Funnels equal what trying every choice of pages says."""

import datetime as dt
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.metrics import Dimension
from contracts.visit_codes import PageKind
from tests.transforms.metrics.shop import at, on, shop
from transforms.metrics.funnels import PATHS, WINDOW, depths
from transforms.metrics.measure import measure

Row = dict[str, Any]


def page(kind: str, minute: int = 0, session: str = "s1", **more: Any) -> Row:
    moment = at(0) + dt.timedelta(minutes=minute)
    return {"session_id": session, "visited_at": moment, "page_kind": kind, **more}


KINDS = [PageKind.HOME, PageKind.HOME, PageKind.ITEM, PageKind.ITEM, PageKind.ORDER, *PageKind]
PAGES = st.lists(
    st.builds(
        page,
        st.sampled_from(KINDS),
        st.integers(0, 8).map(lambda step: step * 6 * 60),
        st.sampled_from(["s1", "s2"]),
    ),
    max_size=14,
)
"""Few instants, so that pages meet at one; the window is four of their steps."""


def slowly(pages: list[Row]) -> dict[tuple[str, str], int]:
    """The steps that a visit went: of all choices of one page per step, the longest legal one."""
    found: dict[tuple[str, str], int] = {}
    for session in {one["session_id"] for one in pages}:
        mine = [one for one in pages if one["session_id"] == session]
        for path, steps in PATHS.items():
            for length in range(1, len(steps) + 1):
                choices = product(
                    *(
                        [o["visited_at"] for o in mine if o["page_kind"] == k]
                        for k in steps[:length]
                    )
                )
                if any(
                    list(chosen) == sorted(chosen) and chosen[-1] - chosen[0] <= WINDOW
                    for chosen in choices
                ):
                    found[session, path] = length
    return found


@settings(max_examples=80, deadline=None)
@given(pages=PAGES)
def test_how_far_a_visit_went_is_what_trying_every_choice_of_pages_says(pages: list[Row]) -> None:
    frame = depths(shop(visit_events=pages).visit_events).collect()
    ours = {(row["session_id"], row["funnel_path"]): row["depth"] for row in frame.to_dicts()}
    assert ours == slowly(pages)


def test_a_step_counts_only_after_those_before_it_and_within_a_day() -> None:
    of = shop(
        visit_events=[
            page("home", 0, "a"), page("other", 1, "a"),
            page("item", 2, "a"), page("order", 3, "a"),
            page("order", 0, "b"), page("item", 1, "b"), page("home", 2, "b"),
            page("home", 0, "c"), page("item", 1, "c"), page("order", 24 * 60 + 1, "c"),
            page("home", 0, "d"), page("item", 5, "d"), page("home", 9, "d"),
            page("order", 24 * 60 + 3, "d"),
        ]
    )  # fmt: skip
    steps = measure(
        ["path_reached"], of, first=on(0), last=on(0), by=[Dimension.PATH, Dimension.STEP]
    )
    home = steps.filter(path="home_item")
    assert dict(home.select("step", "path_reached").rows()) == {1: 4, 2: 3, 3: 1}
    whole = measure(["path_conversion"], of, first=on(0), last=on(0), by=[Dimension.PATH])
    assert dict(whole.select("path", "path_conversion").rows())["home_item"] == 0.25


def test_a_second_beginning_and_pages_of_one_instant_count_in_whatever_order_they_stand() -> None:
    hour = 60
    of = shop(
        visit_events=[
            page("order", 30 * hour, "a"), page("item", 20 * hour, "a"),
            page("home", 20 * hour, "a"), page("home", 0, "a"),
        ]
    )  # fmt: skip
    frame = depths(of.visit_events).filter(funnel_path="home_item").collect()
    assert frame["depth"].to_list() == [3]


def test_a_day_that_the_platform_counted_is_taken_from_there() -> None:
    told = {"funnel_date": on(0), "funnel_path": "search"}
    of = shop(
        funnel=[{**told, "step": n, "sessions_units": units} for n, units in ((1, 90), (3, 9))],
        visit_events=[page("search"), page("home", 24 * 60, "s2")],
    )
    found = measure(["path_visits", "path_reached"], of, first=on(0), last=on(0))
    assert found.select("path_visits", "path_reached").row(0) == (90, 9)
    assert measure(["path_visits"], of, first=on(1), last=on(1))["path_visits"].item() == 2
    by_path = measure(["path_conversion"], of, first=on(0), last=on(1), by=[Dimension.PATH])
    assert dict(by_path.select("path", "path_conversion").rows())["search"] == 0.1
