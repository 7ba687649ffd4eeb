"""How the seller's account is read: bookings by when they were posted."""

from collections.abc import Iterator
from typing import Final

from connectors.amazon import turning
from connectors.amazon.client import AmazonClient
from connectors.amazon.fetch import seconds_text
from connectors.amazon.operations import LIST_TRANSACTIONS
from connectors.amazon.refusals import DeniedError
from connectors.base.paging import by_cursor
from contracts.errors import SourceRejectedError
from contracts.streams import Page, Window

TRANSACTIONS: Final = "transactions"
"""Part of a page, before the store that it is read for: the account tells of all its stores."""


def transactions(client: AmazonClient, window: Window) -> Iterator[Page]:
    """Yield what was posted in a window, its end left out; of all stores of the account.

    To ask for one store would leave out what sellers in the United States send themselves.

    Raises:
        SourceRejectedError: the application lacks the role.
    """
    params = (
        ("postedAfter", seconds_text(window.start)),
        ("postedBefore", seconds_text(window.end)),
    )
    part = f"{TRANSACTIONS}:{client.settings.marketplace_id}"

    def ask(token: str | None) -> tuple[Page, str | None]:
        more = () if token is None else (("nextToken", token),)
        body = client.ask(LIST_TRANSACTIONS, params=(*params, *more)).body
        return Page(body, part), turning.payload_cursor(body)

    try:
        yield from by_cursor(ask)
    except DeniedError as error:
        raise SourceRejectedError(
            f"{error}; statements and refunds take the Finance and Accounting role: give it to the"
            " application, or set `has_finances = false`"
        ) from None
