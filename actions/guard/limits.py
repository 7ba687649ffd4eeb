"""How far the automaton may go, set per policy, and where they differ per shop, in the home."""

import datetime as dt

from pydantic import BaseModel, Field

from contracts.markers import Minor


class Limits(BaseModel, frozen=True, extra="forbid"):
    """Bounds the guard holds every write to; amounts in minor units of the shop's currency."""

    max_actions: int = Field(
        ge=1, le=100_000, description="Most writes in 24 hours; beyond it none of a batch is sent"
    )
    keep_actions: int | None = Field(
        default=None,
        ge=1,
        description="Send so many in 24 hours, of the largest effect; the rest is refused",
    )
    max_exposure_minor: Minor = Field(
        ge=0, description="Most that the price cuts of 24 hours may give away per day of sales"
    )
    max_step_rate: float = Field(
        default=0.05, gt=0, le=1, description="Largest change from the price in force"
    )
    max_day_rate: float = Field(
        default=0.10, gt=0, le=1, description="Largest change from the price of 24 hours ago"
    )
    max_week_rate: float = Field(
        default=0.15, gt=0, le=1, description="Largest change from the price of 7 days ago"
    )
    max_quarter_rate: float = Field(
        default=0.3, gt=0, le=10, description="Largest change from the price of 90 days ago"
    )
    ceiling_rate: float = Field(
        default=1.3, ge=1, le=5, description="Highest price that a raise may reach, of the anchor"
    )
    bottom_rate: float = Field(
        default=0.6, gt=0, le=1, description="Lowest price that a cut may reach, of the anchor"
    )
    clearance_loss_rate: float = Field(
        default=0.0,
        ge=0,
        le=0.9,
        description="Most that a sale in clearance may lose, of the price paid, where"
        " clearance_margin_rate asks for it; 0: none is below cost",
    )
    max_units_ratio: float = Field(
        default=20, gt=1, le=100, description="A price this many times off is in a wrong unit"
    )
    max_markup_ratio: float = Field(
        default=100, gt=1, description="A price this many times the cost: one is in a wrong unit"
    )
    cooldown_hours: float = Field(
        default=24, ge=0, le=720, description="Least time between two changes of one target"
    )
    max_reversals: int = Field(
        default=1, ge=0, description="Most changes of direction of one target in 48 hours"
    )
    max_week_reversals: int = Field(
        default=1, ge=0, description="Most changes of direction of one target in 7 days"
    )
    max_same_way: int = Field(
        default=6,
        ge=1,
        description="Most changes in a row in one direction of one target in 28 days",
    )
    max_alert_age_hours: float = Field(
        default=6, gt=0, description="An alert on what was read longer ago says that it is stale"
    )
    max_price_age_hours: float = Field(
        default=26, gt=0, description="Oldest reading of prices that a decision may rest on"
    )
    max_offer_age_hours: float = Field(
        default=26, gt=0, description="Oldest competitor's offer that a decision may rest on"
    )
    max_cost_age_days: float = Field(
        default=45, gt=0, description="Oldest reading of costs that a decision may rest on"
    )
    max_mean_change_rate: float = Field(
        default=0.05, gt=0, le=1, description="Largest mean change of a day's writes"
    )
    max_run_ratio: float = Field(
        default=5, gt=1, description="Most times the usual run, in writes and in mean change"
    )
    max_channel_gap_rate: float = Field(
        default=0.3,
        ge=0,
        le=10,
        description="Largest difference to the price of the same SKU in another shop; 0: any",
    )
    max_fx_age_days: int = Field(
        default=3, ge=0, le=60, description="Oldest rate that prices are compared by"
    )
    max_coupons: int = Field(
        default=1, ge=1, le=100, description="Most coupons a member gets in `coupon_days`"
    )
    coupon_days: int = Field(default=14, ge=1, le=366, description="Days that `max_coupons` counts")
    max_messages: int = Field(
        default=2,
        ge=1,
        le=100,
        description="No marketing and no review request beyond so many messages in `message_days`",
    )
    max_service_messages: int = Field(
        default=3, ge=1, le=100, description="Most service messages to a member in `message_days`"
    )
    message_days: int = Field(default=7, ge=1, le=366, description="Days that messages count")
    quiet_from: dt.time = Field(
        default=dt.time(21), description="Nobody is written to from then on, in their own zone"
    )
    quiet_until: dt.time = Field(
        default=dt.time(9), description="Until then; the same as `quiet_from`: no quiet hours"
    )
    max_budget_minor: Minor | None = Field(
        default=None,
        ge=0,
        description="Most that the coupons of `budget_days` may cost; none set: no coupon",
    )
    budget_days: int = Field(default=30, ge=1, le=366, description="Days that the budget is for")
    max_coupon_rate: float = Field(
        default=0.3, gt=0, le=1, description="Largest part of an order that a coupon takes off"
    )
