"""A REST API whose operations are declared where they are answered, each with its usage plan.

A dialect gives the table of its operations, the check of who calls, the errors and their body.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Generic, TypeVar

import msgspec
from starlette.requests import Request

from sandbox.kit import parameters
from sandbox.kit.errors import ErrorTable
from sandbox.kit.fields import Document
from sandbox.kit.limits import TokenBucket
from sandbox.kit.routing import Routing
from sandbox.kit.shop import Shop

JSON: Final = "application/json"
S = TypeVar("S", bound=Shop)


@dataclass(frozen=True)
class Call:
    """One call as an operation sees it; `given` are the names of the parameters that came."""

    path: dict[str, str]
    query: dict[str, Any]
    given: Collection[str]
    body: Any
    origin: str


Handler = Callable[[S, Call], Document]


@dataclass(frozen=True)
class Operation(Generic[S]):
    """One operation: its usage plan, what it takes, and how it answers.

    `rate` is per second; `body` the shape of the JSON that comes with a call; `names_media` where
    the platform documents 415 for another media type.
    """

    name: str
    answer: Handler[S]
    rate: float
    burst: int
    status: int = 200
    media: str = JSON
    query: Mapping[str, parameters.Parameter] = field(default_factory=dict)
    body: Any = None
    names_media: bool = False


class Operations(dict[str, dict[str, Operation[S]]]):
    """Operations by path and method, declared by decorators."""

    def __call__(
        self, method: str, path: str, rate: float, burst: int, **rest: Any
    ) -> Callable[[Handler[S]], Handler[S]]:
        """Serve a function as the operation of its name; `rest` are fields of `Operation`."""

        def served(answer: Handler[S]) -> Handler[S]:
            name = re.sub(r"_(\w)", lambda part: part[1].upper(), answer.__name__)
            self.setdefault(path, {})[method] = Operation(name, answer, rate, burst, **rest)
            return answer

        return served


class RestApi(ABC, Generic[S]):
    """Answers the calls of one account.

    `errors` has the rows of `Routing`, `missing` and `invalid` for parameters, `body` (with a place
    `reason`), `quota`, `wrong_media` and `unnamed_media`.
    """

    operations: ClassVar[Operations[Any]]
    errors: ClassVar[ErrorTable]
    any_sign: ClassVar[Collection[str]] = ()
    """Parameters of paths that may hold slashes."""

    def __init__(self, shop: S) -> None:
        self.shop = shop
        place = re.compile(f"{{({'|'.join(self.any_sign)})}}")
        table = {place.sub(r"{\1:any}", path): ways for path, ways in self.operations.items()}
        self._routing = Routing(table, self.errors)
        self._buckets: dict[str, TokenBucket] = {}

    @abstractmethod
    def check(self, request: Request) -> None:
        """Refuse who may not call, and what is planted to go wrong before anything is done."""

    def operation(self, request: Request) -> tuple[Operation[S], dict[str, str]]:
        """The operation of a request, and the parameters of its path.

        Raises:
            RefusedError: there is none.
        """
        return self._routing.find(request.method, request.scope["path"])

    def done(
        self, operation: Operation[S], path: dict[str, str], request: Request, raw: bytes
    ) -> Document:
        """What an operation answers.

        Raises:
            RefusedError: the call is refused.
        """
        self.check(request)
        bucket = TokenBucket(operation.burst, operation.rate, self.shop.seconds)
        if not self._buckets.setdefault(operation.name, bucket).take():
            raise self.errors("quota")
        media = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if raw and media != JSON:
            raise self.errors("wrong_media" if operation.names_media else "unnamed_media")
        query = parameters.read(operation.query, request.query_params, self.errors)
        body = None if operation.body is None else self._body(operation.body, raw)
        origin, given = str(request.base_url).rstrip("/"), request.query_params.keys()
        return operation.answer(self.shop, Call(path, query, given, body, origin))

    def _body(self, shape: Any, raw: bytes) -> Any:
        try:
            return msgspec.json.decode(raw, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.errors("body", reason=error) from None
