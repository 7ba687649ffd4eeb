"""Which parcels are asked about, in which order, and when one stops."""

import logging
import re
from collections import Counter
from collections.abc import Iterator

import polars as pl

from connectors.kuaidi100.client import Kuaidi100Client
from contracts.errors import ShopkeeperError, SourceRejectedError
from contracts.streams import Page, Window

_NUMBER = re.compile(r"[A-Za-z0-9-]{6,32}")
_HOUR = 3600.0

_log = logging.getLogger(__name__)


def fetch(client: Kuaidi100Client, window: Window, parcels: pl.DataFrame) -> Iterator[Page]:
    """Yield an answer per parcel that may be asked about, the earliest promise first.

    A page's part is the parcel's `shipment_id`. Answers are paid for and cannot be had again soon:
    once there is one, a failure ends the asking and keeps them; the next reading meets it first.

    Raises:
        ShopkeeperError: the first question failed.
        SourceRejectedError: of several parcels each was refused with 400, as without credit.
    """
    asked = 0
    refusals: Counter[str] = Counter()
    for shipment_id, carrier, number in _in_order(_followed(client, parcels)):
        if not client.claim(shipment_id):
            continue
        if not client.spend():
            client.put_off(shipment_id, 0.0)
            _log.info("kuaidi100: the day's quota is used for now; other parcels wait")
            break
        try:
            answer = client.ask(carrier, number)
        except ShopkeeperError as error:
            if not asked:
                raise
            _log.warning("kuaidi100: no further questions after %d: %s", asked, error)
            break
        asked += 1
        if answer.refusal is not None:
            refusals[answer.refusal] += 1
            client.put_off(shipment_id, client.settings.empty_interval_hours * _HOUR)
        yield Page(answer.body, shipment_id)
    for code, count in sorted(refusals.items()):
        _log.warning("kuaidi100: returnCode %s for %d of %d parcels", code, count, asked)
    if asked > 1 and refusals["400"] == asked:
        raise SourceRejectedError(
            "kuaidi100 refuses every parcel with 400: look at the contract and its credit"
        )


def _followed(client: Kuaidi100Client, parcels: pl.DataFrame) -> pl.DataFrame:
    """Parcels of carriers that can be asked about; the others are counted in the log."""
    settings = client.settings
    silent = [] if settings.phone_tail else list(settings.phone_carriers)
    carrier = pl.col("carrier_code")
    is_asked = carrier.is_in(list(settings.carriers)) & ~carrier.is_in(silent)
    is_number = pl.col("tracking_number").str.contains(f"^(?:{_NUMBER.pattern})$")
    followed = parcels.filter(is_asked & is_number)
    left = parcels.height - followed.height
    if left:
        _log.info("kuaidi100: %d parcels cannot be followed (carrier, number or telephone)", left)
    return followed


def _in_order(parcels: pl.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Parcel, carrier and number, those first that are promised or left first."""
    ordered = parcels.sort("promised_at", "shipped_at", "shipment_id", nulls_last=True)
    yield from ordered.select("shipment_id", "carrier_code", "tracking_number").iter_rows()
