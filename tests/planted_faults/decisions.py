"""What policies decide of what was read on the last day: clean, and with a fault in one stream."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from actions.policies.registry import policies
from contracts.actions import Action
from contracts.codes import ActionState, WriteKind
from flows.steps.build import build
from flows.steps.check import check
from flows.steps.decide import decide
from flows.steps.home import Home
from tests.planted_faults.faults import Fault
from tests.planted_faults.tape import Tape, copied, play

Step = tuple[str, str, str, int, str | None]
"""Policy, what it does, to what, the value and the content."""
_LIMITS: Final = "max_actions = 100_000\nmax_exposure_minor = 1_000_000_000\n"
_PARAMETERS: Final = {
    "repricing": '[parameters]\nrule = "match"\nmin_factor = 0.5\nmax_factor = 2.0\n',
}


def write_policies(folder: Path) -> None:
    """Every policy, so that it proposes as much as it likes in each of the home's shops."""
    shops = [path.stem for path in (folder / "shops").glob("*.toml")]
    limits = "".join(f"[shops.{shop}.limits]\n{_LIMITS}" for shop in shops)
    for name in policies():
        text = f'mode = "approve"\n{_PARAMETERS.get(name, "")}{limits}'
        (folder / "policies" / f"{name}.toml").write_text(text, encoding="utf-8")


@dataclass
class Decisions:
    """A stream of a shop, and a home that has read all the others of the last day."""

    tape: Tape
    shop_id: str
    name: str
    folder: Path
    clean: frozenset[Step] = field(init=False)

    def __post_init__(self) -> None:
        with copied(self.tape.folder) as home:
            shop = home.shop(self.shop_id)
            for shop_id, name in sorted(self.tape.pages):
                if shop_id == self.shop_id and name != self.name:
                    play(home, self.tape, shop, name, None)
            write_policies(home.folder)
            check(home, shop_id=self.shop_id, has_docs=False)
            build(home, shop_id=self.shop_id)
            shutil.copytree(home.folder, self.folder)
        self.clean = self.decided(None)

    def decided(self, fault: Fault | None) -> frozenset[Step]:
        """What is proposed and not refused once the stream is read with the fault in it.

        An alert that says that its data may be wrong is none: a person looks before acting.
        """
        with copied(self.folder) as home:
            play(home, self.tape, home.shop(self.shop_id), self.name, fault)
            check(home, shop_id=self.shop_id, has_docs=False)
            build(home, shop_id=self.shop_id)
            decide(home, shop_id=self.shop_id)
            return frozenset(_step(one) for one in _acting(home, self.shop_id))


def _acting(home: Home, shop_id: str) -> list[Action]:
    found = home.ledger.find(shop_id=shop_id, states=[ActionState.PROPOSED])
    is_doubted = {
        one.action_id for one in found if one.write_kind is WriteKind.NONE and one.guard_reason
    }
    return [one for one in found if one.action_id not in is_doubted]


def _step(one: Action) -> Step:
    return one.policy, str(one.write_kind), one.target_id, one.after_value, one.payload
