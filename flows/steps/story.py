"""The story of one action, gathered from ledger, events, lake and settings; see reports.story."""

import datetime as dt
import shlex
from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

from actions.undo import not_undoable
from actions.writes import is_order
from contracts.actions import OF_MESSAGE, Action
from contracts.codes import GOODS, ActionState, Reversal, WriteKind
from contracts.languages import Bilingual
from contracts.personal import mask
from contracts.tables import Order, OrderLine, Review, table_of
from flows.steps.effect import effects
from flows.steps.home import Home
from flows.steps.previews import Preview
from flows.steps.redeemed import redeemed_times
from flows.steps.shop import Shop
from reports.formats import with_unit
from reports.reasons import translate_reason
from reports.story import Answerer, Earlier, Sold, Story
from reports.words import translate_guard
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent
from warehouse.transitions import SYSTEM

_SHOWN_EARLIER: Final = 3
_CAME_TO_NOTHING: Final = (
    ActionState.REFUSED,
    ActionState.REJECTED,
    ActionState.EXPIRED,
    ActionState.SUPERSEDED,
    ActionState.FAILED,
)
_REVIEWED: Final = ("reply_review", "none")
_NEVER_UNDONE_ZH: Final = {
    WriteKind.NONE: "仅为提醒，未写入任何内容，无需撤销",
    WriteKind.GRANT_COUPON: "已发到会员卡包的优惠券无法收回",
    WriteKind.SEND_MESSAGE: "已发出的消息无法撤回",
    WriteKind.REQUEST_REVIEW: "评价邀请无法撤回",
    WriteKind.REPLY_REVIEW: "公开回复无法撤回，请到平台手工修改",
    WriteKind.RECORD_EVENT: "CRM 对该事件的处理无法撤回",
    WriteKind.SET_PROFILE: "写入前的会员属性未知，无法恢复",
}
_AS_IT_STANDS: Final = {
    ActionState.SHADOW: Bilingual("Nothing was written", "未写入任何内容"),
    ActionState.PROPOSED: Bilingual("Nothing is written so far", "尚未写入任何内容"),
    ActionState.APPROVED: Bilingual(
        "It is not sent so far: `stop` holds it until its time runs out",
        "尚未发送：可用 stop 拦住，直到过期",
    ),
    ActionState.SENDING: Bilingual(
        "It is being sent: ask again once it is confirmed", "正在发送：确认后再查"
    ),
    ActionState.SENT: Bilingual(
        "It is not read back so far: ask again once it is confirmed", "尚未回读：确认后再查"
    ),
    ActionState.UNKNOWN: Bilingual(
        "Nobody knows what became of it, so no command does: look at the platform, and set it"
        " there",
        "结果未知，无法用命令撤销：请到平台核对并手工处理",
    ),
    ActionState.REVERTED: Bilingual("It was taken back already", "已经撤销"),
}
_NOTHING: Final = Bilingual(
    "Nothing was written, so there is nothing to take back", "未写入，无需撤销"
)
_NO_ORDER: Final = Bilingual(
    "Nothing is ordered so far; once approved, `actions undo` takes it off what is on the way",
    "尚未下单；批准后可用 actions undo 从在途中扣除",
)
_IS_UNDO: Final = Bilingual(
    "It is an undo itself: what it took back is decided anew", "本动作即撤销，需重新决策"
)
_IRREVERSIBLE: Final = Bilingual("The platform offers no way to take it back", "平台不提供撤回方式")


