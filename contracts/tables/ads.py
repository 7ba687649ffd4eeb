"""What advertising cost and brought."""

from contracts.codes import AdLevel
from contracts.columns import code, currency, day, identifier, minor, text, units
from contracts.tables.base import Slice, TableKind, table


@table("ads_daily", TableKind.SLICE, slice_by=("ad_date", "ad_channel", "ad_level"))
class AdsDaily(Slice):
    """Advertising per account-local day. Grain: (shop_id, ad_date, ad_channel, level, ids).

    Trailing days change for weeks, so they are read again and replaced whole. Rows of one level add
    up to the day's; rows of two levels never do.
    """

    ad_date = day("Day in the account's zone", key=True)
    ad_channel = identifier("Which advertising product", key=True)
    ad_level = code("What the row is broken down by", AdLevel, key=True)
    campaign_id = identifier("The platform's campaign", key=True)
    keyword_id = identifier("The platform's keyword; - where the level has none", key=True)
    listing_id = identifier("The platform's listing; - where the level has none", key=True)
    campaign_name = text("The merchant's name for the campaign", nullable=True, personal="display")
    keyword = text("What was bid for", nullable=True, personal="display")
    currency = currency()
    spend_minor = minor("What it cost")
    impressions_units = units("Times shown")
    clicks_units = units("Clicks")
    orders_count = units("Orders that the platform puts down to it")
    revenue_minor = minor("What they came to")
