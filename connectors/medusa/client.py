"""One open Medusa shop: lists, writes, its currency and its clock."""

import datetime as dt
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from pydantic import Field, SecretStr

from connectors.base.account import AccountCheck
from connectors.base.fields import field_list
from connectors.base.http import HttpAnswer, server_time
from connectors.base.oauth1 import basic
from connectors.base.own_server import OwnServerClient, OwnServerSettings
from connectors.base.paging import by_overlap
from connectors.base.rest import Params
from connectors.base.rows import Rows
from connectors.base.wire import decoded
from connectors.medusa.codes import ERRORS
from connectors.medusa.wire import REGION, Row
from contracts.errors import ShopkeeperError, SourceContractError
from contracts.streams import Facts

_CODE = re.compile(r"[a-z0-9_]{1,80}")


class MedusaSettings(OwnServerSettings):
    """One shop: the server, not its storefront.

    A secret key looks alike on every server, so that of a live shop cannot be told from another.
    """

    PLATFORM = "medusa"

    secret_key: SecretStr = Field(min_length=1, description="Secret API key")
    region_id: str | None = Field(
        default=None,
        pattern=r"^reg_[0-9A-Za-z]+$",
        description="Region whose orders and prices are this shop's; without one, those of all",
    )


class _Length(msgspec.Struct):
    count: int


class _Currency(msgspec.Struct):
    currency_code: str
    is_default: bool = True


class _Store(msgspec.Struct):
    name: str | None
    supported_currencies: list[_Currency]


class _Refusal(msgspec.Struct):
    type: str = ""


_LENGTH, _REFUSAL = msgspec.json.Decoder(_Length), msgspec.json.Decoder(_Refusal)
_STORES, _REGIONS = Rows("stores", _Store), Rows("regions", _Currency)


def refusal(status: int, _headers: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that an answer's type means; None: the status decides."""
    if status < 400 or status >= 500 or status in (401, 403, 429):
        return None
    try:
        kind = _REFUSAL.decode(body).type
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    known = kind if _CODE.fullmatch(kind) else "without a readable type"
    return ERRORS.get(kind, SourceContractError)(f"the shop answered {known}")


class MedusaClient(OwnServerClient[MedusaSettings]):
    """Asks and writes for one shop. Thread-safe."""

    REFUSAL = refusal
    API = "/admin/"

    def prepare(self) -> None:
        """See `AccountClient`."""
        super().prepare()
        self._shop: tuple[str, str] | None = None

    def credentials(self) -> Mapping[str, str]:
        """The key is the name of a user without a password."""
        return basic(self.settings.secret_key.get_secret_value(), "")

    def listed(
        self, path: str, rows: Rows[Any], asked: Params = (), *, size: int
    ) -> Iterator[HttpAnswer]:
        """Yield a whole list in pages that overlap by a row, with the fields that rows declare.

        An unknown filter is left out of account there without a word, so none is guessed.
        """
        own = Rows(rows.path, Row)
        fixed = [*asked, ("fields", field_list(rows.row)), ("order", "id"), ("limit", str(size))]

        def page(offset: int) -> tuple[HttpAnswer, Sequence[Hashable], int]:
            answer = self.ask(path, [*fixed, ("offset", str(offset))])
            keys = [str(row.id) for row in own.rows(answer.body)]
            return answer, keys, decoded(_LENGTH.decode, answer.body).count

        return by_overlap(page, size=size)

    def region(self) -> Params:
        """The filter by the shop's region."""
        return [("region_id", self.settings.region_id)] if self.settings.region_id else []

    def currency(self) -> str:
        """What the shop sells in: its region's currency, else the store's own; asked for once."""
        return self._named()[1]

    def account_facts(self) -> Facts:
        """The region whose prices hold."""
        return {REGION: self.settings.region_id} if self.settings.region_id else {}

    def now(self) -> dt.datetime:
        """The platform's clock; asked where a key is needed, so that it is tried too."""
        answer = self.ask("stores", [("fields", "id")])
        return dt.datetime.fromtimestamp(server_time(answer.headers), dt.UTC)

    def check(self) -> AccountCheck:
        """What the shop says of itself; it has no time zone, and a key may do everything."""
        name, currency = self._named()
        return AccountCheck(name=name, currency=currency, time_zone=None, plan="Medusa v2")

    def _named(self) -> tuple[str, str]:
        """Name and currency.

        Raises:
            SourceContractError: the store has no currency of its own, or there is no such region.
        """
        if self._shop is None:
            stores = _STORES.rows(self.ask("stores").body)
            currencies = [one for store in stores for one in store.supported_currencies]
            if self.settings.region_id:
                asked = [("id", self.settings.region_id), ("fields", "id,currency_code")]
                currencies = _REGIONS.rows(self.ask("regions", asked).body)
            own = [one.currency_code.upper() for one in currencies if one.is_default]
            if len(stores) != 1 or len(own) != 1:
                raise SourceContractError("the shop names no single currency: check region_id")
            self._shop = (stores[0].name or "Medusa", own[0])
        return self._shop
