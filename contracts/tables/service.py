"""How a shop serves: its ratings, and what customers ask."""

from contracts.codes import RatingKind
from contracts.columns import code, day, identifier, instant, member, number, units
from contracts.tables.base import Slice, TableKind, Versioned, table

TOP_SCORE = 5.0


@table("shop_ratings", TableKind.SLICE, slice_by=("rating_date",))
class ShopRating(Slice):
    """The shop's score as a platform shows it (DSR). Grain: (shop_id, rating_date, rating_kind)."""

    rating_date = day("Shop-local day on which it is shown", key=True)
    rating_kind = code("What is rated", RatingKind, key=True)
    rating_score = number("Mean of the ratings, 5 the best", "stars", low=1, high=TOP_SCORE)
    ratings_units = units("Ratings that it is the mean of; null: not reported", nullable=True)
    industry_score = number(
        "Mean of the shops of its industry; null: not reported",
        "stars", low=1, high=TOP_SCORE, nullable=True,
    )  # fmt: skip


@table("tickets", TableKind.VERSIONED, document=("ticket_id",))
class Ticket(Versioned):
    """A customer's question or complaint. Grain: (shop_id, ticket_id)."""

    ticket_id = identifier("The platform's conversation or ticket", key=True)
    member_id = member("Keyed pseudonym of the customer", nullable=True)
    order_id = identifier("The order it is about, where one is told", nullable=True)
    opened_at = instant("When the customer wrote")
    answered_at = instant("When a person first answered; null: not so far", nullable=True)
    answer_due_at = instant("Until when an answer was promised", nullable=True)
    resolved_at = instant("When it was settled; null: not so far", nullable=True)
