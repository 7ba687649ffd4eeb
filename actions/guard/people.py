"""People: whom we may write to, when and how often, over all policies and channels."""

import datetime as dt
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_ASKING, IS_COUPON, GuardRule, refuse, sentence
from contracts.codes import ActionState, Channel, ConsentStatus, Purpose, WriteKind

_KIND, _MEMBER, _PURPOSE = pl.col("write_kind"), pl.col("member_id"), pl.col("purpose")
_OWN = ["policy", "shop_id", "target_id", "window_start"]
_PERSON = ["shop_id", "member_id"]
_WAY = ["write_kind", "channel", "has_member"]
_MESSAGES = (WriteKind.SEND_MESSAGE, WriteKind.REQUEST_REVIEW)
_ADDRESSED = (
    WriteKind.SEND_MESSAGE,
    WriteKind.GRANT_COUPON,
    WriteKind.RECORD_EVENT,
    WriteKind.SET_PROFILE,
)
_IS_SERVICE = _PURPOSE.eq_missing(pl.lit(str(Purpose.SERVICE)))
_IS_MESSAGE = _KIND.is_in(_MESSAGES) | ((_KIND == WriteKind.RECORD_EVENT) & _PURPOSE.is_not_null())
"""An event with a purpose counts as a message: it is there so that the CRM writes to someone."""


class Way(StrEnum):
    """By what a member is addressed: the platform's id, the CRM's, or an address of a channel."""

    PLATFORM_ID = "platform_id"
    PROFILE_ID = "profile_id"
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


def way_of(kind: str, channel: str | None) -> Way:
    """By what the recipient of a write is addressed."""
    if kind in (WriteKind.RECORD_EVENT, WriteKind.SET_PROFILE):
        return Way.PROFILE_ID
    if kind == WriteKind.SEND_MESSAGE and channel not in (None, Channel.PLATFORM):
        return Way(str(channel))
    return Way.PLATFORM_ID


def is_addressed(kind: str, *, has_member: bool) -> bool:
    """Whether a write is not sent without a recipient."""
    return kind in _ADDRESSED or (kind == WriteKind.CREATE_COUPON and has_member)


def check_consent_and_caps(
    frame: pl.DataFrame, facts: GuardFacts, *, limits: Limits, at: dt.datetime, is_sending: bool
) -> pl.DataFrame:
    """Refuse what a member did not allow, or would get too often; hold it in their quiet hours.

    A decision may be made at night: quiet hours are looked at when it is about to be sent. While
    deciding, what waits approved counts like what was sent; at the door it would stand in its own
    way, so only what was sent counts, and what is sent along with it.
    """
    judged = refuse(_with_consents(frame, facts), *_permissions())
    past = _past(facts.history, judged, is_sending=is_sending)
    judged = _refuse_over_caps(_with_counts(judged, past, limits=limits, at=at), limits)
    judged = refuse(_with_earlier_writes(judged, facts.earlier, facts.history), *_once())
    if is_sending:
        judged = refuse(_with_quiet_hours(judged, facts, limits=limits, at=at), *_hours(limits))
    return judged.select(frame.columns)


