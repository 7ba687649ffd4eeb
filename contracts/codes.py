"""Closed lists of codes. A platform's value is mapped to one of these or quarantined."""

from enum import StrEnum


class PaymentStatus(StrEnum):
    """Where an order's money stands."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    EXPIRED = "expired"


# An order in one of these counts in GMV: its money was received, whatever came back later.
RECEIVED = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED)


class FulfilmentStatus(StrEnum):
    """Where an order's goods stand."""

    UNFULFILLED = "unfulfilled"
    SCHEDULED = "scheduled"
    ON_HOLD = "on_hold"
    IN_PROGRESS = "in_progress"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    RESTOCKED = "restocked"
    NOT_REQUIRED = "not_required"


class LineKind(StrEnum):
    """What a line is to the trade; only a sale counts in averages of price."""

    SALE = "sale"
    GIFT = "gift"
    """Charged nothing."""
    SAMPLE = "sample"
    DIFFERENCE = "difference"
    """A price difference paid afterwards (补差价), or a penny link; nothing leaves the stock."""
    TIP = "tip"
    STORED_VALUE = "stored_value"
    """A gift card, or credit that is bought."""
    FEE = "fee"


# A line of one of these is goods: it counts in GMV, units and velocity. The others are kept only.
GOODS = (LineKind.SALE, LineKind.GIFT, LineKind.SAMPLE)


class ListingStatus(StrEnum):
    """Whether a listing can be bought."""

    ACTIVE = "active"
    DRAFT = "draft"
    ARCHIVED = "archived"
    UNLISTED = "unlisted"


class CouponStatus(StrEnum):
    """Whether a coupon can be redeemed now."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    EXPIRED = "expired"


class DiscountKind(StrEnum):
    """How a coupon takes off: a fraction of the price or an amount."""

    RATE = "rate"
    AMOUNT = "amount"


class CaseStatus(StrEnum):
    """Where a customer's wish for money back stands."""

    REQUESTED = "requested"
    RETURNING = "returning"
    RECEIVED = "received"
    REFUSED = "refused"
    CLOSED = "closed"
    REFUNDED = "refunded"


# A case in one of these is not decided: no review is requested of its customer.
OPEN_CASES = (
    CaseStatus.REQUESTED,
    CaseStatus.RETURNING,
    CaseStatus.RECEIVED,
    CaseStatus.REFUSED,
)


class ParcelStatus(StrEnum):
    """Where a parcel is; the one list that every carrier's states are brought to."""

    ANNOUNCED = "announced"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    PROBLEM = "problem"
    REFUSED = "refused"
    RETURNING = "returning"
    RETURNED = "returned"


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    PLATFORM = "platform"


class Purpose(StrEnum):
    """What a person is written to for."""

    MARKETING = "marketing"
    SERVICE = "service"


class OccasionKind(StrEnum):
    """What a day of the year is to a member."""

    BIRTHDAY = "birthday"


class ConsentStatus(StrEnum):
    """A person's consent to being written to."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    NEVER_ASKED = "never_asked"


class DeliveryStatus(StrEnum):
    """What became of a message."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


class Audience(StrEnum):
    """Who can redeem a code that is in force."""

    EVERYBODY = "everybody"
    MEMBER = "member"
    """The one person that the change is for, and nobody else."""
    OTHER = "other"


class GrantStatus(StrEnum):
    """Where a code that one person may redeem stands."""

    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    FAILED = "failed"


class CampaignStatus(StrEnum):
    """Where a message to many stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"


class ReviewResult(StrEnum):
    """How a review judges; of stars, four and more are good and two and fewer bad."""

    GOOD = "good"
    NEUTRAL = "neutral"
    BAD = "bad"


class ReviewTopic(StrEnum):
    """What a bad review is about; of equal weight the earlier one. Safety goes before all."""

    SAFETY = "safety"
    FAKE = "fake"
    QUALITY = "quality"
    SIZE = "size"
    LOGISTICS = "logistics"
    REFUND = "refund"
    SERVICE = "service"
    OTHER = "other"


class MemberSegment(StrEnum):
    """What a member is to the shop: bought recently, often and for much, each beside its median."""

    CHAMPIONS = "champions"
    """Recently, often and for much."""
    BIG_SPENDERS = "big_spenders"
    """Recently and for much, seldom."""
    LOYAL = "loyal"
    """Recently and often, for little."""
    RECENT = "recent"
    """Recently, seldom and for little."""
    CANNOT_LOSE = "cannot_lose"
    """Often and for much, but not recently."""
    AT_RISK = "at_risk"
    """For much, seldom and not recently."""
    ABOUT_TO_LEAVE = "about_to_leave"
    """Often, for little and not recently."""
    HIBERNATING = "hibernating"
    """None of the three."""


class RatingKind(StrEnum):
    """What a shop's dynamic score is of."""

    GOODS = "goods"
    LOGISTICS = "logistics"
    SERVICE = "service"


