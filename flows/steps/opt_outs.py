"""Opt-outs: ties what became of our messages to whom they were sent, by the ledger.

A message bears the id of its action and no member; who it was for never leaves the house.
"""

import datetime as dt
from collections.abc import Iterator

import polars as pl

from actions.guard.opt_outs import (
    ANSWER_SCHEMA,
    DAY_SCHEMA,
    LEAST_GONE,
    MOST_GONE_RATE,
    flood_days,
    in_force,
    sender_refusals,
    unreachable,
)
from contracts.actions import Action
from contracts.checks import CheckResult
from contracts.codes import ActionState, DeliveryStatus, WriteKind
from contracts.tables import Delivery, table_of
from flows.steps.home import Home
from flows.steps.shop import Shop

_TOLD = ("message_id", "delivery_status", "diagnostic", "delivered_at")
_ENDS = (DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED, DeliveryStatus.UNSUBSCRIBED)
_SENT = (ActionState.SENT, ActionState.CONFIRMED, ActionState.UNKNOWN, ActionState.FAILED)
_TOLD_DAYS = 7
_DAY = dt.timedelta(days=1)


def consents(home: Home, shop: Shop) -> pl.DataFrame:
    """What members allow (schema `CONSENT_SCHEMA`), less what their answers to us took back."""
    answers = _answers(home, shop)
    return in_force(
        home.scan("consents", shop).collect(), answers, _flood_days(home, shop, answers)
    )


def bounces(home: Home, shop: Shop) -> list[CheckResult]:
    """Whether what comes back of a shop's messages of a week says that we are at fault."""
    if not any(Delivery in stream.tables for _, stream in shop.streams()):
        return []
    now = home.now(shop)
    since = (now - _TOLD_DAYS * _DAY).date()
    answers = _answers(home, shop).filter(pl.col("day") >= since)
    flooded = _flood_days(home, shop, answers).select("gone", "messages", "day").rows()
    waiting = _messages(home, shop, ActionState.APPROVED, since=since)
    refused = sender_refusals(pl.concat([answers, _frame(map(_refusal, waiting))])).height
    measured = [
        (
            "gone_addresses",
            [
                f"{some} of {all_} messages of {day} came back as gone"
                for some, all_, day in flooded
            ],
            f"{MOST_GONE_RATE:.0%} of a day, from {LEAST_GONE} on: nobody's consent was touched;"
            " if they are gone, name the day in bounces.confirmed_days",
        ),
        (
            "sender_refused",
            [f"{refused} messages were refused for their sender's address"] if refused else [],
            "none in a week: look at the account's address and its domain",
        ),
    ]
    return [
        CheckResult(
            shop_id=shop.id,
            table=table_of(Delivery).name,
            check=check,
            passed=not found,
            measured="; ".join(found) or "none",
            limit=limit,
            checked_at=now,
            is_blocking=False,
        )
        for check, found, limit in measured
    ]


def _answers(home: Home, shop: Shop) -> pl.DataFrame:
    return _frame([*_platform_answers(home, shop), *_mail_refusals(home, shop)])


def _platform_answers(home: Home, shop: Shop) -> Iterator[tuple[object, ...]]:
    """What came back after a message was taken."""
    deliveries = home.scan("deliveries", shop).filter(pl.col("delivery_status").is_in(_ENDS))
    rows = deliveries.select(_TOLD).collect().rows()
    ids = list(dict.fromkeys(row[0] for row in rows))
    actions = home.ledger.find(shop_id=shop.id, action_ids=ids) if ids else []
    sent = {action.action_id: action for action in actions}
    for message_id, *answer in rows:
        if message_id in sent:
            yield (*_message_row(sent[message_id]), *answer)


def _mail_refusals(home: Home, shop: Shop) -> Iterator[tuple[object, ...]]:
    """What the recipient's mail host refused at once: nothing comes back of that."""
    return map(_refusal, _messages(home, shop, ActionState.FAILED))


def _flood_days(home: Home, shop: Shop, answers: pl.DataFrame) -> pl.DataFrame:
    """Days on which so many are gone that we are at fault, but those that a person confirmed."""
    confirmed = home.settings.bounces.confirmed_days
    counts = unreachable(answers).group_by("day").len().filter(pl.col("len") >= LEAST_GONE)
    days = [day for day in counts["day"] if day not in confirmed]
    rows = [(shop.id, day, len(_messages(home, shop, *_SENT, since=day, days=1))) for day in days]
    return flood_days(answers, pl.DataFrame(rows, schema=DAY_SCHEMA, orient="row"))


def _messages(
    home: Home,
    shop: Shop,
    *states: ActionState,
    since: dt.date | None = None,
    days: int | None = None,
) -> list[Action]:
    """Messages by their state; `since` the day (UTC) on which they were decided, so many days."""
    start = dt.datetime.combine(since, dt.time(), dt.UTC) if since else None
    return home.ledger.find(
        shop_id=shop.id,
        states=states,
        write_kinds=[WriteKind.SEND_MESSAGE],
        since=start,
        until=start + days * _DAY if start and days else None,
    )


def _frame(rows: Iterator[tuple[object, ...]] | list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ANSWER_SCHEMA, orient="row")


def _refusal(action: Action) -> tuple[object, ...]:
    return (*_message_row(action), str(DeliveryStatus.BOUNCED), action.message, action.updated_at)


def _message_row(action: Action) -> tuple[object, ...]:
    day = action.decided_at.date()
    return action.shop_id, action.member_id, action.channel, action.purpose, day
