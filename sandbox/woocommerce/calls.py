"""One request that was let in, and what it is answered with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.kit.resources import Reply
from sandbox.woocommerce.errors import ERRORS
from sandbox.woocommerce.params import Params
from sandbox.woocommerce.shop import Shop

Row = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request: its parameters, its body, the addresses of the site and of this API.

    `key` and `parent` are the ids in its path, 0 where it has none.
    """

    shop: Shop
    params: Params
    body: Row
    home: str
    path: str
    key: int = 0
    parent: int = 0

    @property
    def base(self) -> str:
        """The address of wc/v3."""
        return f"{self.home}/wp-json/wc/v3"

    @property
    def is_forced(self) -> bool:
        """Whether a deletion is meant for good."""
        return str(self.body.get("force", self.params.text("force"))).lower() in ("true", "1")

    def money(self, minor: int) -> str:
        """An amount as text, with as many decimals as are asked for with `dp`."""
        text = self.params.text("dp")
        return self.shop.money(minor, int(text) if text.isdigit() else None)

    def links(self, collection: str, key: object, **more: str) -> Row:
        """The `_links` of a document."""
        found = {"self": f"{collection}/{key}", "collection": collection, **more}
        return {name: [{"href": f"{self.base}/{path}"}] for name, path in found.items()}


Handler = Callable[[Call], Reply]


def decoded(body: bytes) -> Row:
    """The JSON object of a body; an empty body is an empty one.

    Raises:
        RefusedError: 400, the body is no JSON object.
    """
    try:
        return msgspec.json.decode(body, type=Row) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ERRORS("json") from error
