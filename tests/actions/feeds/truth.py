"""A world whose truth no decision shares: what goods cost, are sold at, and who buys them."""

import math
import random
from dataclasses import dataclass
from typing import Final

FEEDS: Final = ("costs", "costs_anew", "offers", "prices", "prices_live", "fx")
"""What goes wrong: costs written over, or dated anew; competitors' offers; our own prices as they
are read, and the same where the look just before a write is wrong too; rates of exchange."""
WAYS: Final = (
    "zero", "times_100", "hundredth", "times_10", "tenth", "double", "half", "unreadable", "absent",
    "stale", "other_currency", "other_amount", "near_amount", "swapped",
)  # fmt: skip
"""`other_currency` is another label on the same amount; `other_amount` an amount in yuan under the
label of dollars, `near_amount` the same in euros, which are nearly as much."""
USUAL_OFF: Final = 0.1
"""What every second buyer gets off, where anybody buys; of what nobody buys that is half usual."""


@dataclass(frozen=True, slots=True)
class Case:
    """A feed that is wrong in one way, for some SKUs or for all, from one day until another."""

    feed: str
    way: str
    is_all: bool
    first: int
    last: int

    @property
    def shop_id(self) -> str:
        """A shop of its own."""
        share = "all" if self.is_all else "some"
        return f"{self.feed}.{self.way}.{share}.{self.last + 1 - self.first}"

    def strikes(self, article: int, day: int) -> bool:
        """Whether what is told of an article on a day is wrong."""
        return self.first <= day <= self.last and self.concerns(article)

    def concerns(self, article: int) -> bool:
        """Every sixth: where more than a fifth is in quarantine the whole table is held."""
        return self.is_all or article % 6 == 1


RIGHT: Final = Case("none", "right", is_all=False, first=0, last=-1)


@dataclass(slots=True)
class Article:
    """One SKU of one shop as it really is; amounts in cents."""

    case: Case
    number: int
    cost_at_first: int
    price: int
    list_price: int | None
    demand: float
    first_price: int = 0

    @property
    def id(self) -> str:
        """Its code, which is its listing's too."""
        return f"{self.case.shop_id}-{self.number}"

    @property
    def sells(self) -> bool:
        """Some goods nobody buys, so that no order tells what they are sold at."""
        return self.number % 12 not in (6, 8, 11)

    def cost(self, day: int) -> int:
        """What a piece costs the merchant: it moves by 2 % at most."""
        return round(self.cost_at_first * (1 + 0.02 * math.sin(day / 20 + self.number)))

    def left(self, price: int, day: int) -> float:
        """What a sale at a price leaves after the usual discount and all that it costs."""
        paid = price * (1 - (USUAL_OFF if self.sells else USUAL_OFF / 2))
        fees, tax = paid * 0.08, paid - paid / 1.07
        return paid - fees - tax - 60 - 20 - 0.05 * 150 - self.cost(day)

    def sold(self) -> int:
        """Pieces of a day: demand answers with an elasticity of -3."""
        return max(1, round(self.demand * (self.price / self.first_price) ** -3))

    def rival(self, day: int) -> int:
        """What the rival asks: one wanders far below our cost and above, one always undercuts,
        one is always dearer, one asks what we ask, so that our price never moves."""
        wanders = self.first_price * (1 + 0.25 * math.sin(day / 6 + self.number))
        asked = (wanders, self.price * 0.97, self.price * 1.2, self.price)
        return round(asked[self.number % 4])


@dataclass(frozen=True, slots=True)
class Change:
    """A price that the guard let pass."""

    article: Article
    day: int
    before: int
    after: int
    is_sent: bool
    """Not, where the shop shows another price than it was decided from."""


def articles(case: Case, count: int) -> list[Article]:
    """The same goods in every shop: none sells at a loss, and a third is near its floor."""
    luck = random.Random(7)
    made = []
    for number in range(count):
        cost = luck.randint(500, 5000)
        even = (cost + 87.5) / (0.9 * (1 - 0.08 - 0.07 / 1.07))
        price = round(even * luck.uniform(1.08, 1.5))
        listed = round(price * 1.2) if luck.random() < 0.5 else None
        made.append(Article(case, number, cost, price, listed, luck.uniform(1, 9), price))
    return made
