"""Coupons of the shop: made in yuan, listed in fen, sent to members one by one."""

from datetime import timedelta
from typing import Any, Final

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import invalid, missing, refused
from sandbox.taobao.members import is_blocked, is_member
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import Answer, parsed, without_nulls, wrapped, written

YUAN: Final = (3, 5, 10, 20, 50, 100)
MAX_LIVE: Final = 50
MAX_BUYERS: Final = 100
LIST_PAGE: Final = 20
_FIRST_COUPON: Final = 12_000_000_000_000_000
_FIRST_NUMBER: Final = 77_000_000_000_000_000


def add(shop: Shop, args: Arguments) -> Answer:
    """Make a coupon of some yuan off orders from `condition` yuan on."""
    worth, end = args.needed_number("denominations"), args.needed_instant("end_time")
    start = args.instant("start_time") or shop.now
    condition = args.number("condition") or 0
    if worth not in YUAN:
        raise invalid("denominations", "3, 5, 10, 20, 50 or 100")
    if end <= max(start, shop.now):
        raise invalid("end_time", "must lie in the future and after start_time")
    if condition and condition <= worth:
        raise invalid("condition", "must exceed the denomination")
    if sum(_is_live(one, shop) for one in _coupons(shop)) >= MAX_LIVE:
        raise refused("coupon-count-exceed", "有效期内的店铺优惠券总数量不能超过50张")
    coupon_id = _FIRST_COUPON + len(_coupons(shop)) + 1
    coupon = {
        "denomination_minor": worth * 100,
        "condition_minor": condition * 100,
        "start_time": written(start),
        "end_time": written(end),
    }
    shop.record("add_coupon", str(coupon_id), coupon, created=written(shop.now))
    return {"coupon_id": coupon_id}


def listed(shop: Shop, args: Arguments) -> Answer:
    """The shop's coupons, the newest first."""
    number, worth = args.number("coupon_id"), args.number("denominations")
    end = args.instant("end_time")
    page = args.between("page_no", least=1, most=2**31, default=1)
    size = args.between("page_size", least=1, most=LIST_PAGE, default=LIST_PAGE)
    found = [
        one
        for one in reversed(_coupons(shop))
        if (number is None or one["target"] == str(number))
        and (worth is None or one["after"]["denomination_minor"] == worth * 100)
        and (end is None or one["after"]["end_time"] == written(end))
    ]
    rows = [_row(one) for one in found[(page - 1) * size : page * size]]
    return {"total_results": len(found), **wrapped("coupons", "coupon", rows)}


def send(shop: Shop, args: Arguments) -> Answer:
    """Send a coupon to up to 100 members; the call succeeds even when none of them gets it."""
    number = args.needed_number("coupon_id")
    buyers = _buyers(args)
    coupon = next((one for one in _coupons(shop) if one["target"] == str(number)), None)
    if coupon is None:
        raise refused("coupon-not-exist", "优惠券不存在")
    if not _is_live(coupon, shop):
        raise refused("coupon-expired", "优惠券已过期")
    sent = sum(len(one["after"]) for one in shop.written("send_coupon"))
    failed: list[Answer] = []
    got: list[Answer] = []
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
        shop.record("send_coupon", str(number), households, failed=len(failed))
    return {
        "is_success": True,
        **wrapped("failure_buyers", "error_message", failed),
        **wrapped("coupon_results", "coupon_result", got),
    }


def _buyers(args: Arguments) -> list[tuple[str, str]]:
    """Buyers by nick, open uid or id, each with the name of what it was called by."""
    listed = args.structure("ouid_data") or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise invalid("ouid_data", "a list of ouids")
    found = [("ouid", str(one.get("ouid", ""))) for one in listed]
    for name in ("buyer_ids", "buyer_nick"):
        found += [(name, buyer) for buyer in args.names(name)]
    if not found:
        raise missing("buyer_nick")
    if len(found) > MAX_BUYERS:
        raise invalid("buyer_nick", f"at most {MAX_BUYERS} buyers")
    return found


def _refusal(household: int | None) -> str | None:
    if household is None:
        return "买家不存在"
    if not is_member(household):
        return "买家不是店铺会员"
    return "买家在店铺黑名单中" if is_blocked(household) else None


def _named(name: str, buyer: str, household: int | None) -> Answer:
    if name == "buyer_nick":
        return {"buyer_nick": buyer}
    nick = None if household is None else ids.masked_nick(household)
    return without_nulls({"buyer_nick": nick, "ouid": buyer, "open_uid": buyer})


def _coupons(shop: Shop) -> list[dict[str, Any]]:
    return shop.written("add_coupon")


def _is_live(coupon: dict[str, Any], shop: Shop) -> bool:
    return parsed(coupon["after"]["end_time"]) + timedelta(seconds=1) > shop.now


def _row(coupon: dict[str, Any]) -> Answer:
    return {
        "coupon_id": int(coupon["target"]),
        "denominations": coupon["after"]["denomination_minor"],
        "condition": coupon["after"]["condition_minor"],
        "creat_time": coupon["created"],
        "end_time": coupon["after"]["end_time"],
        "create_channel": "自己创建",
    }
