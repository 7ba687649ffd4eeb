"""Klaviyo, by its API revision 2026-07-15."""

import datetime as dt

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream, Write
from connectors.klaviyo import fetch, mapping, outbound, redaction
from connectors.klaviyo.client import KlaviyoClient, KlaviyoSettings
from connectors.klaviyo.documents import DOCUMENTS
from contracts.codes import Reversal, WriteKind
from contracts.tables import Campaign, Consent, Contact, CouponGrant, Review

_MONTH = dt.timedelta(days=31)
# Lists are served from an index that follows the records; what it lacks is found by the next pull.
_LOOK_BACK = dt.timedelta(minutes=10)

CONNECTOR = Connector(
    name="klaviyo",
    title="Klaviyo",
    settings=KlaviyoSettings,
    open_client=KlaviyoClient,
    streams=(
        Stream(
            name="profiles",
            tables=(Contact, Consent),
            fetch=fetch.profiles,
            to_canonical=mapping.profiles,
            documents=DOCUMENTS,
            redact=redaction.redact,
            mapping_version=2,
            max_window=_MONTH,
            look_back=_LOOK_BACK,
        ),
        Stream(
            name="coupon_codes",
            tables=(CouponGrant,),
            fetch=fetch.coupons,
            to_canonical=mapping.coupons,
            documents=DOCUMENTS,
            redact=redaction.redact,
            is_snapshot=True,
        ),
        Stream(
            name="campaigns",
            tables=(Campaign,),
            fetch=fetch.campaigns,
            to_canonical=mapping.campaigns,
            documents=DOCUMENTS,
            look_back=_LOOK_BACK,
        ),
        Stream(
            name="crm_reviews",
            volume=volumes.REVIEWS,
            tells_earlier=True,
            tables=(Review,),
            fetch=fetch.reviews,
            to_canonical=mapping.reviews,
            documents=DOCUMENTS,
            redact=redaction.redact,
            look_back=_LOOK_BACK,
        ),
    ),
    writes=(
        Write(
            kind=WriteKind.CREATE_COUPON,
            reversal=Reversal.CLOSABLE,
            live=outbound.CODES.live,
            send=outbound.CODES.send,
        ),
        Write(
            kind=WriteKind.RECORD_EVENT,
            reversal=Reversal.IRREVERSIBLE,
            live=outbound.live_events,
            send=outbound.send_events,
            settles=outbound.event_settles,
        ),
        Write(
            kind=WriteKind.SET_PROFILE,
            reversal=Reversal.IRREVERSIBLE,
            live=outbound.live_profiles,
            send=outbound.set_profiles,
        ),
    ),
    # Campaigns and flows send to many; who writes to whom there, and asks for reviews, is set up
    # by a person. A public reply to a review is written in the app, the API has none.
    person_only=(WriteKind.SEND_MESSAGE, WriteKind.REQUEST_REVIEW, WriteKind.REPLY_REVIEW),
    # Its catalogue is a copy of the shop's, and a code is given by the message that shows it.
    impossible=(WriteKind.SET_PRICE, WriteKind.SET_STOCK, WriteKind.GRANT_COUPON),
)
