"""Settings of `member_coupon`."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from actions.sentences import name_flaw
from contracts.codes import MemberSegment
from contracts.columns import MAX_MINOR
from contracts.markers import Minor


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml. One offer for everybody; none set: no offer."""

    way: Literal["code", "purse"] = Field(
        default="code",
        description="A code of their own by e-mail, or a platform's coupon into their purse",
    )
    min_orders: int = Field(
        default=5,
        ge=1,
        le=1_000,
        description="Orders a member needs before a usual gap is computed",
    )
    factor: float = Field(
        default=3,
        gt=1,
        le=20,
        description="Times their usual gap after which a member counts as overdue",
    )
    min_days: int = Field(
        default=21, ge=1, le=365, description="Fewest days before a member counts as overdue"
    )
    last_days: int = Field(
        default=180, ge=1, le=730, description="Days after which a coupon comes too late"
    )
    segments: tuple[MemberSegment, ...] = Field(
        default=(MemberSegment.CANNOT_LOSE, MemberSegment.AT_RISK, MemberSegment.ABOUT_TO_LEAVE),
        min_length=1,
        description="Segments of members you offer it to",
    )
    triggers: tuple[
        Literal["overdue", "lapsing_vip", "second_order", "birthday", "tier_change"], ...
    ] = Field(
        default=("overdue",),
        min_length=1,
        description="Whom to offer it: who stays away longer than usual, the best fifth sooner, "
        "who bought once, whose birthday is near, whose tier rose; the first that applies",
    )
    vip_factor: float = Field(
        default=2, gt=1, le=20, description="The factor for the best fifth by what they spent"
    )
    second_days: int = Field(
        default=30, ge=1, le=365, description="Days after a first order without a second one"
    )
    # Both end before the guard's `coupon_days`, which alone keeps a second one out of a purse.
    birthday_days: int = Field(
        default=7, ge=0, le=13, description="Days before a birthday from which it is offered"
    )
    tier_days: int = Field(
        default=7, ge=0, le=13, description="Days after a rise of tier until which it is offered"
    )
    max_return_rate: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="No offer to members likelier than this to buy within 30 days unaided",
    )
    uplift_rate: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Part of the offers that bring an extra order, as `actions effect` shows; "
        "set, an offer that costs more margin than it brings is not made, and the best go first",
    )
    off_rate: float | None = Field(
        default=None, gt=0, le=0.5, description="Part of the order a code takes off …"
    )
    off_minor: Minor | None = Field(
        default=None, ge=1, le=MAX_MINOR, description="… or the amount, with min_spend_minor"
    )
    min_spend_minor: Minor | None = Field(
        default=None, ge=1, le=MAX_MINOR, description="Smallest order it applies to"
    )
    max_order_minor: Minor | None = Field(
        default=None,
        ge=1,
        le=MAX_MINOR,
        description="Largest order a rate applies to, which bounds what it may cost; "
        "Shopify knows no such bound: set an amount there",
    )
    coupon_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Number of the coupon on your platform; way purse",
    )
    title: str = Field(
        default="Win-back",
        min_length=1,
        max_length=100,
        description="Name of the coupon in your shop",
    )
    valid_days: int = Field(
        default=14, ge=1, le=90, description="Days that a code is valid, the first one included"
    )
    cooldown_days: int = Field(
        default=60, ge=1, le=730, description="Days between two coupons of any kind to one member"
    )
    refund_days: int = Field(
        default=30, ge=0, le=365, description="Days after a refund in which no coupon is offered"
    )
    language: Literal["en", "zh-CN"] = Field(
        default="en", description="Language for members whose own is unknown or another"
    )
    shop_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Shop name that signs the message; way code",
    )
    max_members: int = Field(
        default=10,  # two writes each, so that a new home's limits let a run pass
        ge=1,
        le=10_000,
        description="Most members per shop and run, by what they used to spend in a month",
    )

    @model_validator(mode="after")
    def _whole(self) -> "Params":
        has_rate, has_amount = self.off_rate is not None, self.off_minor is not None
        if self.way == "purse" and (has_rate or has_amount):
            raise ValueError("into a purse goes coupon_id, and the platform says what it takes off")
        if self.way == "code" and (self.coupon_id is not None or (has_rate and has_amount)):
            raise ValueError("a code takes off_rate or off_minor off, and has no coupon_id")
        if (has_rate or has_amount) and self.shop_name is None:
            raise ValueError("the message with the code is signed: shop_name is missing")
        if has_amount and self.min_spend_minor is None:
            raise ValueError("an amount needs min_spend_minor")
        if has_rate != (self.max_order_minor is not None):
            raise ValueError("a fraction needs max_order_minor, or it may cost anything")
        if self.shop_name is not None and (flaw := name_flaw(self.shop_name)):
            raise ValueError(f"shop_name {flaw}")
        if flaw := name_flaw(self.title):
            raise ValueError(f"title {flaw}")
        return self
