"""What is sold and at what price: listings, prices in force, costs, competitors' offers."""

from contracts.codes import Fulfilment, ListingStatus
from contracts.columns import code, currency, day, flag, identifier, instant, minor, text, units
from contracts.tables.base import Observation, TableKind, Versioned, table


@table("listings", TableKind.VERSIONED, document=("listing_id",))
class Listing(Versioned):
    """What a customer can put in the cart. Grain: (shop_id, listing_id)."""

    listing_id = identifier("The platform's variant", key=True)
    product_id = identifier("The platform's product, which holds variants")
    sku_id = identifier("The seller's code; null: unlinked, never acted on", nullable=True)
    title = text("What the customer reads", personal="display")
    listing_status = code("Whether it can be bought", ListingStatus)
    brand = text("Brand or vendor", nullable=True)
    category = text("The shop's category", nullable=True)
    created_at = instant("When it was listed")


@table("prices", TableKind.OBSERVATION, version=2)
class Price(Observation):
    """The price in force of a listing, as seen. Grain: (shop_id, listing_id, observed_at)."""

    listing_id = identifier("The platform's variant", key=True)
    observed_at = instant("Since when the platform shows it", key=True)
    currency = currency()
    price_minor = minor("Price of one piece before discounts")
    list_price_minor = minor("Struck-through price", nullable=True)
    price_text = text(
        "The price as the platform keeps it, where that has more digits than are charged;"
        " `price_minor` is what is charged",
        nullable=True,
    )


@table("costs", TableKind.VERSIONED, document=("sku_id", "valid_from"))
class Cost(Versioned):
    """What one piece costs the merchant. Grain: (shop_id, sku_id, valid_from)."""

    sku_id = identifier("The seller's code", key=True)
    valid_from = day("First shop-local day on which it holds", key=True)
    currency = currency()
    unit_cost_minor = minor("Landed cost of one piece", above=1)


@table("competitor_offers", TableKind.OBSERVATION, version=2)
class CompetitorOffer(Observation):
    """A rival's offer for our article. Grain: (shop_id, sku_id, competitor_id, observed_at)."""

    sku_id = identifier("The seller's code of our article", key=True)
    competitor_id = identifier("Who offers it", key=True)
    observed_at = instant("When it was seen", key=True)
    currency = currency()
    price_minor = minor("Price of one piece")
    shipping_minor = minor("Shipping the customer pays")
    is_in_stock = flag("Can be bought now")
    fulfilment = code("Who ships it", Fulfilment)
    ratings_units = units("Ratings of the seller", nullable=True)
    is_featured = flag("Whether the platform shows it first; null: not reported", nullable=True)
