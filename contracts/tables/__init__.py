"""Every table, written once: schema, DDL, checks, dictionary and samples are read from here."""

from contracts.tables.ads import AdsDaily
from contracts.tables.base import RENAMED, TABLES, Table, TableKind, table_of
from contracts.tables.catalog import CompetitorOffer, Cost, Listing, Price
from contracts.tables.derived import (
    Elasticity,
    KpisDaily,
    OpenOrder,
    PriceFact,
    RivalOffer,
    SalesDaily,
    StockFact,
    Velocity,
)
from contracts.tables.follow_up import OpenParcel, OrderFollowUp, ParcelFact, ReviewFact
from contracts.tables.goals import Benchmark, Target
from contracts.tables.member_facts import MemberFact
from contracts.tables.messages import Campaign, Consent, Contact, CouponGrant, Delivery
from contracts.tables.parcels import Parcel, ParcelEvent, Shipment
from contracts.tables.people import Coupon, Member, MemberTier, Occasion
from contracts.tables.reviews import RefundCase, Review
from contracts.tables.sales import Order, OrderCoupon, OrderLine, Refund
from contracts.tables.service import ShopRating, Ticket
from contracts.tables.settlements import Settlement
from contracts.tables.stock import BundlePart, Inbound, StockLevel, StockoutDay, SupplyTerms
from contracts.tables.totals import DailyTotal
from contracts.tables.traffic import (
    ActiveUsers,
    Cart,
    FunnelDaily,
    ListingTrafficDaily,
    SlotTrafficDaily,
    TrafficDaily,
    TrafficHourly,
    VisitEvent,
)

__all__ = [
    "RENAMED",
    "TABLES",
    "ActiveUsers",
    "AdsDaily",
    "Benchmark",
    "BundlePart",
    "Campaign",
    "Cart",
    "CompetitorOffer",
    "Consent",
    "Contact",
    "Cost",
    "Coupon",
    "CouponGrant",
    "DailyTotal",
    "Delivery",
    "Elasticity",
    "FunnelDaily",
    "Inbound",
    "KpisDaily",
    "Listing",
    "ListingTrafficDaily",
    "Member",
    "MemberFact",
    "MemberTier",
    "Occasion",
    "OpenOrder",
    "OpenParcel",
    "Order",
    "OrderCoupon",
    "OrderFollowUp",
    "OrderLine",
    "Parcel",
    "ParcelEvent",
    "ParcelFact",
    "Price",
    "PriceFact",
    "Refund",
    "RefundCase",
    "Review",
    "ReviewFact",
    "RivalOffer",
    "SalesDaily",
    "Settlement",
    "Shipment",
    "ShopRating",
    "SlotTrafficDaily",
    "StockFact",
    "StockLevel",
    "StockoutDay",
    "SupplyTerms",
    "Table",
    "TableKind",
    "Target",
    "Ticket",
    "TrafficDaily",
    "TrafficHourly",
    "Velocity",
    "VisitEvent",
    "table_of",
]