def story(home: Home, action: Action, seen: Preview) -> Story:
    """What anybody asks of an action, for whoever operates the home: a review's words are opened,
    so it goes to a terminal and no further.
    """
    shop = home.shop(action.shop_id)
    happened = Events(home.database).of(action.action_id)
    done_at = _last(happened, ActionState.CONFIRMED)
    earlier = _earlier(home, action)
    command, why_not = _undo(shop, action)
    review = _review(home, shop, action)
    named = (action.sku_id, review.get("sku_id"), review.get("product_id"))
    return Story(
        action=action,
        shop_name=shop.settings.name,
        platform=(shop.writer(action.write_kind) or shop.platform).connector.name,
        time_zone=shop.settings.time_zone,
        currency=shop.settings.currency,
        title=_title(home, shop, (action.target_id, *named)),
        why=Bilingual(seen.sentence, seen.sentence_zh),
        guard=_guard(action.guard),
        message=_reason(action.message),
        content=seen.content,
        content_hash=seen.content_hash,
        problem=seen.problem,
        review=review.get("body"),
        earlier=tuple(map(lambda one: _earlier_one(home, one), earlier[:_SHOWN_EARLIER])),
        more_earlier=max(len(earlier) - _SHOWN_EARLIER, 0),
        answered=_answerer(action, happened),
        done_at=done_at,
        sold=_sold_since(home, shop, action, since=done_at),
        redeemed_times=_redeemed_times(home, shop, action),
        effect=_effect(home, action),
        undo_command=command,
        cannot_undo=why_not,
        other_commands=_commands(action),
    )


def _guard(guard: str | None) -> Bilingual | None:
    return None if guard is None else translate_guard(guard)


def _reason(reason: str | None) -> Bilingual | None:
    return None if reason is None else translate_reason(reason)


def _title(home: Home, shop: Shop, names: Collection[str | None]) -> str | None:
    """Title of the listing, SKU or product that has one of the names, where the shop lists it."""
    wanted = [name for name in names if name is not None]
    is_meant = pl.any_horizontal(
        pl.col(column).is_in(wanted) for column in ("listing_id", "sku_id", "product_id")
    )
    listed = home.scan("listings", shop).filter(is_meant.fill_null(value=False))
    is_other = ~pl.col("listing_id").is_in(wanted)
    found = listed.sort(is_other, "listing_id").head(1).select("title").collect()
    opened = home.keys.vault.open_frame(found, "listings")
    titles: list[str] = opened.select(mask(pl.col("title"))).to_series().to_list()
    return titles[0] if titles else None


def _review(home: Home, shop: Shop, action: Action) -> dict[str, str | None]:
    """What the customer wrote whom a reply is for, and about which article; nothing: no review."""
    if action.policy != "review_follow_up" or action.write_kind not in _REVIEWED:
        return {}
    name = table_of(Review).name
    mine = home.scan(name, shop).filter(pl.col("review_id") == action.target_id)
    sealed = mine.select("body", "sku_id", "product_id").collect()
    rows: list[dict[str, str | None]] = home.keys.vault.open_frame(sealed, name).to_dicts()
    return rows[0] if rows else {}


def _earlier(home: Home, action: Action) -> list[Action]:
    """What else was proposed about the same target until then and came to nothing, or is delayed;
    the newest first."""
    same = home.ledger.find(
        shop_id=action.shop_id, targets=[action.target_id], until=action.decided_at
    )
    at_once = home.ledger.find(
        shop_id=action.shop_id, targets=[action.target_id], since=action.decided_at,
        until=action.decided_at + dt.timedelta.resolution,
    )  # fmt: skip
    others = [one for one in (*same, *at_once) if one.action_id != action.action_id]
    found = [one for one in others if one.state in _CAME_TO_NOTHING or one.guard is not None]
    return sorted(found, key=lambda one: one.decided_at, reverse=True)


def _earlier_one(home: Home, action: Action) -> Earlier:
    reason = _reason(action.guard_reason or action.message)
    if action.state is ActionState.REJECTED:
        rejected = _answerer(action, Events(home.database).of(action.action_id))
        reason = Bilingual(rejected.by, rejected.by) if rejected and rejected.by else reason
    return Earlier(
        at=action.decided_at,
        policy=action.policy,
        state=action.state,
        value=with_unit(action, action.after_value),
        guard=_guard(action.guard),
        reason=reason,
    )


