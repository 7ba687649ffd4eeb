"""What was not done while the rest went on: a rung of the ladder, its name and one sentence.

document → reading → stream → source → shop: what is odd on one rung stops nothing beside it.
Documents are counted in quarantine; the other rungs are reported here.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from contracts import errors
from contracts.errors import BusyError, ShopkeeperError, TransientSourceError
from contracts.languages import Bilingual
from flows.steps.shop import Shop
from reports.names import ERRORS, RUNGS, named

Done = TypeVar("Done")

_log = logging.getLogger(__name__)


class Rung(StrEnum):
    """How much is stopped."""

    READING = "reading"
    STREAM = "stream"
    SOURCE = "source"
    SHOP = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """One thing that was stopped; `name` is a reading's id, a stream, a connector or a step."""

    shop_id: str
    rung: Rung
    name: str
    sentence: str
    error: str
    """Class of the error, see contracts.errors."""

    @classmethod
    def by(cls, error: Exception, *, shop_id: str, rung: Rung, name: str) -> "Blocked":
        """What an error stopped. Of one that is not ours only the kind is reported: its text could
        hold anything.
        """
        is_ours = isinstance(error, ShopkeeperError)
        if not is_ours:
            _log.debug("shop=%s %s=%s", shop_id, rung, name, exc_info=error)
        return cls(
            shop_id=shop_id,
            rung=rung,
            name=name,
            sentence=str(error) if is_ours else f"it fails: {type(error).__name__}",
            error=_class_of(error).__name__,
        )

    @property
    def summary(self) -> str:
        """What an operator reads."""
        return f"{self.shop_id}: {self.rung} {self.name}: {self.sentence}"

    @property
    def bilingual(self) -> Bilingual:
        """The same in both languages: in Chinese what kind of error it is, and its own words."""
        rung, kind = RUNGS[self.rung].zh, named(ERRORS, self.error).zh
        return Bilingual(
            self.summary, f"{self.shop_id}：{rung} {self.name}：{kind}（原文：{self.sentence}）"
        )

    @property
    def as_error(self) -> ShopkeeperError:
        """The error again, to be raised where nothing else was done."""
        kind: type[ShopkeeperError] = getattr(errors, self.error, ShopkeeperError)
        begins = (
            "" if self.sentence.startswith(f"shop {self.shop_id} ") else f"shop {self.shop_id}: "
        )
        return kind(f"{begins}{self.sentence}")

    @property
    def may_pass(self) -> bool:
        """Whether a later try may find it gone, without anybody doing anything."""
        return issubclass(
            getattr(errors, self.error, ShopkeeperError), TransientSourceError | BusyError
        )


def _class_of(error: Exception) -> type[ShopkeeperError]:
    """The class of an error by what a caller does next; connectors have finer ones."""
    known = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return next(known, ShopkeeperError)


def each(
    shops: Sequence[Shop],
    step: str,
    work: Callable[[Shop], Done],
    blocked: list[Blocked] | None = None,
) -> list[Done]:
    """Do a step for every shop; what stops one of them does not stop the others.

    With `blocked`, shops that it holds are left out and what stops a shop is added to it.

    Raises:
        ShopkeeperError: without `blocked`, the first of those that stopped a shop, once every shop
            had its turn.
    """
    found: list[Blocked] = []
    stopped = {one.shop_id for one in blocked or () if one.rung is Rung.SHOP}
    done = []
    for shop in shops:
        if shop.id in stopped:
            continue
        try:
            done.append(work(shop))
        except OSError:
            raise  # a full disk or a missing folder stops every shop
        # Whatever stops one shop, be it a fault of ours, must not stop the others.
        except Exception as error:
            if blocked is None and len(shops) == 1:
                raise
            found.append(Blocked.by(error, shop_id=shop.id, rung=Rung.SHOP, name=step))
    if blocked is None and found:
        raise found[0].as_error
    if blocked is not None:
        blocked += found
    return done


def raise_if_nothing_was_done(blocked: Iterable[Blocked], *, done: bool) -> None:
    """Raise the first of what was stopped where nothing else was done.

    Raises:
        ShopkeeperError: see above.
    """
    first = next(iter(blocked), None)
    if first is not None and not done:
        raise first.as_error
