"""The loop is killed in every seam, one after the other, and ends as if nothing had been."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world.world import World
from tests.crash.drive import Processes, place, small_world
from tests.crash.seams import SEAMS
from tests.crash.state import State, differences

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes() as started:
        yield started


@pytest.fixture(scope="module")
def first(
    world: World, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, State]:
    """The home of the undisturbed loop, and what it came to."""
    folder = tmp_path_factory.mktemp("undisturbed") / "home"
    with place(world, folder, processes) as one:
        assert not one.start()
        return folder, one.state()


def test_the_undisturbed_loop_does_what_crashes_could_spoil(first: tuple[Path, State]) -> None:
    _, state = first
    assert len(state["quarantine"]) > 2
    assert sum(state["writes received"].values()) > 10
    assert {row[4] for row in state["ledger"]} >= {"reverted", "confirmed", "refused"}


def test_killed_in_every_seam_in_turn_the_loop_ends_as_if_nothing_had_been(
    world: World, processes: Processes, first: tuple[Path, State], tmp_path: Path
) -> None:
    folder, undisturbed = first
    with place(world, tmp_path / "home", processes, like=folder) as one:
        for seam in SEAMS:
            assert one.start(seam, call=SEAMS[seam].calls[0]), f"{seam!r} is never come to"
        assert not one.start()
        assert differences(one.state(), undisturbed) == {}