def _with_consents(frame: pl.DataFrame, facts: GuardFacts) -> pl.DataFrame:
    """Rows with `is_reached` (null: nobody has to be) and `consent_status`."""
    keyed = frame.with_columns(has_member=_MEMBER.is_not_null())
    kinds = keyed.select(_WAY).unique()
    ways = [
        str(way_of(kind, channel)) if is_addressed(kind, has_member=has_member) else None
        for kind, channel, has_member in kinds.iter_rows()
    ]
    reach = facts.contacts.select(*_PERSON, "way").unique().with_columns(is_reached=True)
    return (
        keyed.join(
            kinds.with_columns(way=pl.Series(ways, dtype=pl.String)),
            on=_WAY,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(reach, on=[*_PERSON, "way"], how="left", maintain_order="left")
        .with_columns(
            is_reached=pl.when(pl.col("way").is_not_null()).then(
                pl.col("is_reached").fill_null(value=False)
            )
        )
        .join(
            facts.consents.unique([*_PERSON, "channel", "purpose"]),
            on=[*_PERSON, "channel", "purpose"],
            how="left",
            maintain_order="left",
        )
    )


def _permissions() -> list[GuardRule]:
    channel, status = pl.col("channel"), pl.col("consent_status")
    says_whom = _MEMBER.is_not_null() & channel.is_not_null() & _PURPOSE.is_not_null()
    marketing = (_PURPOSE == Purpose.MARKETING) & channel.is_not_null()
    service = (_PURPOSE == Purpose.SERVICE) & channel.is_not_null()
    return [
        GuardRule(
            "incomplete",
            (_KIND == WriteKind.SEND_MESSAGE) & ~says_whom,
            pl.lit("a message says to whom, by which channel and for what it is"),
        ),
        GuardRule(
            "incomplete",
            _KIND.is_in(_ADDRESSED) & _MEMBER.is_null(),
            sentence("a write {} says for whom it is", _KIND),
        ),
        GuardRule(
            "no_recipient",
            ~pl.col("is_reached"),
            sentence("no {} of this member is known, or no longer", pl.col("way")),
        ),
        GuardRule(
            "consent",
            marketing & status.ne_missing(pl.lit(str(ConsentStatus.GRANTED))),
            sentence(
                "consent to marketing by {} is {}",
                channel,
                status.fill_null(str(ConsentStatus.NEVER_ASKED)),
            ),
        ),
        GuardRule(
            "consent",
            service & status.eq_missing(pl.lit(str(ConsentStatus.WITHDRAWN))),
            sentence("consent to service by {} is withdrawn", channel),
        ),
    ]


def _past(history: pl.DataFrame, frame: pl.DataFrame, *, is_sending: bool) -> pl.DataFrame:
    """What members got before, apart from these very writes."""
    got = history.filter(~pl.col("is_undo") & _MEMBER.is_not_null())
    if is_sending:
        got = got.filter(pl.col("state") != ActionState.APPROVED)
    return got.join(frame.select(_OWN).unique(), on=_OWN, how="anti")


def _with_counts(
    frame: pl.DataFrame, past: pl.DataFrame, *, limits: Limits, at: dt.datetime
) -> pl.DataFrame:
    """Rows with what the member got in the days that count, this batch so far included."""
    when = pl.col("at")
    is_recent = when > at - dt.timedelta(days=limits.message_days)
    has_coupon = IS_COUPON & (when > at - dt.timedelta(days=limits.coupon_days))
    counts = past.group_by(_PERSON).agg(
        past_messages=(_IS_MESSAGE & is_recent).sum(),
        past_service=(_IS_MESSAGE & _IS_SERVICE & is_recent).sum(),
        past_coupons=has_coupon.sum(),
    )
    joined = frame.join(counts, on=_PERSON, how="left", maintain_order="left")
    is_open = pl.col("guard").is_null()
    places = {
        "messages": _IS_MESSAGE & is_open,
        "service": _IS_MESSAGE & _IS_SERVICE & is_open,
        "coupons": IS_COUPON & is_open,
    }
    return joined.with_columns(
        (
            pl.col(f"past_{name}").fill_null(0).cast(pl.Int64)
            + counts_here.cast(pl.Int64).cum_sum().over(_PERSON)
        ).alias(name)
        for name, counts_here in places.items()
    )


def _refuse_over_caps(frame: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    messages, service, coupons = (pl.col(name) for name in ("messages", "service", "coupons"))
    return refuse(
        frame,
        GuardRule(
            "message_cap",
            _IS_MESSAGE & ~_IS_SERVICE & (messages > limits.max_messages),
            sentence(
                f"it would be message {{}} of {limits.message_days} days, "
                f"limit {limits.max_messages}",
                messages,
            ),
        ),
        GuardRule(
            "message_cap",
            _IS_MESSAGE & _IS_SERVICE & (service > limits.max_service_messages),
            sentence(
                f"it would be service message {{}} of {limits.message_days} days, "
                f"limit {limits.max_service_messages}",
                service,
            ),
        ),
        GuardRule(
            "coupon_cap",
            IS_COUPON & (coupons > limits.max_coupons),
            sentence(
                f"it would be coupon {{}} of {limits.coupon_days} days, limit {limits.max_coupons}",
                coupons,
            ),
        ),
        where=_MEMBER.is_not_null(),
    )


def _with_earlier_writes(
    frame: pl.DataFrame, earlier: pl.DataFrame, history: pl.DataFrame
) -> pl.DataFrame:
    """Rows with when the same was written before by this policy (`mine_at`), and when a review of
    the target was requested by any policy in any way (`asked_at`)."""
    done = pl.concat([earlier, history]).filter(~pl.col("is_undo"))
    done = done.join(frame.select(_OWN).unique(), on=_OWN, how="anti")
    target = ["shop_id", "target_id"]
    kind = [*target, "write_kind"]
    mine = done.group_by("policy", *kind).agg(mine_at=pl.col("at").min())
    requests = done.filter(IS_ASKING).group_by(target).agg(asked_at=pl.col("at").min())
    return frame.join(mine, on=["policy", *kind], how="left", maintain_order="left").join(
        requests, on=target, how="left", maintain_order="left"
    )


def _once() -> list[GuardRule]:
    """What is done once for life: one request per order, one service message per cause."""

    def done_at(name: str) -> pl.Expr:
        return sentence("it was done at {}", pl.col(name).dt.strftime("%Y-%m-%d %H:%M UTC"))

    is_notice = (_KIND == WriteKind.SEND_MESSAGE) & _IS_SERVICE
    return [
        GuardRule(
            "once",
            IS_ASKING & pl.col("asked_at").is_not_null(),
            done_at("asked_at"),
        ),
        GuardRule("once", is_notice & pl.col("mine_at").is_not_null(), done_at("mine_at")),
    ]


def _with_quiet_hours(
    frame: pl.DataFrame, facts: GuardFacts, *, limits: Limits, at: dt.datetime
) -> pl.DataFrame:
    """Rows with `zone`, the member's else the shop's, and `is_quiet`, whether it is night there."""
    own = facts.contacts.filter(pl.col("time_zone").is_not_null()).unique(
        _PERSON, keep="first", maintain_order=True
    )
    shops = pl.DataFrame(
        [(shop, zone) for shop, zone in facts.time_zones.items()],
        schema={"shop_id": pl.String, "shop_zone": pl.String},
        orient="row",
    )
    placed = frame.join(
        own.select(*_PERSON, "time_zone"), on=_PERSON, how="left", maintain_order="left"
    ).join(shops, on="shop_id", how="left", maintain_order="left")
    pairs = placed.select("time_zone", "shop_zone").unique()
    zones = [
        _zone(own_zone) or _zone(shop) or ZoneInfo("UTC") for own_zone, shop in pairs.iter_rows()
    ]
    known = pairs.with_columns(
        zone=pl.Series([zone.key for zone in zones], dtype=pl.String),
        is_quiet=pl.Series([_is_quiet(at, zone, limits) for zone in zones], dtype=pl.Boolean),
    )
    return placed.join(
        known, on=["time_zone", "shop_zone"], how="left", nulls_equal=True, maintain_order="left"
    )


def _hours(limits: Limits) -> list[GuardRule]:
    hours = f"{limits.quiet_from:%H:%M} to {limits.quiet_until:%H:%M}"
    return [
        GuardRule(
            "quiet_hours",
            _IS_MESSAGE & pl.col("is_quiet"),
            sentence(f"nobody is written to from {hours} in {{}}", pl.col("zone")),
        )
    ]


def _zone(name: str | None) -> ZoneInfo | None:
    """The zone of that name; a name that a platform made up is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _is_quiet(at: dt.datetime, zone: ZoneInfo, limits: Limits) -> bool:
    now, start, end = at.astimezone(zone).time(), limits.quiet_from, limits.quiet_until
    return start <= now < end if start <= end else now >= start or now < end
