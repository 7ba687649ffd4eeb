"""Klaviyo's answers as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from connectors.base.frames import ColumnType, columns, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, utc
from connectors.klaviyo import wire
from connectors.klaviyo.codes import (
    CAMPAIGN_STATUS,
    CHANNEL,
    CONSENT,
    GRANT_STATUS,
    REVIEW_STATUS,
    REVIEW_TYPE,
)
from connectors.klaviyo.members import member_of, members_by_address, members_by_id, nameless
from contracts.codes import (
    Channel,
    ConsentStatus,
    GrantStatus,
    Purpose,
    QuarantineReason,
    ReviewResult,
)
from contracts.streams import Context, Mapped, Page
from contracts.tables import Campaign, Consent, Contact, CouponGrant, Review

Paths = Mapping[str, tuple[str, ColumnType]]

_TEXT = pl.String
_PROFILE: Paths = {
    "profile": ("id", _TEXT),
    "email": ("attributes.email", _TEXT),
    "locale": ("attributes.locale", _TEXT),
    "zone": ("attributes.location?.timezone", _TEXT),
    "updated": ("attributes.updated", _TEXT),
}
_MARKETING: Paths = {
    "consent": ("consent", _TEXT),
    "is_open": ("is_open", pl.Boolean),
    "consented": ("consent_timestamp", _TEXT),
    "how": ("method", _TEXT),
    "detail": ("method_detail", _TEXT),
    "own_detail": ("custom_method_detail", _TEXT),
    "suppressed_by": ("newest?.reason", _TEXT),
    "suppressed": ("newest?.timestamp", _TEXT),
}
_CODE: Paths = {
    "grant": ("id", _TEXT),
    "coupon": ("relationships?.coupon?.data?.id", _TEXT),
    "code": ("attributes.unique_code", _TEXT),
    "status": ("attributes.status", _TEXT),
    "expires": ("attributes.expires_at", _TEXT),
}
_CAMPAIGN: Paths = {
    "campaign": ("id", _TEXT),
    "name": ("attributes.name", _TEXT),
    "status": ("attributes.status", _TEXT),
    "sent": ("attributes.send_time", _TEXT),
    "scheduled": ("attributes.scheduled_at", _TEXT),
    "updated": ("attributes.updated_at", _TEXT),
}
_REVIEW: Paths = {
    "review": ("id", _TEXT),
    "email": ("attributes.email", _TEXT),
    "type": ("attributes.review_type", _TEXT),
    "status": ("attributes.status?.value", _TEXT),
    "stars": ("attributes.rating", pl.Int64),
    "title": ("attributes.title", _TEXT),
    "content": ("attributes.content", _TEXT),
    "product": ("attributes.product?.external_id", _TEXT),
    "reply": ("attributes.public_reply?.content", _TEXT),
    "replied": ("attributes.public_reply?.updated", _TEXT),
    "created": ("attributes.created", _TEXT),
    "updated": ("attributes.updated", _TEXT),
}


def profiles(pages: Iterable[Page], context: Context) -> Mapped:
    """How members are reached by e-mail, and what they allowed.

    A profile is a member by the shop's own id of the customer. Before it had one it was a member by
    Klaviyo's id; that one is told to have no address, or it would be written to as it was then.
    """
    bodies = [body for page in pages for body in wire.answers(page.body)]
    found = [one for body in bodies for one in wire.PROFILES.listed(body)]
    raw = columns(found, _PROFILE).with_columns(_texts("member", map(member_of, found)))
    earlier = raw.with_columns(_texts("earlier", map(nameless, found))).filter(
        pl.col("earlier") != pl.col("member")
    )
    email = pl.lit(Channel.EMAIL)
    mapper = Mapper(context).add(
        Contact,
        raw,
        member_id=pl.col("member"),
        channel=email,
        address=empty_to_null("email"),
        profile_id=pl.col("profile"),
        language=empty_to_null("locale"),
        time_zone=empty_to_null("zone"),
        source_updated_at=_instant("updated"),
    )
    mapper.add(
        Contact,
        earlier,
        member_id=pl.col("earlier"),
        channel=email,
        source_updated_at=_instant("updated"),
    )
    told = [one.attributes.subscriptions for one in found]
    spoken = [one.email.marketing if one and one.email else None for one in told]
    rows = [row for row, one in enumerate(spoken) if one is not None]
    said = columns([one for one in spoken if one is not None], _MARKETING).hstack(
        raw.select(pl.col("member", "updated").gather(pl.Series(rows, dtype=pl.UInt32)))
    )
    mapper.add(
        Consent,
        said,
        member_id=pl.col("member"),
        channel=email,
        purpose=pl.lit(Purpose.MARKETING),
        consent_status=_consent(),
        consented_at=_instant(pl.coalesce("suppressed", "consented")),
        method=_method(),
        source_updated_at=_instant("updated"),
    )
    return mapper.done(unknown_fields=wire.PROFILES.unknown(bodies))


def coupons(pages: Iterable[Page], context: Context) -> Mapped:
    """Codes that one person may redeem. What they take off is not told.

    A code that was not used has expired when its end has come; the platform's status stays as it
    was.
    """
    codes, bodies, holders = [], [], []
    for page in pages:
        body, *profile_bodies = wire.answers(page.body)
        bodies.append(body)
        some = wire.CODES.listed(body)
        members = members_by_id(profile_bodies)
        held = [wire.holder(code) for code in some]
        holders += [members.get(one, nameless(one)) if one else None for one in held]
        codes += some
    raw = columns(codes, _CODE).with_columns(_texts("member", holders))
    ends, status = _instant("expires"), coded("status", GRANT_STATUS)
    is_over = (ends.value <= pl.lit(context.read_at)).fill_null(value=False)
    expires = is_over & status.value.is_in([GrantStatus.UNASSIGNED, GrantStatus.ASSIGNED])
    # The id of a code is that of its coupon, a hyphen, and the code.
    coupon = pl.col("grant").str.strip_suffix(pl.concat_str(pl.lit("-"), "code"))
    mapper = Mapper(context).add(
        CouponGrant,
        raw,
        grant_id=pl.col("grant"),
        coupon_id=pl.coalesce("coupon", coupon),
        coupon_code=empty_to_null("code"),
        member_id=pl.col("member"),
        grant_status=Parsed(
            pl.when(expires).then(pl.lit(GrantStatus.EXPIRED)).otherwise(status.value),
            status.raw,
            status.reason,
        ),
        ends_at=ends,
    )
    return mapper.done(unknown_fields=wire.CODES.unknown(bodies))


def campaigns(pages: Iterable[Page], context: Context) -> Mapped:
    """Messages to many; which channel a page is of, its `part` says."""
    found: list[wire.Resource[wire.Campaign]] = []
    channels: list[str] = []
    bodies = []
    for page in pages:
        for body in wire.answers(page.body):
            some = wire.CAMPAIGNS.listed(body)
            found += some
            channels += [page.part] * len(some)
            bodies.append(body)
    raw = columns(found, _CAMPAIGN).with_columns(_texts("channel", channels))
    mapper = Mapper(context).add(
        Campaign,
        raw,
        campaign_id=pl.col("campaign"),
        title=pl.col("name"),
        channel=coded("channel", CHANNEL),
        campaign_status=coded("status", CAMPAIGN_STATUS),
        sent_at=_instant(pl.coalesce("sent", "scheduled")),
        source_updated_at=_instant("updated"),
    )
    return mapper.done(unknown_fields=wire.CAMPAIGNS.unknown(bodies))


def reviews(pages: Iterable[Page], context: Context) -> Mapped:
    """What customers judged; questions, and what the merchant rejected, are left out.

    The author is the member whose profile has his address.
    """
    found, bodies, authors = [], [], []
    for page in pages:
        body, *profile_bodies = wire.answers(page.body)
        bodies.append(body)
        some = wire.REVIEWS.listed(body)
        members = members_by_address(profile_bodies)
        authors += [members.get((one.attributes.email or "").lower()) for one in some]
        found += some
    raw = columns(found, _REVIEW).with_columns(_texts("member", authors))
    judges = coded("type", REVIEW_TYPE)
    counts = coded(pl.col("status").fill_null("published"), REVIEW_STATUS)
    is_known = judges.value.is_not_null() & counts.value.is_not_null()
    unknown = pl.when(judges.value.is_null()).then(judges.raw).when(counts.value.is_null())
    mapper = Mapper(context).add(
        Review,
        raw.filter(~is_known | ((judges.value == "yes") & (counts.value == "yes"))),
        review_id=pl.col("review"),
        product_id=empty_to_null("product"),
        member_id=pl.col("member"),
        review_result=Parsed(
            pl.when(is_known).then(_result()),
            unknown.then(counts.raw),
            QuarantineReason.UNKNOWN_CODE,
        ),
        stars_units=pl.col("stars"),
        body=_joined("\n", "title", "content"),
        reviewed_at=_instant("created"),
        reply=empty_to_null("reply"),
        replied_at=_instant("replied"),
        source_updated_at=_instant("updated"),
    )
    return mapper.done(unknown_fields=wire.REVIEWS.unknown(bodies))


def _texts(name: str, values: Iterable[str | None]) -> pl.Series:
    return pl.Series(name, list(values), dtype=_TEXT)


def _instant(column: str | pl.Expr) -> Parsed:
    """ISO 8601 text; without a zone it is UTC."""
    raw = pl.col(column) if isinstance(column, str) else column
    has_zone = raw.str.contains(r"(Z|[+-]\d\d:?\d\d)$")
    return Parsed(
        utc(pl.when(has_zone).then(raw).otherwise(raw + "Z")).value,
        raw,
        QuarantineReason.UNREADABLE_TIME,
    )


def _consent() -> Parsed:
    """What was said; withdrawn where nothing may be sent any more, whatever was said, or how."""
    said = coded("consent", CONSENT)
    shut = pl.when(~pl.col("is_open")).then(pl.lit(ConsentStatus.WITHDRAWN))
    return Parsed(shut.otherwise(said.value), said.raw, said.reason)


def _method() -> pl.Expr:
    """How it was said: of a suppression its reason."""
    said = _joined(": ", "how", "detail", "own_detail")
    return pl.coalesce(pl.concat_str(pl.lit("SUPPRESSED: "), "suppressed_by"), said)


def _result() -> pl.Expr:
    stars = pl.col("stars")
    return (
        pl.when(stars >= 4)
        .then(pl.lit(ReviewResult.GOOD))
        .when(stars == 3)
        .then(pl.lit(ReviewResult.NEUTRAL))
        .when(stars < 3)
        .then(pl.lit(ReviewResult.BAD))
    )


def _joined(separator: str, *names: str) -> pl.Expr:
    """Texts that are not empty, joined; null where all are."""
    parts: Sequence[Any] = [empty_to_null(name) for name in names]
    joined = pl.concat_str(parts, separator=separator, ignore_nulls=True)
    return pl.when(joined != "").then(joined)
