"""Opt-outs: ties what became of our messages to whom they were sent, by the ledger.

A message bears the id of its action and no member; who it was for never leaves the house.
"""

from collections.abc import Iterator

import polars as pl

from actions.guard.opt_outs import ANSWER_SCHEMA, in_force
from contracts.actions import Action
from contracts.codes import ActionState, DeliveryStatus, WriteKind
from flows.steps.home import Home, Shop

_TOLD = ("message_id", "delivery_status", "diagnostic", "delivered_at")
_ENDS = (DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED, DeliveryStatus.UNSUBSCRIBED)


def consents(home: Home, shop: Shop) -> pl.DataFrame:
    """What members allow (schema `CONSENT_SCHEMA`), less what their answers to us took back."""
    said = home.scan("consents", shop).collect()
    rows = [*_answered(home, shop), *_refused(home, shop)]
    return in_force(said, pl.DataFrame(rows, schema=ANSWER_SCHEMA, orient="row"))


def _answered(home: Home, shop: Shop) -> Iterator[tuple[object, ...]]:
    """What came back after a message was taken."""
    told = home.scan("deliveries", shop).filter(pl.col("delivery_status").is_in(_ENDS))
    by_id = {row[0]: row[1:] for row in told.select(_TOLD).collect().iter_rows()}
    actions = home.ledger.find(shop_id=shop.id, action_ids=list(by_id)) if by_id else []
    for action in actions:
        yield (*_for(action), *by_id[action.action_id])


def _refused(home: Home, shop: Shop) -> Iterator[tuple[object, ...]]:
    """What the recipient's mail host refused at once: nothing comes back of that."""
    failed = home.ledger.find(
        shop_id=shop.id, states=[ActionState.FAILED], write_kinds=[WriteKind.SEND_MESSAGE]
    )
    for action in failed:
        yield *_for(action), str(DeliveryStatus.BOUNCED), action.message, action.updated_at


def _for(action: Action) -> tuple[object, ...]:
    return action.shop_id, action.member_id, action.channel, action.purpose
