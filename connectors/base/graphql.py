"""Clients of GraphQL interfaces: documents with variables, errors inside HTTP 200, costs in points.

What is asked for comes from the structs of the answers: `connectors.base.fields.selection`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import msgspec

from connectors.base.account import AccountClient, Settings, within
from connectors.base.http import HttpAnswer
from connectors.base.limits import BucketState, CostBucket, Limit, Urgency
from connectors.base.retry import NotAppliedError
from connectors.base.sending import outcome
from connectors.base.wire import decoded
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState
from contracts.errors import ShopkeeperError, SourceContractError

_USUAL_COST = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a document costs in points, and the bucket that they come from; see `CostBucket`."""

    requested: float
    used: float
    bucket: BucketState

    @property
    def wait(self) -> float:
        """Seconds until the bucket holds what was requested."""
        missing = self.requested - self.bucket.available
        return max(0.0, missing / self.bucket.restore_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLAnswer:
    """The raw `data` of an answer, and its cost in points where the platform counts them."""

    data: bytes
    at: dt.datetime
    requested: float = 0.0
    used: float = 0.0


class _ErrorExtensions(msgspec.Struct):
    code: str | None = None


class _Error(msgspec.Struct):
    extensions: _ErrorExtensions | None = None


class _Envelope(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] = []
    extensions: msgspec.Raw = msgspec.Raw(b"null")


class UserError(msgspec.Struct):
    """What is wrong with a write: a code, and the place in the request that it is about."""

    code: str | None = None
    field: list[str] | None = None

    @property
    def told(self) -> str:
        """Its code, as an outcome's message; its text is never repeated."""
        return self.code or "without a code"


class _Payload(msgspec.Struct, rename="camel"):
    user_errors: list[UserError]


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_PAYLOADS = msgspec.json.Decoder(dict[str, _Payload | None])


class GraphQLClient(AccountClient[Settings]):
    """Asks and writes at one address.

    A connector's `prepare` makes the limit; where it is a `CostBucket`, `cost_of` reads what an
    answer says of its points.
    """

    PATH: ClassVar[str]
    ERRORS: ClassVar[Mapping[str, type[ShopkeeperError]]]
    """Codes of errors at the top of an answer, inside HTTP 200. What is not listed is a shape that
    we do not know."""
    THROTTLED: ClassVar[str] = "THROTTLED"

    limit: Limit

    def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        cost: float = _USUAL_COST,
    ) -> GraphQLAnswer:
        """Ask a question; `cost` is what it is expected to take out of the bucket.

        Raises:
            ShopkeeperError: by HTTP status or by the error code in the answer, after retries.
        """
        return self.reading(lambda how: self._post(document, variables or {}, cost, how))

    def write(
        self, document: str, variables: Mapping[str, Any], *, urgency: Urgency = Urgency.ACT
    ) -> GraphQLAnswer:
        """Send a mutation; as `AccountClient.writing`."""
        return self.writing(lambda: self._post(document, variables, _USUAL_COST, urgency))

    def errors_of(
        self, changes: Sequence[Change], document: str, variables: Mapping[str, Any]
    ) -> list[UserError]:
        """Send a mutation; what the platform finds wrong with it, in an answer of success.

        Raises:
            SourceContractError: the answer is unknown, so it may have been applied.
        """
        answer = self.write(document, variables, urgency=Urgency.of(changes))
        payload = next(iter(decoded(_PAYLOADS.decode, answer.data).values()), None)
        if payload is None:
            raise SourceContractError("a write was answered without a result")
        return payload.user_errors

    def cost_of(self, extensions: bytes) -> Cost | None:
        """What an answer says of its points; None where the platform counts none."""
        return None

    def learn(self, answer: HttpAnswer) -> None:
        """Learn what an answer's headers tell."""

    def _post(
        self, document: str, variables: Mapping[str, Any], cost: float, urgency: Urgency
    ) -> GraphQLAnswer:
        body = msgspec.json.encode({"query": document, "variables": variables})
        send = partial(self.http.post, self.PATH, body)
        answer = within(self.limit, send, urgency=urgency, cost=cost)
        self.learn(answer)
        envelope = decoded(_ENVELOPE.decode, answer.body)
        spent = self.cost_of(bytes(envelope.extensions))
        if spent is not None and isinstance(self.limit, CostBucket):
            self.limit.learn(spent.bucket, taken=cost, used=spent.used)
        if envelope.errors:
            raise self._error(envelope.errors, spent)
        told = {} if spent is None else {"requested": spent.requested, "used": spent.used}
        return GraphQLAnswer(data=bytes(envelope.data), at=answer.at, **told)

    def _error(self, errors: Sequence[_Error], spent: Cost | None) -> ShopkeeperError:
        """The error that decides among those of an answer; its text is never repeated."""
        codes = [(error.extensions.code if error.extensions else None) or "" for error in errors]
        code = next((code for code in codes if code in self.ERRORS), codes[0])
        message = f"the platform answered error {code or 'without a code'}"
        if code == self.THROTTLED:
            return NotAppliedError(message, retry_after=None if spent is None else spent.wait)
        return self.ERRORS.get(code, SourceContractError)(message)


def judged(change: Change, errors: Sequence[UserError]) -> Outcome:
    """Accepted without an error, rejected by the first one."""
    if errors:
        return outcome(change, errors[0].told, OutcomeState.REJECTED)
    return outcome(change)
