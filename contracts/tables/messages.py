"""How members are reached, what they allowed, what they were sent and given."""

from contracts.codes import (
    CampaignStatus,
    Channel,
    ConsentStatus,
    DeliveryStatus,
    GrantStatus,
    Purpose,
)
from contracts.columns import code, identifier, instant, member, text
from contracts.tables.base import TableKind, Versioned, table


@table("contacts", TableKind.VERSIONED, document=("member_id", "channel"))
class Contact(Versioned):
    """Where a member is reached. Grain: (shop_id, member_id, channel)."""

    member_id = member("Keyed pseudonym of the member", key=True)
    channel = code("How", Channel, key=True)
    address = identifier(
        "E-mail address or number; null once its time is over", nullable=True, personal="contact"
    )
    profile_id = identifier("The CRM's id of the person", nullable=True, personal="contact")
    language = identifier("Language the member reads, such as zh-CN", nullable=True)
    time_zone = identifier("IANA zone of the member; null: unknown", nullable=True)


@table("consents", TableKind.VERSIONED, document=("member_id", "channel", "purpose"))
class Consent(Versioned):
    """What a member allowed. Grain: (shop_id, member_id, channel, purpose)."""

    member_id = member("Keyed pseudonym of the member", key=True)
    channel = code("By which way", Channel, key=True)
    purpose = code("For what", Purpose, key=True)
    consent_status = code("What the member answered", ConsentStatus)
    consented_at = instant("When the member answered", nullable=True)
    method = text("How the member answered, as proof", nullable=True, personal="consent")


@table("deliveries", TableKind.VERSIONED, document=("message_id", "report"), version=2)
class Delivery(Versioned):
    """What became of a message of ours. Grain: (shop_id, message_id, report).

    Each kind of report stands by itself: a complaint holds whatever is reported after it.
    """

    message_id = identifier("The action that sent it", key=True, names="action")
    report = identifier("What says it, such as dsn/failed or arf/abuse", key=True)
    channel = code("How it was sent", Channel)
    delivery_status = code("What became of it", DeliveryStatus)
    delivered_at = instant("When that was known")
    diagnostic = identifier("The mail system's code, such as 5.1.1", nullable=True)


@table("coupon_grants", TableKind.VERSIONED, document=("grant_id",))
class CouponGrant(Versioned):
    """A code that one person may redeem. Grain: (shop_id, grant_id)."""

    grant_id = identifier(
        "The platform's id of the code, which may hold it", key=True, personal="coupon"
    )
    coupon_id = identifier("The coupon it belongs to")
    coupon_code = identifier("What the customer types", nullable=True, personal="coupon")
    member_id = member("Keyed pseudonym of who holds it; null: nobody", nullable=True)
    grant_status = code("Where it stands", GrantStatus)
    granted_at = instant("When it was given", nullable=True)
    ends_at = instant("Moment it ends; null: open", nullable=True)


@table("campaigns", TableKind.VERSIONED, document=("campaign_id",))
class Campaign(Versioned):
    """A message to many, sent from a CRM by a person. Grain: (shop_id, campaign_id)."""

    campaign_id = identifier("The CRM's campaign", key=True)
    title = text("The merchant's name for it", personal="display")
    channel = code("How it is sent", Channel)
    campaign_status = code("Where it stands", CampaignStatus)
    sent_at = instant("When it was sent, or is to be", nullable=True)
