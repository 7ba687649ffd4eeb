"""What the policies did not do, and why: by policy and reason, the most first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.languages import Bilingual, Language
from reports import formats

_SHOWN_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedHold:
    """How many targets a policy left alone in a shop for one reason, in half a sentence."""

    shop_id: str
    policy: str
    targets: int
    samples: tuple[str, ...]
    phrase: str
    phrase_zh: str

    @property
    def bilingual(self) -> Bilingual:
        """The half sentence in both languages."""
        return Bilingual(self.phrase, self.phrase_zh)

    @property
    def summary(self) -> str:
        """In one line: how many, why, and which for example."""
        examples = f" (such as {', '.join(self.samples)})" if self.samples else ""
        return f"{formats.count(self.targets)}: {self.phrase}{examples}"


def by_policy(holds: Sequence[ReportedHold]) -> Iterator[tuple[str, list[ReportedHold]]]:
    """Each policy with its reasons over all shops."""
    for policy in sorted({one.policy for one in holds}):
        merged: dict[str, ReportedHold] = {}
        for one in holds:
            if one.policy == policy:
                merged[one.phrase] = _together(merged.get(one.phrase), one)
        yield policy, sorted(merged.values(), key=lambda one: (-one.targets, one.phrase))


def _together(known: ReportedHold | None, one: ReportedHold) -> ReportedHold:
    if known is None:
        return one
    return ReportedHold(
        shop_id="",
        policy=one.policy,
        targets=known.targets + one.targets,
        samples=known.samples or one.samples,
        phrase=one.phrase,
        phrase_zh=one.phrase_zh,
    )


def because(reasons: Sequence[ReportedHold], language: Language = "en") -> str:
    """How many one policy left alone and its main reasons, in one sentence."""
    total = formats.count(sum(one.targets for one in reasons))
    main = [
        f"{formats.count(one.targets)} {one.bilingual.in_(language)}"
        for one in reasons[:_SHOWN_REASONS]
    ]
    more = len(reasons) - _SHOWN_REASONS
    if language == "zh":
        rest = [f"另有 {more} 种原因"] if more > 0 else []
        return f"未处理 {total}：{'；'.join([*main, *rest])}"
    rest = [f"{more} more {'reason' if more == 1 else 'reasons'}"] if more > 0 else []
    return f"left {total} alone: {'; '.join([*main, *rest])}"
