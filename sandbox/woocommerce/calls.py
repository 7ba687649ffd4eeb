"""One request that was let in, and what it is answered with."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import polars as pl

from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.listing import Collection, Page, page_of
from sandbox.woocommerce.params import Params
from sandbox.woocommerce.shop import Shop

Given = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What is answered, before `_fields` are picked from it."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request: its parameters, its body, and the addresses of the site and of this API."""

    shop: Shop
    params: Params
    body: Given
    home: str
    path: str

    @property
    def base(self) -> str:
        """The address of wc/v3."""
        return f"{self.home}/wp-json/wc/v3"

    @property
    def decimals(self) -> int | None:
        """How many decimals were asked for with `dp`."""
        text = self.params.text("dp")
        return int(text) if text.isdigit() else None

    @property
    def is_forced(self) -> bool:
        """Whether a deletion is meant for good."""
        asked = self.body.get("force", self.params.text("force"))
        return str(asked).lower() in ("true", "1")

    def page(self, frame: pl.DataFrame, collection: Collection) -> Page:
        """The page of a list that is asked for, or the one before it when that fault is planted."""
        repeat = self.shop.faults.spend("duplicate_pages")
        return page_of(frame, self.params, collection, zone=self.shop.zone, repeat=repeat)

    def listed(self, page: Page, documents: list[Any]) -> Reply:
        """The answer to a list."""
        address = f"{self.home}{self.path}"
        return Reply(documents, headers=page.headers(address, self.params))


def decoded(body: bytes) -> Given:
    """The JSON object of a body; an empty body is an empty one.

    Raises:
        RestError: 400, the body is no JSON object.
    """
    if not body:
        return {}
    try:
        return msgspec.json.decode(body, type=Given)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RestError("rest_invalid_json", "Invalid JSON body passed.", 400) from error


def picked(body: Any, fields: list[str]) -> Any:
    """What `_fields` asks for of a document or of each in a list; "a.b" is a field inside a."""
    if isinstance(body, list):
        return [picked(each, fields) for each in body]
    if not isinstance(body, dict):
        return body
    answer = {}
    for name, value in body.items():
        inside = [asked.partition(".")[2] for asked in fields if asked.startswith(f"{name}.")]
        if name in fields:
            answer[name] = value
        elif inside:
            answer[name] = picked(value, inside)
    return answer
