"""The shop of the dialect: the world, and what WooCommerce keeps that the world has no word for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.families import Families
from sandbox.woocommerce.faults import Faults
from sandbox.world.world import World


@dataclass
class Shop:
    """State behind the API; every access holds `world.lock`.

    `decimals` are those of the shop's prices. `unmanaged` are products without stock management,
    `backorders` of those that may be sold below nothing how, `offers` and `prices` what was written
    of prices (`sandbox.woocommerce.offers`), `product_status` that of products which are not
    public, `coupon_fields` what a coupon has besides the world's columns, `review_status` that of
    reviews which are not approved, `drafts` the ids of orders that were begun and refused,
    `order_status` that of orders which was written, `fees` and `line_edits` what was written of
    their lines.
    """

    world: World
    decimals: int = 2
    faults: Faults = field(default_factory=Faults)
    unmanaged: set[int] = field(default_factory=set)
    backorders: dict[int, str] = field(default_factory=dict)
    offers: dict[int, Any] = field(default_factory=dict)
    prices: dict[int, str] = field(default_factory=dict)
    product_status: dict[int, str] = field(default_factory=dict)
    coupon_fields: dict[int, dict[str, Any]] = field(default_factory=dict)
    review_status: dict[int, str] = field(default_factory=dict)
    drafts: list[int] = field(default_factory=list)
    order_status: dict[int, str] = field(default_factory=dict)
    fees: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    line_edits: dict[int, dict[str, Any]] = field(default_factory=dict)
    families: Families = field(default_factory=Families)

    @property
    def zone(self) -> ZoneInfo:
        """The site's zone."""
        return ZoneInfo(self.world.zone)

    def money(self, minor: int, decimals: int | None = None) -> str:
        """An amount as text with the shop's decimals, or as many as asked for."""
        places = self.decimals if decimals is None else decimals
        step = Decimal(1).scaleb(-places)
        return str((Decimal(minor) / 100).quantize(step, ROUND_HALF_UP))

    def dates(self, **instants: datetime | None) -> dict[str, str | None]:
        """Each instant twice: in the site's zone, and as GMT under the name with `_gmt`."""
        answer = {}
        for name, instant in instants.items():
            answer[name] = _text(instant, self.zone)
            answer[f"{name}_gmt"] = _text(instant, UTC)
        return answer

    def record(self, kind: str, target: object, after: object, *, error: str | None = None) -> None:
        """Keep a write that was received; `error` is why it was refused."""
        entry = {
            "at": self.world.clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "channel": self.world.channel.name,
            "kind": kind,
            "target": str(target),
            "after": after,
            "applied": error is None,
        }
        self.world.writes.append(entry if error is None else entry | {"error": error})

    @contextmanager
    def refusing(self, kind: str, target: object, given: object) -> Iterator[None]:
        """Keep a write that is refused inside."""
        try:
            yield
        except RestError as refused:
            self.record(kind, target, given, error=refused.code)
            raise


def minor_of(text: object) -> int | None:
    """Hundredths of an amount written as text; None when it is no amount or negative."""
    try:
        amount = Decimal(str(text).strip())
    except ArithmeticError:
        return None
    if not amount.is_finite() or amount < 0:
        return None
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _text(instant: datetime | None, zone: Any) -> str | None:
    return None if instant is None else instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
