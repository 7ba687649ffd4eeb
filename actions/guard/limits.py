"""How far the automaton may go, set per policy, and where they differ per shop, in the home."""

import datetime as dt

from pydantic import BaseModel, Field

from contracts.markers import Minor


class Limits(BaseModel, frozen=True, extra="forbid"):
    """Bounds the guard holds every write to; amounts in minor units of the shop's currency."""

    max_actions: int = Field(
        ge=1, le=100_000, description="Most writes in 24 hours; a batch beyond it is refused whole"
    )
    keep_actions: int | None = Field(
        default=None,
        ge=1,
        description="Writes sent in 24 hours, those of the largest effect; the rest is refused",
    )
    max_exposure_minor: Minor = Field(
        ge=0,
        description="Most that price cuts of 24 hours may give away per day, at your usual sales",
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
        default=1.3,
        ge=1,
        le=5,
        description="Highest price a raise may reach, as a multiple of the anchor",
    )
    bottom_rate: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Lowest price a cut may reach, as a multiple of the anchor",
    )
    clearance_loss_rate: float = Field(
        default=0.0,
        ge=0,
        le=0.9,
        description="Largest loss of a sale in clearance, as a part of the price, where"
        " clearance_margin_rate is below 0; 0: nothing is sold below cost",
    )
    max_units_ratio: float = Field(
        default=20,
        gt=1,
        le=100,
        description="A change by this many times or more is taken for a wrong unit",
    )
    max_markup_ratio: float = Field(
        default=100,
        gt=1,
        description="A price of this many times the cost is taken for a wrong unit",
    )
    cooldown_hours: float = Field(
        default=24, ge=0, le=720, description="Hours between two changes of one price at least"
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
        default=6, gt=0, description="Hours after which an alert warns that its data are stale"
    )
    max_price_age_hours: float = Field(
        default=26,
        gt=0,
        description="Hours after which prices that were read are too old to decide on",
    )
    max_offer_age_hours: float = Field(
        default=26,
        gt=0,
        description="Hours after which a competitor's offer is too old to decide on",
    )
    max_cost_age_days: float = Field(
        default=45,
        gt=0,
        description="Days after which costs that were read are too old to decide on",
    )
    max_mean_change_rate: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Largest mean change of all prices written in 24 hours",
    )
    max_run_ratio: float = Field(
        default=5,
        gt=1,
        description="Times the usual run, in writes or mean change, from which a run is refused",
    )
    max_channel_gap_rate: float = Field(
        default=0.3,
        ge=0,
        le=10,
        description="Largest difference to the price of the SKU in your other shops; 0: any",
    )
    max_fx_age_days: int = Field(
        default=3,
        ge=0,
        le=60,
        description="Days after which an exchange rate is too old to compare prices by",
    )
    max_coupons: int = Field(
        default=1, ge=1, le=100, description="Most coupons a member gets in `coupon_days`"
    )
    coupon_days: int = Field(default=14, ge=1, le=366, description="Days that `max_coupons` counts")
    max_messages: int = Field(
        default=2,
        ge=1,
        le=100,
        description="Most marketing messages and review requests a member gets in `message_days`",
    )
    max_service_messages: int = Field(
        default=3, ge=1, le=100, description="Most service messages a member gets in `message_days`"
    )
    message_days: int = Field(default=7, ge=1, le=366, description="Days that messages count")
    quiet_from: dt.time = Field(
        default=dt.time(21), description="Start of quiet hours, in the customer's own time zone"
    )
    quiet_until: dt.time = Field(
        default=dt.time(9), description="End of quiet hours; the same as `quiet_from`: none"
    )
    max_budget_minor: Minor | None = Field(
        default=None,
        ge=0,
        description="Most that coupons of `budget_days` may cost; not set: no coupons are given",
    )
    budget_days: int = Field(
        default=30, ge=1, le=366, description="Days that the coupon budget covers"
    )
    max_coupon_rate: float = Field(
        default=0.3, gt=0, le=1, description="Largest part of an order that a coupon may take off"
    )