def _answerer(action: Action, happened: Sequence[LedgerEvent]) -> Answerer | None:
    """Who let it pass or turned it down: the last who did. To be sent again is no approval."""
    kinds = {"approved": "approved", "undo_enqueued": "approved", "rejected": "rejected"}
    found = [
        one
        for one in happened
        if one.kind in kinds and (one.by != SYSTEM or "from" not in one.details)
    ]
    if not found:
        return None
    last = found[-1]
    is_policy = last.by == SYSTEM
    return Answerer(
        verb="rejected" if last.kind == "rejected" else "approved",
        by=None if is_policy else last.by,
        os_user=None if is_policy else last.os_user,
        at=last.at,
    )


def _last(happened: Sequence[LedgerEvent], state: ActionState) -> dt.datetime | None:
    return next((one.at for one in reversed(happened) if one.kind == state), None)


def _sold_since(
    home: Home, shop: Shop, action: Action, *, since: dt.datetime | None
) -> Sold | None:
    """Of a price what was ordered of the listing at it; None: not in force, or no price."""
    if since is None or action.write_kind is not WriteKind.SET_PRICE or action.currency is None:
        return None
    placed = (
        home.read(Order, shop).lazy().filter(~pl.col("is_test") & pl.col("cancelled_at").is_null())
    )
    lines = (
        home.read(OrderLine, shop)
        .lazy()
        .filter(
            pl.col("listing_id") == action.target_id,
            pl.col("placed_at") >= since,
            pl.col("line_kind").is_in(GOODS),
        )
        .join(placed.select("order_id"), on="order_id", how="semi")
    )
    units, amount = (
        lines.select(pl.col("quantity_units").sum(), pl.col("total_minor").sum()).collect().row(0)
    )
    return Sold(
        units=units, amount_minor=amount, currency=action.currency, until=home.data_as_of(shop)
    )


def _redeemed_times(home: Home, shop: Shop, action: Action) -> int | None:
    if action.write_kind is not WriteKind.CREATE_COUPON:
        return None
    return redeemed_times(home, shop, [action]).get(action.target_id)


def _effect(home: Home, action: Action) -> Bilingual | None:
    if action.policy not in home.policies:
        return None
    found = effects(home, shop_id=action.shop_id, policy=action.policy)
    return Bilingual(found[0].summary, found[0].summary_zh) if found else None


def _undo(shop: Shop, action: Action) -> tuple[str | None, Bilingual | None]:
    """The command that takes it back, or why there is none."""
    kind, state = action.write_kind, action.state
    never = None if is_order(action) else not_undoable(kind)
    source = shop.writer(kind)
    write = source.connector.write(kind) if source else None
    final = None if never is None else Bilingual(_sentence(never), _NEVER_UNDONE_ZH[kind])
    if kind is WriteKind.NONE and not is_order(action):
        return None, final
    if action.undoes is not None:
        return None, _IS_UNDO
    if state not in _AS_IT_STANDS and state is not ActionState.CONFIRMED:
        return None, _NOTHING
    if state is ActionState.PROPOSED and is_order(action):
        return None, _NO_ORDER
    if state is not ActionState.CONFIRMED:
        stands = _AS_IT_STANDS[state]
        return None, stands if final is None else Bilingual(
            f"{stands.en}. {final.en}", f"{stands.zh}。{final.zh}"
        )
    if final is not None:
        return None, final
    if write is not None and write.reversal is Reversal.IRREVERSIBLE:
        return None, _IRREVERSIBLE
    return _undo_of(action, action.target_id), None


def _undo_of(action: Action, target_id: str) -> str:
    words = ["shopkeeper", "actions", "undo", "--shop", action.shop_id, "--run", action.run_id]
    return shlex.join([*words, "--target", target_id])


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _commands(action: Action) -> dict[str, str]:
    """What else a person can type about it."""
    listed = ["shopkeeper", "actions", "list", "--shop", action.shop_id]
    found = {"list": shlex.join([*listed, "--target", action.target_id])}
    if action.state is ActionState.PROPOSED:
        for verb in ("approve", "reject"):
            found[verb] = f"shopkeeper actions {verb} {action.action_id[:12]}"
    code = action.target_id.removesuffix(OF_MESSAGE)
    if action.state is ActionState.CONFIRMED and code != action.target_id:
        found["close"] = _undo_of(action, code)
    return found
