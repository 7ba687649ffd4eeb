"""The methods of the gateway by name, and what each needs beside its arguments."""

import json
from collections.abc import Callable
from typing import Final

from sandbox.kit.arguments import Arguments
from sandbox.kit.fields import Document
from sandbox.kit.gateway import Method
from sandbox.kit.tokens import is_same
from sandbox.taobao import coupons, items, logistics, members, onebp, rates, simba, trades, writes
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME

Handler = Callable[[Shop, Arguments], Document]
LEVELS: Final = ("r1", "r2", "w1", "w2")


def _refresh(shop: Shop, args: Arguments) -> Document:
    """Put the next pair of tokens in force; it is returned as JSON text."""
    if not is_same(args.needed("refresh_token", str), shop.tokens.refresh):
        raise ERRORS("refresh-token-invalid")
    shop.tokens.renew(shop.instant(), shop.lasts)
    seconds, until = int(shop.lasts.total_seconds()), int(shop.tokens.until.timestamp() * 1000)
    pair = {
        "access_token": shop.tokens.access,
        "refresh_token": shop.tokens.refresh,
        "token_type": "Bearer",
        "expires_in": seconds,
        "expire_time": until,
        "re_expires_in": seconds,
        "refresh_token_valid_time": until,
        "taobao_user_nick": shop.credentials.nick,
        **{f"{level}_expires_in": seconds for level in LEVELS},
        **{f"{level}_valid": until for level in LEVELS},
    }
    return {"token_result": json.dumps(pair, ensure_ascii=False)}


def _time(shop: Shop, _: Arguments) -> Document:
    return {"time": TIME.written(shop.now)}


_READS: Final[dict[str, Handler]] = {
    "taobao.trades.sold.get": trades.sold,
    "taobao.trades.sold.increment.get": trades.increment,
    "taobao.trade.fullinfo.get": trades.fullinfo,
    "taobao.refunds.receive.get": trades.refunds,
    "taobao.refund.get": trades.refund,
    "taobao.items.onsale.get": items.onsale,
    "taobao.items.inventory.get": items.inventory,
    "taobao.item.seller.get": items.one,
    "taobao.items.seller.list.get": items.some,
    "taobao.item.skus.get": items.skus,
    "taobao.item.sku.get": items.sku,
    "taobao.traderates.get": rates.received,
    "tmall.traderate.feeds.get": rates.feeds,
    "taobao.crm.members.get": members.found,
    "taobao.crm.members.search": members.searched,
    "taobao.crm.members.increment.get": members.changed,
    "taobao.crm.grade.get": members.grades,
    "taobao.promotion.coupons.get": coupons.found,
    "taobao.logistics.trace.search": logistics.trace,
    "taobao.logistics.orders.get": logistics.shipped,
    "taobao.simba.login.authsign.get": simba.sign,
    "taobao.simba.campaigns.get": simba.campaigns,
    "taobao.simba.adgroupsbycampaignid.get": simba.adgroups,
    "taobao.simba.rtrpt.cust.get": simba.realtime("results", simba.CUSTOMER, simba.REALTIME),
    "taobao.simba.rtrpt.campaign.get": simba.realtime(
        "resultss", simba.CAMPAIGN, simba.REALTIME_CAMPAIGN
    ),
    **{
        f"taobao.onebp.dkx.report.report.{name}.{kind}": onebp.report(grain, **ways)
        for name, grain in (("account", onebp.ACCOUNT), ("campaign", onebp.CAMPAIGN))
        for kind, ways in onebp.KINDS.items()
    },
}
_WRITES: Final[dict[str, Handler]] = {
    "taobao.item.sku.price.update": writes.set_sku_price,
    "tmall.item.price.update": writes.set_tmall_price,
    "taobao.item.quantity.update": writes.set_quantity,
    "taobao.skus.quantity.update": writes.set_quantities,
    "tmall.item.quantity.update": writes.set_tmall_quantity,
    "taobao.promotion.coupon.add": coupons.add,
    "taobao.promotion.coupon.send": coupons.send,
    "taobao.traderate.explain.add": rates.explain,
}
_OPEN: Final[dict[str, Handler]] = {
    "taobao.top.auth.token.refresh": _refresh,
    "taobao.time.get": _time,
}
# The name of a report, its grain, and if it is of one adgroup.
_REPORTS: Final = (
    ("cust", simba.CUSTOMER, False),
    ("campaign", simba.CAMPAIGN, False),
    ("campadgroup", simba.ADGROUP, False),
    ("adgroup", simba.ADGROUP, True),
    ("adgroupkeyword", simba.KEYWORD, True),
)


def _reports() -> dict[str, Handler]:
    return {
        f"taobao.simba.rpt.{name}{kind}.get": simba.report(
            f"rpt_{name}_{kind}_list", grain, fields, one_adgroup=one_adgroup
        )
        for name, grain, one_adgroup in _REPORTS
        for kind, fields in (("base", simba.BASE), ("effect", simba.EFFECT))
    }


METHODS: Final[dict[str, Method[Shop]]] = {
    **{name: Method(handler) for name, handler in {**_READS, **_reports()}.items()},
    **{name: Method(handler, is_write=True) for name, handler in _WRITES.items()},
    **{name: Method(handler, is_open=True) for name, handler in _OPEN.items()},
}
