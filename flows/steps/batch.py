"""A batch of proposals that a person decides on at once: found by a filter, shown by its totals and
its largest, and approved as it was shown and not otherwise."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from actions.stakes import change_rate, stake
from actions.writes import is_order
from contracts.actions import Action, content_hashes
from contracts.codes import ActionState, WriteKind
from contracts.errors import ConfigurationError
from contracts.languages import Bilingual, Language
from flows.steps.home import Home
from reports.batches import BatchTotal

SAMPLES: Final = 5
_WAITING: Final = Bilingual("{} wait for approval", "{} 项待审批")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which of the proposals that wait are meant; None: any."""

    policy: str | None = None
    shop_id: str | None = None
    max_change_rate: float | None = None
    """Only prices that move by at most this fraction."""

    @classmethod
    def parse(
        cls, *, policy: str | None, shop_id: str | None, max_change: str | None
    ) -> "Filter | None":
        """From what was typed; nothing, where no part of a filter was.

        Raises:
            ConfigurationError: the change is no percentage.
        """
        if policy is shop_id is max_change is None:
            return None
        rate = _percentage(max_change) if max_change is not None else None
        return cls(policy=policy, shop_id=shop_id, max_change_rate=rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What would be approved, and the stamp by which it is known again."""

    contents: Mapping[str, str]
    """Hash of the content by action id."""
    totals: tuple[BatchTotal, ...]
    sample: tuple[Action, ...]
    """The largest, by how far they move, then by what is at stake."""
    stamp: str

    @property
    def action_ids(self) -> list[str]:
        """Ids of all."""
        return list(self.contents)

    def lines(self, language: Language) -> list[str]:
        """Count and totals, one per line."""
        totals = [one.bilingual.in_(language) for one in self.totals]
        return [_WAITING.in_(language).format(f"{len(self.contents):,}"), *totals]


def batch(home: Home, chosen: Filter) -> Batch:
    """The proposals that wait, are in time, and pass the filter.

    Raises:
        ConfigurationError: no such shop or policy.
    """
    shops = home.select(chosen.shop_id)
    if chosen.policy is not None:
        home.policies_of(shops[0], chosen.policy)
    now = {shop.id: home.now(shop) for shop in shops}
    found = home.ledger.find(
        states=[ActionState.PROPOSED], policy=chosen.policy, shop_id=chosen.shop_id
    )
    meant = [
        one for one in found
        if one.shop_id in now and one.expires_at > now[one.shop_id] and _passes(one, chosen)
    ]  # fmt: skip
    contents = {one.action_id: content_hash(one) for one in meant}
    return Batch(
        contents=contents,
        totals=tuple(_totals(home, meant)),
        sample=tuple(sorted(meant, key=_size, reverse=True)[:SAMPLES]),
        stamp=_stamp(contents),
    )


def content_hash(action: Action) -> str:
    """What of an action is sent, as one hash."""
    return content_hashes(asdict(action))["content_hash"]


def _percentage(text: str) -> float:
    """ "5%" and "0.05" are the same."""
    number = text.strip()
    try:
        rate = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ConfigurationError(f"--max-change {text!r} is no percentage such as 5%")
    return rate


def _passes(action: Action, chosen: Filter) -> bool:
    if chosen.max_change_rate is None:
        return True
    rate = change_rate(action)
    # A hair: 95 of 100 is 5 % off, which no float says exactly.
    return rate is not None and rate <= chosen.max_change_rate + 1e-9


def _size(action: Action) -> tuple[float, int]:
    return change_rate(action) or 0.0, stake(action).minor or 0


def _totals(home: Home, actions: Sequence[Action]) -> Iterator[BatchTotal]:
    groups: dict[tuple[str, str, str, str], list[Action]] = {}
    for one in actions:
        currency = stake(one).currency or home.shop(one.shop_id).settings.currency
        groups.setdefault((one.shop_id, one.policy, one.write_kind, currency), []).append(one)
    for (shop_id, policy, kind, currency), same in sorted(groups.items()):
        rates = [rate for rate in map(change_rate, same) if rate is not None]
        stakes = [stake(one).minor for one in same]
        effects = [one.effect_minor for one in same if one.effect_minor is not None]
        changes = [one.after_value - (one.before_value or 0) for one in same] if rates else []
        is_counted = kind == WriteKind.SET_STOCK or is_order(same[0])
        yield BatchTotal(
            shop_id=shop_id,
            policy=policy,
            write_kind=kind,
            currency=currency,
            count=len(same),
            raises=sum(change > 0 for change in changes),
            cuts=sum(change < 0 for change in changes),
            largest_rate=max(rates, default=None),
            units=sum(one.after_value if is_counted else one.units_at_risk for one in same),
            unit="pieces" if is_counted else "pieces a day at the new values",
            stake_minor=sum(one for one in stakes if one is not None),
            unknown=stakes.count(None),
            effect_minor=sum(effects) if effects else None,
        )


def _stamp(contents: Mapping[str, str]) -> str:
    text = "\n".join(f"{one} {content}" for one, content in sorted(contents.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
