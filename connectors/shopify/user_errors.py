"""What Shopify finds wrong with a write: an HTTP 200 with `userErrors` is a failed write."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connectors.base.sending import urgency_of
from connectors.base.wire import decoded
from connectors.shopify.client import ShopifyClient
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError


class UserError(msgspec.Struct):
    """Its code, and the place in the request that it is about."""

    code: str | None = None
    field: list[str] | None = None


class _Payload(msgspec.Struct, rename="camel"):
    user_errors: list[UserError]


_PAYLOADS = msgspec.json.Decoder(dict[str, _Payload | None])


def errors_of(
    client: ShopifyClient, changes: Sequence[Change], document: str, variables: Mapping[str, Any]
) -> list[UserError]:
    """Send a write; what the platform finds wrong with it.

    Raises:
        SourceContractError: the answer is unknown, so it may have been applied.
    """
    answer = client.write(document, variables, urgency=urgency_of(changes))
    payloads = decoded(_PAYLOADS.decode, answer.data)
    payload = next(iter(payloads.values()), None)
    if payload is None:
        raise SourceContractError("a write was answered without a result")
    return payload.user_errors


def judged(change: Change, errors: Sequence[UserError]) -> Outcome:
    """Accepted without an error, rejected by the first one."""
    if errors:
        return rejected(change, errors[0].code or "without a code")
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED)


def rejected(change: Change, message: str) -> Outcome:
    """Certainly not applied."""
    return Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message=message)
