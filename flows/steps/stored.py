"""What is stored in a home, each part opened when first used."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType

from contracts.errors import ConfigurationError
from contracts.ports import Stores
from flows.steps import secrets
from flows.steps.holders import holder, is_gone, os_user
from flows.steps.keys import OpenedKeys
from flows.steps.settings import ApproverSettings, HomeSettings
from warehouse.chain import Chain, confirm_key
from warehouse.checks import CheckResults
from warehouse.database import Database
from warehouse.erasures import Erasures
from warehouse.journal import JOURNAL, Journal
from warehouse.lake import Lake
from warehouse.landing import Landing
from warehouse.leases import Leases
from warehouse.ledger import Ledger
from warehouse.left_alone import LeftAlones
from warehouse.limits import RequestLimits
from warehouse.profiles import Profiles
from warehouse.quarantine import Quarantine
from warehouse.reading_totals import ReadingTotals
from warehouse.readings import Readings
from warehouse.recall import Recall
from warehouse.snapshots import Snapshots
from warehouse.tokens import SealedTokens


class Stored:
    """The shelves and the database of a home; closed when it is left."""

    def __init__(self, folder: Path, settings: HomeSettings) -> None:
        self.folder = folder
        self.settings = settings
        self.approvers: ApproverSettings | None = None
        self.once_open: Callable[[], None] = lambda: None

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if "database" in self.__dict__:
            self.database.close()

    @cached_property
    def landing(self) -> Landing:
        """Raw answers."""
        return Landing(self.folder / self.settings.storage.landing, self.keys.vault)

    @cached_property
    def lake(self) -> Lake:
        """Canonical and derived tables."""
        place = self.settings.storage.lake
        return Lake(place if "://" in place else self.folder / place)

    @cached_property
    def database(self) -> Database:
        """What changes under a transaction."""
        place, owner = self.settings.storage.database, self.settings.storage.database_owner
        keys = self._unconfirmed_keys
        opened = Database(
            secrets.database_url(place, folder=self.folder),
            owner_url=secrets.database_url(owner, folder=self.folder) if owner else None,
            chain=Chain(keys.vault.event_keys, os_user()),
        )
        try:
            keys.confirm(opened)
        except ConfigurationError:
            opened.close()
            raise
        opened.seal_with(keys.vault)
        self.database = opened  # what a restore makes due uses it already
        self.once_open()
        return opened

    @property
    def keys(self) -> OpenedKeys:
        """What seals and opens what is stored, and makes pseudonyms; the data is kept under it."""
        assert self.database  # opening it confirms them
        return self._unconfirmed_keys

    def confirm_key(self) -> None:
        """Whoever has a turn from here on seals with a key that is the home's.

        Raises:
            BusyError: the data key was changed since this home was opened.
        """
        with self.database.read() as connection:
            confirm_key(connection)

    @cached_property
    def _unconfirmed_keys(self) -> OpenedKeys:
        is_new = not (self.folder / self.settings.storage.landing).exists()
        return OpenedKeys.of(self.folder, self.settings.keys, is_new=is_new)

    @property
    def erasures(self) -> Erasures:
        """Who is forgotten; the list lies outside of what a restore brings back."""
        return Erasures(self.database, self.folder / "erasures.ndjson")

    @cached_property
    def limits(self) -> RequestLimits:
        """The request limits that all processes of this home share."""
        return RequestLimits(self.database)

    @cached_property
    def tokens(self) -> SealedTokens:
        """The renewed tokens that all processes of this home share."""
        return SealedTokens(
            database=self.database,
            vault=self.keys.vault,
            holder=holder(),
            is_gone=is_gone,
            now=lambda: dt.datetime.now(dt.UTC),
        )

    @property
    def stores(self) -> Stores:
        """What all clients of this home's accounts share."""
        return Stores(limits=self.limits, tokens=self.tokens)

    @cached_property
    def leases(self) -> Leases:
        """Who does what only one may do at a time."""
        return Leases(self.database)

    @cached_property
    def readings(self) -> Readings:
        """What was read, until when, and the lake's recorded versions."""
        return Readings(self.database)

    @property
    def reading_totals(self) -> ReadingTotals:
        """What the readings came to, per stream."""
        return ReadingTotals(self.database)

    @property
    def profiles(self) -> Profiles:
        """What the last readings looked like."""
        return Profiles(self.database)

    @property
    def snapshots(self) -> Snapshots:
        """Which readings were whole snapshots."""
        return Snapshots(self.database)

    @cached_property
    def quarantine(self) -> Quarantine:
        """Documents kept out of the lake."""
        return Quarantine(self.database, self.keys.vault)

    @cached_property
    def checks(self) -> CheckResults:
        """Latest results of checks."""
        return CheckResults(self.database)

    @cached_property
    def left_alone(self) -> LeftAlones:
        """What the policies left as it is, counted by reason."""
        return LeftAlones(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """Actions and their events."""
        return Ledger(self.database, recall=self.recall)

    @cached_property
    def recall(self) -> Recall:
        """What was sent, by a journal that lies outside of what a restore brings back."""
        return Recall(self.database, Journal(self.folder / JOURNAL))
