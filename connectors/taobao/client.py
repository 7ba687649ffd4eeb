"""One open Taobao or Tmall shop."""

from typing import Literal

from pydantic import Field

from connectors.base.top import TopClient, TopSettings
from connectors.taobao.codes import TRADE_TYPE


class TaobaoSettings(TopSettings):
    """One shop. What the platform's documents leave open has a setting; see the README."""

    kind: Literal["taobao", "tmall"] = Field(
        default="tmall", description="Whose rules the shop is under: prices are set by other calls"
    )
    window_minutes: int = Field(
        default=1_440, ge=1, le=1_440, description="Span of one list of changed trades; 30 if busy"
    )
    trade_types: tuple[str, ...] = Field(
        default=tuple(TRADE_TYPE), min_length=1, description="Types of trades that are asked for"
    )
    items_per_call: int = Field(
        default=20, ge=1, le=100, description="Products whose details are asked for at once"
    )
    coupon_unit: Literal["fen", "yuan"] = Field(
        default="fen", description="Unit of a listed coupon's amounts"
    )


class TaobaoClient(TopClient):
    """Calls for one shop, as its settings say."""

    def __init__(self, settings: TaobaoSettings, *args: object, **kwargs: object) -> None:
        super().__init__(settings, *args, **kwargs)  # type: ignore[arg-type]
        self.settings = settings
