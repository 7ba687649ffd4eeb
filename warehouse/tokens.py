"""Tokens that all processes of a home share: sealed, and renewed by one process at a time."""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import select, update

from contracts.errors import BusyError
from contracts.tokens import Tokens
from warehouse.chain import confirm_key
from warehouse.database import Database, upsert
from warehouse.encryption import Vault, text_head
from warehouse.leases import Lease, Leases
from warehouse.models import tokens

# Longer than a request for tokens may take: whoever is silent for so long has lost its lease.
TURN = dt.timedelta(minutes=3)
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTokens:
    """The tokens of all accounts; answers `contracts.ports.TokenStore`.

    Args:
        holder, is_gone: the name of this process, and whether a process has ended.
        now: UTC.
        patience: how long a lease is waited for.
        sleep: seconds.
    """

    database: Database
    vault: Vault = field(repr=False)
    holder: str
    is_gone: Callable[[str], bool]
    now: Callable[[], dt.datetime]
    patience: dt.timedelta = TURN
    sleep: Callable[[float], None] = time.sleep

    def load(self, account: str) -> Tokens | None:
        """The newest tokens of an account.

        Raises:
            SealError: they were altered, or sealed with a key that this home does not have.
        """
        query = select(tokens.c.sealed).where(tokens.c.account == account)
        with self.database.read() as connection:
            sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            return None
        opened = self.vault.open_text(sealed, name=_name(account))
        return msgspec.json.decode(opened, type=Tokens)

    def save(self, account: str, renewed: Tokens) -> None:
        """Keep tokens in place of the earlier ones; a power cut does not take them back.

        Raises:
            BusyError: the key that this process seals with is not the home's any more.
        """
        text = msgspec.json.encode(renewed).decode()
        values = {
            "sealed": self.vault.seal_text(text, name=_name(account)),
            "saved_at": self.now(),
        }
        with self.database.write() as connection:
            confirm_key(connection)
            connection.execute(
                upsert(connection, tokens)
                .values(account=account, **values)
                .on_conflict_do_update(index_elements=[tokens.c.account], set_=values)
            )

    def sealed_with(self, key_ids: Collection[str]) -> int:
        """Accounts whose tokens are sealed with one of these keys, by public name."""
        heads = tuple(map(text_head, key_ids))
        with self.database.read() as connection:
            found = connection.execute(select(tokens.c.sealed)).scalars()
            return sum(one.startswith(heads) for one in found)

    def reseal(self) -> int:
        """Seal with the key in use what an outdated one sealed; accounts that were changed."""
        heads = tuple(map(text_head, self.vault.outdated))
        with self.database.write() as connection:
            found = connection.execute(select(tokens.c.account, tokens.c.sealed)).all()
            old = [row for row in found if row.sealed.startswith(heads)]
            for row in old:
                sealed = self.vault.reseal_text(row.sealed, name=_name(row.account))
                connection.execute(
                    update(tokens).where(tokens.c.account == row.account).values(sealed=sealed)
                )
        return len(old)

    @contextmanager
    def lease(self, account: str) -> Iterator[None]:
        """Wait until nobody else renews the account's tokens, and keep others waiting.

        A lease and no transaction: a platform's answer may take a minute, for which nobody else
        could write.

        Raises:
            BusyError: somebody else goes on for too long.
        """
        leases = Leases(self.database)
        lease = self._lease(leases, account)
        try:
            yield
        finally:
            leases.release(lease, at=self.now())

    def _lease(self, leases: Leases, account: str) -> Lease:
        until = self.now() + self.patience
        while True:
            try:
                return leases.take(
                    f"renew {_name(account)}",
                    holder=self.holder,
                    length=TURN,
                    at=self.now(),
                    is_gone=self.is_gone,
                )
            except BusyError:
                if self.now() >= until:
                    raise
                self.sleep(_POLL_SECONDS)


def _name(account: str) -> str:
    return f"tokens {account}"
