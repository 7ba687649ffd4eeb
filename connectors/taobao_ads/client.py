"""One open advertiser's account of Taobao: its calls, and the token that the search ads ask for."""

from typing import Literal

import msgspec
from pydantic import Field

from connectors.base.gateway import GatewayAnswer, RefusedCallError
from connectors.base.top import TopClient, TopError, TopSettings
from connectors.base.wire import decoded, lenient
from contracts.errors import SourceContractError

Unit = Literal["fen", "yuan"]
_SIGN = "taobao.simba.login.authsign.get"


class TaobaoAdsSettings(TopSettings):
    """One account. What the platform's documents leave open has a setting; see the README."""

    nick: str | None = Field(
        default=None,
        min_length=1,
        description="Nickname of the advertiser, where an agency logs in",
    )
    zhitongche_unit: Unit = Field(default="fen", description="Unit of amounts in 直通车 reports")
    wanxiangtai_unit: Unit = Field(default="yuan", description="Unit of amounts in 万相台 reports")
    has_zhitongche: bool = Field(default=True, description="Whether you run 直通车 (search ads)")
    has_wanxiangtai: bool = Field(default=True, description="Whether you run 万相台 (feed ads)")
    trailing_days: int = Field(
        default=15,
        ge=0,
        le=60,
        description="Days whose figures still change; every pull reads them again",
    )
    effect_days: int = Field(
        default=15,
        ge=1,
        le=30,
        description="Days after a click in which an order is attributed to it",
    )
    zhitongche_days: int = Field(
        default=90, ge=1, le=400, description="Days that 直通车 reports go back"
    )
    biz_code: str = Field(
        default="adStrategyDkx", min_length=1, description="Business code of 万相台 reports"
    )


class _Signed(msgspec.Struct):
    subway_token: str


_SIGNED = msgspec.json.Decoder(_Signed)
_REFUSAL = lenient(TopError)


class TaobaoAdsClient(TopClient[TaobaoAdsSettings]):
    """Calls for one advertiser, as its settings say."""

    _subway: str | None = None

    def report(self, method: str, params: dict[str, str], name: str) -> bytes:
        """The text `name` of a search ads' report, which is JSON itself: rows, or {} without any.

        Raises:
            ShopkeeperError: as `read`; what is wrong may stand inside the text.
        """
        try:
            answer = self._reported(method, params)
        except RefusedCallError as refused:
            if "subway_token" not in str(refused):
                raise
            self._subway = None  # it lasts shorter than we work
            answer = self._reported(method, params)
        texts = decoded(_TEXTS.decode, answer.data)
        text = texts.get(name)
        if not isinstance(text, str):
            raise SourceContractError(f"an answer of {method} has no {name}")
        body = text.encode()
        if body.lstrip()[:1] == b"[":
            return body
        refusal = decoded(_PERHAPS.decode, body)
        if "code" in refusal:
            raise decoded(_REFUSAL.decode, body).as_error()
        return b"[]"

    def _reported(self, method: str, params: dict[str, str]) -> GatewayAnswer:
        if self._subway is None:
            self._subway = decoded(_SIGNED.decode, self.read(_SIGN, self.named()).data).subway_token
        return self.read(method, {**params, **self.named(), "subway_token": self._subway})

    def named(self) -> dict[str, str]:
        """Whose ads are meant, where that has to be said."""
        return {"nick": self.settings.nick or ""}


_TEXTS = msgspec.json.Decoder(dict[str, object])
_PERHAPS = msgspec.json.Decoder(dict[str, object])
