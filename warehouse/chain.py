"""The seal of the chain of events: who lacks the home's key cannot write an event anew."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from contracts.errors import BusyError
from warehouse.models import key_ids

OPTION = "shopkeeper_chain"
"""Execution option that carries the chain of a database to where events are written."""


@dataclass(frozen=True, slots=True, repr=False)
class Chain:
    """Keys by public name, the one in use first; those of before still prove what they sealed."""

    keys: Mapping[str, bytes]
    os_user: str | None = None
    """The operating system's user of this process: beside the name that somebody typed."""

    @property
    def key_id(self) -> str:
        """The public name of the key in use."""
        return next(iter(self.keys))

    def seal(self, key_id: str, previous_hash: str, content: bytes) -> str:
        """The hash of an event under a key; of one that is not ours no event has it."""
        key = self.keys.get(key_id)
        if key is None:
            return ""
        return hmac.digest(key, previous_hash.encode() + content, hashlib.sha256).hex()


def chain_of(connection: Connection) -> Chain | None:
    """The chain of the database of a connection; None: it was opened without keys."""
    found: Chain | None = connection.get_execution_options().get(OPTION)
    return found


def confirm_key(connection: Connection) -> None:
    """Hold a process that was started before `keys rotate` back from sealing with the key of then.

    Raises:
        BusyError: the home's data is kept under a key that this process does not have.
    """
    chain = chain_of(connection)
    if chain is None:
        return
    query = select(key_ids.c.key_id).where(key_ids.c.name == "data")
    known = connection.execute(query).scalar_one_or_none()
    if known is not None and known not in chain.keys:
        raise BusyError("the data key was changed while this process ran: start it again")
