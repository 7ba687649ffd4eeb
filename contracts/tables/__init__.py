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
from contracts.tables.member_facts import MemberFact
from contracts.tables.messages import Campaign, Consent, Contact, CouponGrant, Delivery
from contracts.tables.parcels import Parcel, ParcelEvent, Shipment
from contracts.tables.people import Coupon, Member, MemberTier, Occasion
from contracts.tables.reviews import RefundCase, Review
from contracts.tables.sales import Order, OrderCoupon, OrderLine, Refund
from contracts.tables.stock import BundlePart, Inbound, StockLevel, StockoutDay, SupplyTerms
from contracts.tables.traffic import TrafficDaily

__all__ = [
    "RENAMED",
    "TABLES",
    "AdsDaily",
    "BundlePart",
    "Campaign",
    "CompetitorOffer",
    "Consent",
    "Contact",
    "Cost",
    "Coupon",
    "CouponGrant",
    "Delivery",
    "Elasticity",
    "Inbound",
    "KpisDaily",
    "Listing",
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
    "Shipment",
    "StockFact",
    "StockLevel",
    "StockoutDay",
    "SupplyTerms",
    "Table",
    "TableKind",
    "TrafficDaily",
    "Velocity",
    "table_of",
]
