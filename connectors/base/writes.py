"""Writes of single values, prices and stock: what every platform's have in common.

A connector says what it finds of a target, the row that it writes and what the answer means; here
changes are grouped, what does not fit is refused with its reason, and each has its own outcome.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from connectors.base.sending import UnfitError, all_as, chunks, each, outcome, read
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError, SourceRejectedError
from contracts.money import exponent, format_minor
from contracts.payloads import PayloadT, decode

Found = TypeVar("Found")
Row = TypeVar("Row")


def grouped(
    changes: Sequence[Change], place: Callable[[Change], str], most: int
) -> Iterator[Sequence[Change]]:
    """Changes that are written under one place together, at most so many at once."""
    ordered = sorted(changes, key=place)
    return (some for _, same in groupby(ordered, key=place) for some in chunks([*same], most))


def under_parent(change: Change) -> str:
    """The place of what is written under its product."""
    return change.parent_id or ""


def one_by_one(
    changes: Sequence[Change],
    send: Callable[[Change], str | None],
    *,
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...] = (),
) -> list[Outcome]:
    """Write each change by itself; what `send` returns is said of one that was accepted.

    `send` raises what became of one that was not: `UnfitError` before anything is sent, and errors
    of class `alone` are about their change; others as `each`.
    """
    return each(
        ([change] for change in changes),
        lambda group: [outcome(change, send(change)) for change in group],
        alone=alone,
    )


def batched(
    group: Sequence[Change],
    row: Callable[[Change], Row],
    send: Callable[[Sequence[tuple[Change, Row]]], list[Outcome]],
    *,
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...] = (),
) -> list[Outcome]:
    """Write the rows of a group in one call, without those that do not fit.

    `row` raises `UnfitError`, or `SourceContractError` where it cannot read what is there. Where
    the call is refused by an error of `alone`, which does not say for which row, each is sent by
    itself.
    """
    rows: list[tuple[Change, Row]] = []
    refused: list[Outcome] = []
    for change in group:
        try:
            rows.append((change, row(change)))
        except (UnfitError, SourceContractError) as error:
            refused += all_as([change], OutcomeState.REJECTED, str(error))
    if not rows:
        return refused
    try:
        return [*refused, *send(rows)]
    except alone:
        if len(group) == 1:
            raise
    singles = ([change] for change, _ in rows)
    return [*refused, *each(singles, lambda one: send([(one[0], row(one[0]))]), alone=alone)]


def opened(change: Change, kind: type[PayloadT]) -> PayloadT:
    """What is written beside a value.

    Raises:
        UnfitError: there is none, or it has another shape.
    """
    try:
        return decode(change.payload, kind)
    except ValueError as error:
        raise UnfitError(str(error)) from None


def known(found: Mapping[str, Found | Unread], target: str, missing: str) -> Found:
    """What the platform says of a target.

    Raises:
        UnfitError: it does not know it, in the words of `missing`, or we cannot read what it says.
    """
    answer = found.get(target)
    if answer is None:
        raise UnfitError(missing)
    if isinstance(answer, Unread):
        raise UnfitError(answer.why)
    return answer


def lives(
    found: Mapping[str, Found | Unread], live: Callable[[Found], Live | None]
) -> dict[str, Live | Unread]:
    """What is in force per target; absent where the platform knows none.

    `live` raises `SourceContractError` for what it cannot read, which is said of that target alone.
    """
    answers = {
        target: answer if isinstance(answer, Unread) else read(lambda one=answer: live(one))  # type: ignore[misc]
        for target, answer in found.items()
    }
    return {target: answer for target, answer in answers.items() if answer is not None}


def price_text(change: Change, currency: str | None = None, *, decimals: int | None = None) -> str:
    """The new price as decimal text, as the shop keeps it.

    Without `currency` it is any; `decimals` are those that the shop charges in, if it may be fewer
    than the currency has.

    Raises:
        UnfitError: it is in another currency, in none, or finer than the shop's prices are.
    """
    if change.currency is None:
        raise UnfitError("a price has a currency")
    if currency not in (None, change.currency):
        raise UnfitError(f"the shop's prices are in {currency}")
    if decimals is not None and change.after % step_minor(change.currency, decimals):
        raise UnfitError(f"the shop's prices have {decimals} decimals")
    return format_minor(change.after, change.currency)


def step_minor(currency: str, decimals: int) -> int:
    """The smallest difference of two prices in minor units: 100 for euros without cents."""
    missing: int = 10 ** max(0, exponent(currency) - decimals)
    return missing
