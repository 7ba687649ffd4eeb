"""What a merchant sets for repricing."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from contracts.clearance import Clearance, ClearanceStep
from contracts.codes import Fulfilment
from contracts.columns import MAX_MINOR
from contracts.markers import Minor, SkuCode


class Bounds(BaseModel, frozen=True, extra="forbid"):
    """The merchant's own limits for one SKU, in minor units."""

    min_minor: Minor = Field(ge=1, le=MAX_MINOR, description="Lowest price")
    max_minor: Minor = Field(ge=1, le=MAX_MINOR, description="Highest price")
    map_minor: Minor | None = Field(
        default=None, ge=1, description="Lowest price by contract (MAP)"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Bounds":
        if self.min_minor > self.max_minor:
            raise ValueError("min_minor is not above max_minor")
        return self


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml. No minimum and maximum: no repricing."""

    rule: Literal["match", "beat", "above", "optimum", "velocity"] = Field(
        default="optimum",
        description="Where to stand against the competitor; optimum: at the largest profit that the"
        " SKU's own elasticity promises; velocity: by the pace of its sales; both whatever"
        " competitors do",
    )
    own_brands: list[str] = Field(
        default_factory=list, description="Brands that go by velocity whatever the rule is"
    )
    target_cover_days: float = Field(
        default=30,
        gt=0,
        le=730,
        description="velocity: days that the stock is to last, such as the lead time; up where it"
        " is too short, down where it is too long",
    )
    cover_band_rate: float = Field(
        default=0.25,
        ge=0,
        lt=1,
        description="velocity: no change within this part of target_cover_days",
    )
    velocity_step_rate: float = Field(
        default=0.02,
        gt=0,
        le=0.5,
        description="velocity: change in one step, of the price in force",
    )
    clearance: list[ClearanceStep] = Field(
        default_factory=list,
        description="Cuts of what is old and too many, before the rule, the deepest that applies:"
        " { min_age_days = 180, min_cover_days = 120, off_rate = 0.2 } takes 20 % off the anchor",
    )
    clearance_margin_rate: float = Field(
        default=0.0,
        ge=-0.9,
        lt=1,
        description="What a sale in clearance has to leave, of the price paid; below 0 only as far"
        " as the limit clearance_loss_rate lets it",
    )
    by_minor: Minor = Field(default=0, ge=0, description="Distance to keep, in minor units")
    by_rate: float = Field(default=0.0, ge=0, le=0.5, description="Distance to keep, of its price")
    against: Literal["lowest", "featured"] = Field(
        default="lowest",
        description="The competitor: the lowest usable one, or the one shown first",
    )
    sellers_followed: list[str] = Field(
        default_factory=list, description="Competitors that count; empty: all"
    )
    sellers_ignored: list[str] = Field(
        default_factory=list, description="Competitors that do not count"
    )
    fulfilment: Fulfilment | None = Field(
        default=None, description="Only offers that the platform, or the seller, ships"
    )
    min_ratings: int = Field(
        default=0, ge=0, description="Ratings a competitor needs to count; unknown counts as none"
    )
    min_rivals: int = Field(default=1, ge=1, description="Usable competitors needed to act")
    alone: Literal["keep", "up", "max"] = Field(
        default="keep",
        description="Without a usable competitor: keep the price, raise it by alone_step_rate at a"
        " time, or go to the maximum",
    )
    alone_step_rate: float = Field(
        default=0.02, gt=0, le=0.5, description="Raise in one step where alone is up"
    )
    min_factor: float | None = Field(
        default=None, gt=0, le=1, description="Minimum, of the anchor: list price, else first price"
    )
    max_factor: float | None = Field(
        default=None,
        ge=1,
        le=10,
        description="Maximum, of the anchor: list price, else first price",
    )
    bounds: dict[SkuCode, Bounds] = Field(
        default_factory=dict, description="Minimum, maximum and MAP per SKU; before the factors"
    )
    max_step_rate: float = Field(
        default=0.05, gt=0, le=0.5, description="Largest change in one step, of the price in force"
    )
    min_change_rate: float = Field(
        default=0.01,
        ge=0,
        le=0.5,
        description="Smallest change that is written, of the price in force",
    )
    from_time: dt.time = Field(
        default=dt.time(0), description="Time of day from which prices change, in the shop's zone"
    )
    until_time: dt.time = Field(
        default=dt.time(0),
        description="Time of day until which they change; the same as from_time: any time",
    )
    usual_elasticity: float = Field(
        default=-2.0,
        ge=-6,
        le=-1.2,
        description="Elasticity assumed where sales show none: percent of pieces per percent of"
        " price",
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most proposals per shop and run, largest effect first"
    )

    @property
    def clearing(self) -> Clearance:
        """The clearance as policy and guard read it."""
        return Clearance(
            steps=tuple(self.clearance),
            margin_rate=self.clearance_margin_rate,
            usual_elasticity=self.usual_elasticity,
        )
