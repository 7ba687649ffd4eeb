"""Prove: many trials with random faults, and the scoreboard of them all."""

import multiprocessing
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.errors import ConfigurationError

if TYPE_CHECKING:
    from deployments.merchant_trial import MerchantStage
    from deployments.trial import Result, Stage

_AMOUNT = re.compile(r"\d[\d.,]* [A-Z]{3}")
_FEW = 5
MEASURES = ("lost", "duplicated", "unsafe", "unresolved", "blocked")
MERCHANT_EVERY = 20
"""Of so many plans one is of a whole merchant, every dialect struck."""


@dataclass(slots=True, kw_only=True)
class Proved:
    """What the trials came to. A seed is enough to repeat one."""

    seed: int
    plans: int = 0
    seconds: float = 0.0
    scoreboard: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(MEASURES, 0)))
    struck: Counter[str] = field(default_factory=Counter)
    """Calls that each kind of fault struck."""
    writes: int = 0
    problems: dict[int, list[str]] = field(default_factory=dict)
    """Seeds of the plans that failed, and how."""
    left: dict[int, list[str]] = field(default_factory=dict)
    """Seeds of the plans that leave something to a person, and what of each action."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, duplicated, unsafe, unresolved or blocked."""
        return not any(self.scoreboard.values())

    def add(self, result: "Result") -> None:
        """Count one trial."""
        score = result.score
        self.plans += 1
        self.writes += result.writes
        self.struck.update(result.struck)
        self.scoreboard.update({name: len(getattr(score, name)) for name in MEASURES})
        if score.problems:
            self.problems[result.seed] = list(score.problems)
        if score.left:
            self.left[result.seed] = list(score.left)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "scoreboard": {name: self.scoreboard[name] for name in MEASURES},
            "plans": self.plans,
            "seed": self.seed,
            "seconds": self.seconds,
            "struck": dict(self.struck),
            "writes": self.writes,
            "problems": self.problems,
            "left_to_a_person": self.left,
        }


def prove(
    plans: int,
    *,
    seed: int = 0,
    processes: int | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Proved:
    """Run the plans of `plans` seeds from `seed` on; `processes` None: one per core.

    Raises:
        ConfigurationError: the demo's packages are missing.
    """
    started = time.monotonic()
    proved = Proved(seed=seed)
    workers = min(processes or os.cpu_count() or 1, plans)
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        for result in _results(Path(folder), range(seed, seed + plans), workers=workers):
            proved.add(result)
            if progress is not None:
                progress("plans", proved.plans, plans)
    proved.seconds = round(time.monotonic() - started, 1)
    return proved


def _results(folder: Path, seeds: range, *, workers: int) -> Iterator["Result"]:
    try:
        _prepare(folder)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{error}; the sandbox needs the extra `demo`") from None
    if workers == 1:
        yield from map(_run_seed, seeds)
        return
    # A trial is small: threads of its own would only get in the other's way.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_prepare, initargs=(folder,)) as pool:
        yield from pool.map(_run_seed, seeds)


_STAGES: list[tuple["Stage", "MerchantStage"]] = []
"""The stages of this process."""


def _prepare(folder: Path) -> None:
    from deployments import merchant_trial, trial

    _STAGES[:] = [(trial.stage(folder), merchant_trial.stage(folder))]


def _run_seed(seed: int) -> "Result":
    from deployments import merchant_trial, trial

    single, merchant = _STAGES[0]
    if seed % MERCHANT_EVERY == MERCHANT_EVERY - 1:
        return merchant_trial.run_trial(merchant, seed)
    return trial.run_trial(single, trial.plan_trial(seed))


def _left_lines(left: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """What is left to a person, in one line for all actions with the same sentence."""
    seeds: dict[str, list[int]] = {}
    for seed, sentences in left.items():
        for sentence in sentences:
            seeds.setdefault(_AMOUNT.sub("another price", sentence), []).append(seed)
    for sentence, found in seeds.items():
        plans = sorted(set(found))
        some = ", ".join(map(str, plans[:_FEW]))
        yield (
            f"left to a person: {len(found)} writes in {len(plans)} plans (seeds {some}"
            f"{' …' if len(plans) > _FEW else ''}): {sentence}"
        )


def screen(proved: Proved) -> Any:
    """The screen: scoreboard, what struck, what is left to a person, and what failed."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    title = f"{proved.plans} plans from seed {proved.seed}"
    board = Table(*MEASURES, box=None, header_style="bold", title=title, title_justify="left")
    board.add_row(*(str(proved.scoreboard[name]) for name in MEASURES))
    struck = ", ".join(f"{count} {what}" for what, count in sorted(proved.struck.items()) if count)
    lines = [
        f"{proved.writes} writes reached the shop; calls struck: {struck or 'none'}; "
        f"{proved.seconds:.0f} s",
        *_left_lines(proved.left),
        *(f"FAILED, seed {seed}: {why}" for seed, all_ in proved.problems.items() for why in all_),
    ]
    if proved.problems:
        first = next(iter(proved.problems))
        lines.append(f"repeat: shopkeeper sandbox prove --faults 1 --seed {first}")
    return Group(board, *(Text(line) for line in lines))