class EntryKind(StrEnum):
    """What an entry of a statement of account is for."""

    SALE = "sale"
    """What customers paid, shipping that they were charged included."""
    REFUND = "refund"
    COMMISSION = "commission"
    FEE = "fee"
    SHIPPING = "shipping"
    """What the platform charges for the parcel."""
    TAX = "tax"
    """Collected or withheld for the state: never the merchant's."""
    ADJUSTMENT = "adjustment"


class AdLevel(StrEnum):
    """What a row of an ad report is broken down by; levels contain the same money, never add."""

    CAMPAIGN = "campaign"
    KEYWORD = "keyword"
    SKU = "sku"


class Fulfilment(StrEnum):
    """Who ships an offer."""

    PLATFORM = "platform"
    SELLER = "seller"


class ElasticitySource(StrEnum):
    """What an elasticity was learnt from: the SKU's own sales, or those of its category."""

    OWN = "own"
    CATEGORY = "category"


class DemandClass(StrEnum):
    """How a SKU sells, by the mean gap between sales and the spread of their sizes."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"
    NONE = "none"


class ForecastMethod(StrEnum):
    """How the demand of a SKU is forecast; see transforms.forecasts."""

    SES = "ses"
    WEEKDAY_SES = "weekday_ses"
    TSB = "tsb"
    SBA = "sba"
    CROSTON = "croston"
    MEAN = "mean"


class QuarantineReason(StrEnum):
    """Why a document is not in the lake."""

    UNREADABLE_MONEY = "unreadable_money"
    UNREADABLE_TIME = "unreadable_time"
    UNREADABLE_NUMBER = "unreadable_number"
    UNKNOWN_CODE = "unknown_code"
    MISSING_VALUE = "missing_value"
    OUT_OF_BOUNDS = "out_of_bounds"
    PENNY_PRICE = "penny_price"
    FOREIGN_CURRENCY = "foreign_currency"
    FUTURE_INSTANT = "future_instant"
    DUPLICATE_KEY = "duplicate_key"
    ENDLESS_BUNDLE = "endless_bundle"
    UNREADABLE_ROW = "unreadable_row"
    UNKNOWN_SHAPE = "unknown_shape"


class PolicyMode(StrEnum):
    """How far a policy may go for a shop."""

    OFF = "off"
    SHADOW = "shadow"
    APPROVE = "approve"
    AUTO = "auto"


class ActionState(StrEnum):
    """States of an action in the ledger."""

    SHADOW = "shadow"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REVERTED = "reverted"


# At most one action of a policy, shop, target and decision window is in one of these.
LIVE_STATES = (
    ActionState.APPROVED,
    ActionState.SENDING,
    ActionState.SENT,
    ActionState.CONFIRMED,
    ActionState.UNKNOWN,
)


COUNTED_GUARDS = ("cap",)
"""Guards that pick the best of a flood: what they refuse is counted, not recorded one by one."""


class WriteKind(StrEnum):
    """What an action writes to a platform; `none` is an alert that a person acts on."""

    SET_PRICE = "set_price"
    SET_STOCK = "set_stock"
    CREATE_COUPON = "create_coupon"
    """A code; `before` None, `after` what it takes off, 0 once it is closed."""
    GRANT_COUPON = "grant_coupon"
    """A platform's coupon into one member's purse; `after` 1."""
    SEND_MESSAGE = "send_message"
    """One message to one person; `after` 1."""
    REQUEST_REVIEW = "request_review"
    """The platform's own request for a review of one order; `after` 1."""
    REPLY_REVIEW = "reply_review"
    """A public reply to one review; `after` 1."""
    RECORD_EVENT = "record_event"
    """One event about a member in the CRM; `after` 1."""
    SET_PROFILE = "set_profile"
    """Properties of a member in the CRM; `after` 1."""
    NONE = "none"


IMPERSONAL_WRITES = frozenset({WriteKind.NONE, WriteKind.SET_PRICE, WriteKind.SET_STOCK})
"""What is written about goods, and names no customer."""


class Reversal(StrEnum):
    """Whether a write can be taken back."""

    REVERSIBLE = "reversible"
    CLOSABLE = "closable"
    IRREVERSIBLE = "irreversible"


class OutcomeState(StrEnum):
    """What a platform answered for one item of a write."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    HELD = "held"
    """Certainly not applied, and worth another try later."""
