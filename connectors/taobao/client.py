"""One open Taobao or Tmall shop."""

from typing import Annotated, Literal

from pydantic import Field

from connectors.base.top import TopClient, TopSettings
from connectors.taobao.codes import DIFFERENCE_WORDS, FEE_WORDS, GIFT_WORDS, TRADE_TYPE
from connectors.taobao.kinds import DEFAULTS
from contracts.streams import Facts

Number = Annotated[str, Field(pattern=r"^\d{1,20}$")]
Word = Annotated[str, Field(pattern=r"^[^,\s]+$")]


class TaobaoSettings(TopSettings):
    """One shop. What the platform's documents leave open has a setting; see the README."""

    kind: Literal["taobao", "tmall"] = Field(
        default="tmall",
        description="Where your shop is: Tmall and Taobao set prices by different calls",
    )
    window_minutes: int = Field(
        default=1_440,
        ge=1,
        le=1_440,
        description="Minutes of changed orders per request; 30 for a busy shop",
    )
    trade_types: tuple[str, ...] = Field(
        default=tuple(TRADE_TYPE), min_length=1, description="Types of orders to read"
    )
    items_per_call: int = Field(
        default=20, ge=1, le=100, description="Products per request for details"
    )
    coupon_unit: Literal["fen", "yuan"] = Field(
        default="fen",
        description="Unit in which your coupons list amounts; compare one in the console",
    )
    difference_items: tuple[Number, ...] = Field(
        default=(),
        description="Item numbers of your links for price differences (补差价), never goods",
    )
    stored_value_items: tuple[Number, ...] = Field(
        default=(), description="Item numbers of your gift cards and credits, never goods"
    )
    difference_words: tuple[Word, ...] = Field(
        default=DIFFERENCE_WORDS,
        description="Words in titles of links for price differences, at most a yuan a piece",
    )
    fee_words: tuple[Word, ...] = Field(
        default=FEE_WORDS,
        description="Words in titles of links for postage, at most a yuan a piece",
    )
    gift_words: tuple[Word, ...] = Field(
        default=GIFT_WORDS, description="Words in titles of your gifts that are priced at one fen"
    )


class TaobaoClient(TopClient[TaobaoSettings]):
    """Calls for one shop, as its settings say."""

    def account_facts(self) -> Facts:
        """What the shop says of its links, by which lines are told from sales."""
        return {name: ",".join(getattr(self.settings, name)) for name in DEFAULTS}
