"""The past of a home, played again from landing: what was read by a moment, and nothing later.

A home of its own beside the real one, in a folder that is thrown away: the same settings, the same
raw answers, an empty lake and an empty database. So every step that runs on a home runs on it as
it did then, and what it writes is written there.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import polars as pl

from connectors.base.declaration import Stream
from contracts.actions import Action
from contracts.streams import Page, Reading
from contracts.tables import Cost
from flows.steps.build import rebuild
from flows.steps.home import Home
from flows.steps.policies import PolicyFile
from flows.steps.progress import Progress
from flows.steps.pull import pull_reading
from flows.steps.settings import Auto, Storage
from flows.steps.shop import Shop
from warehouse.encryption import Vault
from warehouse.landing import Landing
from warehouse.past import bring

_ERASURES = "erasures.ndjson"
_UNASKED = Auto(shadow_days=0, least_costed_rate=0, needs_backtest=False)
_OURS = 2**63 - 1
"""Stands for the hash of a price that would be in force: it is the last of its instant."""


class _Kept(Landing):
    """Raw answers that are read and never changed; `missing` are readings that cannot be read."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        super().__init__(folder, vault)
        self.missing: list[str] = []

    def drop(self, reading_id: str) -> None:
        """It cannot be read, and is not ours to drop."""
        self.missing.append(reading_id)

    def rewrite_reading(self, reading_id: str, change: Callable[[Page], Page | None]) -> int:
        """What is to go out of it went out when it was loaded."""
        return 0


class Past(Home):
    """A home as it was; `advance` brings it to later and later moments."""

    def __init__(self, real: Home, folder: Path, policies: Mapping[str, PolicyFile]) -> None:
        landing = real.folder / real.settings.storage.landing
        storage = Storage(landing=str(landing))
        super().__init__(
            folder, real.settings.model_copy(update={"storage": storage, "auto": _UNASKED})
        )
        assert real.database  # opening it confirms the keys
        self._unconfirmed_keys = real.keys
        self.once_open = self._recall_erasures
        self.landing = self._kept = _Kept(landing, real.keys.vault)
        self.shops, self.policies = real.shops, dict(policies)
        self._real = real
        self._due = {shop.id: list(_readings(real, shop)) for shop in real.shops.values()}
        self._costs: dict[str, pl.DataFrame] = {}
        if (real.folder / _ERASURES).exists():
            shutil.copy(real.folder / _ERASURES, folder / _ERASURES)

    def _recall_erasures(self) -> None:
        """Mappings obey who is forgotten; there is nothing else here that is somebody's."""
        self.erasures.recall()

    def now(self, shop: Shop) -> dt.datetime:
        """The moment that is played."""
        return self.data_as_of(shop)

    @property
    def missing(self) -> tuple[str, ...]:
        """Readings that were loaded and that landing no longer holds whole."""
        return tuple(self._kept.missing)

    def first_read(self, shop: Shop) -> dt.datetime | None:
        """When the shop was first read, of what landing holds or not."""
        return min((one.read_at for one, _ in self._due[shop.id]), default=None)

    def advance(self, shop: Shop, until: dt.datetime, progress: Progress) -> int:
        """Load what was read of a shop before an instant and is not loaded yet; how many readings.

        A cost that is overwritten is known by the one that was in use before it, so what is made of
        costs is made before others are read.
        """
        due = [one for one in self._due[shop.id] if one[0].read_at < until]
        self._due[shop.id] = self._due[shop.id][len(due) :]
        for done, (reading, stream) in enumerate(due):
            progress(f"replay {shop.id}", done, len(due))
            if not self.landing.is_complete(reading.id):
                self.landing.drop(reading.id)
                continue
            if Cost in stream.tables and self._has_other_costs(shop):
                rebuild(self, shop_id=shop.id, changed=("costs",))
            pull_reading(self, shop, stream, None, reading)
        progress(f"replay {shop.id}", len(due), len(due))
        return len(due)

    def remember(
        self,
        shop: Shop,
        at: dt.datetime,
        *,
        is_history: Callable[[Action], bool],
        own_runs: Collection[str],
    ) -> None:
        """Let the ledger answer for others as the real one did at a moment."""
        bring(
            self.database, self._real.database, shop_id=shop.id, at=at, is_history=is_history,
            own_runs=own_runs,
        )  # fmt: skip

    def prices(self, shop: Shop) -> pl.DataFrame:
        """The price that each listing of a shop was really seen at last, as it was read."""
        seen = self.scan("prices", shop).filter(pl.col("content_hash") != _OURS)
        order = ("observed_at", "read_at", "content_hash")
        return seen.sort(order).group_by("shop_id", "listing_id").last().collect()

    def put_prices(self, shop: Shop, changed: Mapping[str, int]) -> None:
        """Let these prices, by listing, be in force from the instant of the one that was seen."""
        ours = self.prices(shop).filter(pl.col("listing_id").is_in(list(changed)))
        if ours.is_empty():
            return
        after = pl.col("listing_id").replace_strict(changed, return_dtype=pl.Int64)
        none = pl.lit(None, pl.String)
        rows = ours.with_columns(price_minor=after, price_text=none, content_hash=pl.lit(_OURS))
        merged = self.lake.merge({"prices": rows})
        self.readings.record({name: one.version for name, one in merged.items()})

    def _has_other_costs(self, shop: Shop) -> bool:
        """Whether costs differ from the last call."""
        rows = self.scan("costs", shop).select("sku_id", "valid_from", "unit_cost_minor")
        costs = rows.collect().sort("sku_id", "valid_from")
        before = self._costs.get(shop.id, costs.clear())
        self._costs[shop.id] = costs
        return not costs.equals(before)


def _readings(real: Home, shop: Shop) -> Iterator[tuple[Reading, Stream]]:
    """What was read of a shop, oldest first, and what maps it today."""
    aside = [one.reading for one in real.readings.set_aside(shop_id=shop.id)]
    found = [
        (reading, stream)
        for _, stream in shop.streams()
        for reading in (
            *real.readings.loaded_by(shop.id, stream.name, older_than=None),
            *(one for one in aside if one.stream == stream.name),
        )
    ]
    yield from sorted(found, key=lambda one: (one[0].read_at, one[0].window, one[0].stream))
