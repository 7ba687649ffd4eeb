"""Coupons of the shop: made in yuan, listed in fen, sent to members one by one."""

from datetime import timedelta
from typing import Any, Final

from sandbox.kit.arguments import Arguments, listed, whole
from sandbox.kit.fields import Document, without_none
from sandbox.kit.lists import Page
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS, invalid
from sandbox.taobao.members import is_blocked, is_member
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME, wrapped

YUAN: Final = (3, 5, 10, 20, 50, 100)
MAX_LIVE: Final = 50
MAX_BUYERS: Final = 100
LIST_PAGE: Final = 20
_FIRST_COUPON: Final = 12_000_000_000_000_000
_FIRST_NUMBER: Final = 77_000_000_000_000_000


def add(shop: Shop, args: Arguments) -> Document:
    """Make a coupon of some yuan off orders from `condition` yuan on."""
    worth, end = args.needed("denominations", whole), args.needed("end_time", TIME.parsed)
    start = args.get("start_time", TIME.parsed, shop.now)
    condition = args.get("condition", whole, 0)
    if worth not in YUAN:
        raise invalid("denominations", "3, 5, 10, 20, 50 or 100")
    if end <= max(start, shop.now):
        raise invalid("end_time", "must lie in the future and after start_time")
    if condition and condition <= worth:
        raise invalid("condition", "must exceed the denomination")
    made = shop.written("add_coupon")
    if sum(_is_live(one, shop) for one in made) >= MAX_LIVE:
        raise ERRORS("coupon-count-exceed")
    coupon_id = _FIRST_COUPON + len(made) + 1
    amounts = {"denomination_minor": worth * 100, "condition_minor": condition * 100}
    span = {"start_time": TIME.written(start), "end_time": TIME.written(end)}
    shop.record("add_coupon", coupon_id, amounts | span, created=TIME.written(shop.now))
    return {"coupon_id": coupon_id}


def found(shop: Shop, args: Arguments) -> Document:
    """The shop's coupons, the newest first."""
    number, worth = args.get("coupon_id", whole), args.get("denominations", whole)
    end = args.get("end_time", TIME.parsed)
    page = Page.of(args, "page_no", "page_size", most=LIST_PAGE, default=LIST_PAGE)
    rows = [
        row
        for row in map(_row, reversed(shop.written("add_coupon")))
        if number in (None, row["coupon_id"])
        and (worth is None or row["denominations"] == worth * 100)
        and (end is None or row["end_time"] == TIME.written(end))
    ]
    shown = rows[page.end - page.size : page.end]
    return {"total_results": len(rows), **wrapped("coupons", "coupon", shown)}


def send(shop: Shop, args: Arguments) -> Document:
    """Send a coupon to up to 100 members; the call succeeds even when none of them gets it."""
    number = args.needed("coupon_id", whole)
    buyers = _buyers(args)
    made = {one["target"]: one for one in shop.written("add_coupon")}
    if str(number) not in made:
        raise ERRORS("coupon-not-exist")
    if not _is_live(made[str(number)], shop):
        raise ERRORS("coupon-expired")
    sent = sum(len(one["after"]) for one in shop.written("send_coupon"))
    failed: list[Document] = []
    got: list[Document] = []
    households: list[int] = []
    for name, buyer in buyers:
        household = None if name == "buyer_nick" else shop.household(buyer)
        named = _named(name, buyer, household)
        reason = _refusal(household)
        if reason is not None or household is None:
            failed.append({**named, "reason": reason})
            continue
        households.append(household)
        got.append({**named, "coupon_number": _FIRST_NUMBER + sent + len(got) + 1})
    if households:
        shop.record("send_coupon", number, households, failed=len(failed))
    return {
        "is_success": True,
        **wrapped("failure_buyers", "error_message", failed),
        **wrapped("coupon_results", "coupon_result", got),
    }


def _buyers(args: Arguments) -> list[tuple[str, str]]:
    """Buyers by nick, open uid or id, each with the name of what it was called by."""
    found = [("ouid", str(one.get("ouid", ""))) for one in args.get("ouid_data", listed) or ()]
    for name in ("buyer_ids", "buyer_nick"):
        found += [(name, buyer) for buyer in args.names(name)]
    if not found:
        raise ERRORS("missing", name="buyer_nick")
    if len(found) > MAX_BUYERS:
        raise invalid("buyer_nick", f"at most {MAX_BUYERS} buyers")
    return found


def _refusal(household: int | None) -> str | None:
    if household is None:
        return "买家不存在"
    if not is_member(household):
        return "买家不是店铺会员"
    return "买家在店铺黑名单中" if is_blocked(household) else None


def _named(name: str, buyer: str, household: int | None) -> Document:
    if name == "buyer_nick":
        return {"buyer_nick": buyer}
    nick = None if household is None else ids.masked_nick(household)
    return without_none({"buyer_nick": nick, "ouid": buyer, "open_uid": buyer})


def _is_live(coupon: dict[str, Any], shop: Shop) -> bool:
    return TIME.parsed(coupon["after"]["end_time"]) + timedelta(seconds=1) > shop.now


def _row(coupon: dict[str, Any]) -> Document:
    return {
        "coupon_id": int(coupon["target"]),
        "denominations": coupon["after"]["denomination_minor"],
        "condition": coupon["after"]["condition_minor"],
        "creat_time": coupon["created"],
        "end_time": coupon["after"]["end_time"],
        "create_channel": "自己创建",
    }
