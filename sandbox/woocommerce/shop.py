"""The shop of the dialect: the world, and what WooCommerce keeps that the world has no word for."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.kit.errors import RefusedError
from sandbox.kit.shop import Shop as KitShop
from sandbox.woocommerce.families import Families
from sandbox.woocommerce.faults import Faults
from sandbox.world.world import World

_FRAMES: Final = ("products", "discounts", "reviews", "orders", "lines", "refunds", "customers")


@dataclass
class Kept:
    """What was written that the world has no column for, by id.

    `status` is by frame of the world that of what has another than the world says; `unmanaged` are
    products without stock management, `backorders` how others may be sold below nothing; `offers`
    and `prices` what was written of prices (`sandbox.woocommerce.offers`), `coupon_fields` what a
    coupon has besides; `drafts` the orders that were begun and refused, `fees` and `line_edits`
    what was written of the lines of others.
    """

    status: dict[str, dict[int, str]] = field(
        default_factory=lambda: {"orders": {}, "products": {}, "reviews": {}}
    )
    unmanaged: set[int] = field(default_factory=set)
    backorders: dict[int, str] = field(default_factory=dict)
    offers: dict[int, Any] = field(default_factory=dict)
    prices: dict[int, str] = field(default_factory=dict)
    coupon_fields: dict[int, dict[str, Any]] = field(default_factory=dict)
    drafts: list[int] = field(default_factory=list)
    fees: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    line_edits: dict[int, dict[str, Any]] = field(default_factory=dict)


class Shop(KitShop):
    """State behind the API; every access holds `world.lock`."""

    def __init__(self, world: World, *, decimals: int, faults: Faults, families: Families) -> None:
        super().__init__(world, world.channel.name)
        self.decimals, self.faults, self.families = decimals, faults, families
        self.kept = Kept()

    @property
    def zone(self) -> ZoneInfo:
        """The site's zone."""
        return ZoneInfo(self.world.zone)

    def money(self, minor: int, decimals: int | None = None) -> str:
        """An amount as text with the shop's decimals, or as many as asked for."""
        step = Decimal(1).scaleb(-(self.decimals if decimals is None else decimals))
        return str((Decimal(minor) / 100).quantize(step, ROUND_HALF_UP))

    def dates(self, **instants: datetime | None) -> dict[str, str | None]:
        """Each instant twice: in the site's zone, and as GMT under the name with `_gmt`."""
        return {
            name + suffix: None if at is None else f"{at.astimezone(zone):%Y-%m-%dT%H:%M:%S}"
            for name, at in instants.items()
            for suffix, zone in (("", self.zone), ("_gmt", UTC))
        }

    @contextmanager
    def refusing(self, kind: str, target: object, given: object) -> Iterator[None]:
        """Keep a write that is refused inside."""
        try:
            yield
        except RefusedError as refused:
            self.record(kind, target, given, applied=False, error=refused.entry["code"])
            raise

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what is written inside: its answer alone says that it was done."""
        # Frames are replaced and never altered; what the shop keeps itself is altered.
        frames: dict[str, Any] = {name: getattr(self.world, name) for name in _FRAMES}
        kept, written = deepcopy(self.kept), len(self.world.writes)
        yield
        self.kept = kept
        for name, frame in frames.items():
            setattr(self.world, name, frame)
        for record in self.world.writes[written:]:
            record |= {"applied": False, "fault": "unapplied"}
