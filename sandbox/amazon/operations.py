"""The operations that are served; each module declares its own."""

from typing import Final

from sandbox.amazon.account import Account
from sandbox.kit.rest import Operations

HAL: Final = "application/hal+json"
OPERATIONS: Final[Operations[Account]] = Operations()
