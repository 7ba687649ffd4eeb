"""The command `metrics experiment`: an A/B test read, in the language of the home."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from contracts.languages import Bilingual, Language
from shopkeeper.console import answer
from shopkeeper.steps import home_language

if TYPE_CHECKING:
    from transforms.experiments import Comparison, Trials

_UNFAIR: Final = Bilingual(
    "{a} of A and {b} of B where {share} were to get A: that is no luck (p = {chance}), so the arms"
    " differ by more than A and B",
    "A 组 {a}、B 组 {b}，而应有 {share} 分到 A 组：偏差不是偶然（p = {chance}），两组不可比",
)
_RATES: Final = Bilingual("A {a}, B {b}", "A 组 {a}，B 组 {b}")
_DIFFERENCE: Final = Bilingual("B is {points} points from A", "B 组与 A 组相差 {points} 个百分点")
_ALWAYS: Final = Bilingual(
    "{sure} between {low} and {high}, however often you look",
    "{sure} 区间 {low} 至 {high}：无论查看多少次都成立",
)
_ONCE: Final = Bilingual(
    "{sure} between {low} and {high}, if you planned to look once, now (z = {z}, p = {p})",
    "{sure} 区间 {low} 至 {high}：仅当事先计划只在此时看一次（z = {z}，p = {p}）",
)
_BETTER: Final = Bilingual(
    "B is better with a probability of {chance}", "B 组更好的概率为 {chance}"
)
_NEEDED: Final = Bilingual(
    "to find such a difference four times of five: {units} each",
    "要有八成把握发现这样的差异，每组需 {units}",
)


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(experiment)


def experiment(
    a: Annotated[str, typer.Argument(metavar="A", help="Buyers/visitors of one way: 300/10000.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The same of the other: 360/10000.")],
    share: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="The part that was to get A.")
    ] = 0.5,
) -> None:
    """Read an A/B test: the difference with its intervals, and whether the draw was fair."""
    from transforms.experiments import UNFAIR, compare, sample_ratio, sample_size

    of_a, of_b, language = _trials(a, "A"), _trials(b, "B"), home_language()
    chance = sample_ratio([of_a.n, of_b.n], [share, 1 - share])
    if chance < UNFAIR:
        sentence = _UNFAIR.in_(language).format(
            a=f"{of_a.n:,}", b=f"{of_b.n:,}", share=f"{share:.0%}", chance=f"{chance:.2g}"
        )
        answer({"sample_ratio_p_value": chance, "comparison": None}, screen=sentence, held=True)
    found, needed = compare(of_a, of_b), None
    if of_a.rate != of_b.rate and {of_a.rate, of_b.rate}.isdisjoint((0, 1)):
        needed = sample_size(of_a.rate, of_b.rate)
    data = {"sample_ratio_p_value": chance, "comparison": found, "needed_per_arm": needed}
    lines = [_RATES.in_(language).format(a=f"{of_a.rate:.2%}", b=f"{of_b.rate:.2%}")]
    lines += _compared_lines(found, language)
    lines += [_NEEDED.in_(language).format(units=f"{needed:,}")] if needed else []
    answer(data, screen="\n".join(lines))


def _compared_lines(found: "Comparison", language: Language) -> Iterator[str]:
    from transforms.experiments import LEVEL

    sure = f"{1 - LEVEL:.0%}"
    yield _DIFFERENCE.in_(language).format(points=_points(found.difference))
    yield _ALWAYS.in_(language).format(
        sure=sure, low=_points(found.sequential_low), high=_points(found.sequential_high)
    )
    yield _ONCE.in_(language).format(
        sure=sure, low=_points(found.low), high=_points(found.high),
        z=f"{found.z:.2f}", p=f"{found.p_value:.4f}",
    )  # fmt: skip
    yield _BETTER.in_(language).format(chance=f"{found.b_is_better:.1%}")


def _points(difference: float) -> str:
    """A difference of rates in percentage points."""
    return f"{difference * 100:+.2f}"


def _trials(text: str, name: str) -> "Trials":
    """Trials as they were typed."""
    from contracts.errors import ConfigurationError
    from transforms.experiments import Trials

    try:
        successes, n = (int(part) for part in text.split("/"))
        return Trials(successes, n)
    except ValueError as error:
        raise ConfigurationError(
            f"{name} {text!r} is no part of a whole, such as 300/10000"
        ) from error
