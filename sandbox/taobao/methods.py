"""The methods of the gateway by name, and what each needs beside its arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sandbox.taobao import (
    coupons,
    items,
    logistics,
    members,
    onebp,
    prices,
    rates,
    refunds,
    simba,
    stock,
    trades,
)
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import Answer, written

Handler = Callable[[Shop, Arguments], Answer]


@dataclass(frozen=True)
class Method:
    """How a method is answered; `is_open` is one that takes no session."""

    answer: Handler
    is_write: bool = False
    is_open: bool = False


def _refresh(shop: Shop, args: Arguments) -> Answer:
    lasts = timedelta(seconds=shop.credentials.expires_in)
    text = shop.tokens.renewed(args.needed("refresh_token"), shop.instant(), lasts=lasts)
    return {"token_result": text}


def _time(shop: Shop, _: Arguments) -> Answer:
    return {"time": written(shop.now)}


_READS: Final[dict[str, Handler]] = {
    "taobao.trades.sold.get": trades.sold,
    "taobao.trades.sold.increment.get": trades.increment,
    "taobao.trade.fullinfo.get": trades.fullinfo,
    "taobao.refunds.receive.get": refunds.received,
    "taobao.refund.get": refunds.one,
    "taobao.items.onsale.get": items.onsale,
    "taobao.items.inventory.get": items.inventory,
    "taobao.item.seller.get": items.one,
    "taobao.items.seller.list.get": items.listed,
    "taobao.item.skus.get": items.skus,
    "taobao.item.sku.get": items.sku,
    "taobao.traderates.get": rates.received,
    "tmall.traderate.feeds.get": rates.feeds,
    "taobao.crm.members.get": members.found,
    "taobao.crm.members.search": members.searched,
    "taobao.crm.members.increment.get": members.changed,
    "taobao.crm.grade.get": members.grades,
    "taobao.promotion.coupons.get": coupons.listed,
    "taobao.logistics.trace.search": logistics.trace,
    "taobao.logistics.orders.get": logistics.shipped,
    "taobao.simba.login.authsign.get": simba.sign,
    "taobao.simba.campaigns.get": simba.campaigns,
    "taobao.simba.adgroupsbycampaignid.get": simba.adgroups,
    "taobao.simba.rtrpt.cust.get": simba.realtime("results", simba.CUSTOMER),
    "taobao.simba.rtrpt.campaign.get": simba.realtime("resultss", simba.CAMPAIGN),
    "taobao.onebp.dkx.report.report.account.daylist": onebp.report(onebp.ACCOUNT),
    "taobao.onebp.dkx.report.report.campaign.daylist": onebp.report(onebp.CAMPAIGN),
    "taobao.onebp.dkx.report.report.account.offline": onebp.report(onebp.ACCOUNT, by_day=False),
    "taobao.onebp.dkx.report.report.campaign.offline": onebp.report(onebp.CAMPAIGN, by_day=False),
    "taobao.onebp.dkx.report.report.account.realtime": onebp.report(onebp.ACCOUNT, is_today=True),
    "taobao.onebp.dkx.report.report.campaign.realtime": onebp.report(onebp.CAMPAIGN, is_today=True),
}
_WRITES: Final[dict[str, Handler]] = {
    "taobao.item.sku.price.update": prices.set_sku_price,
    "tmall.item.price.update": prices.set_tmall_price,
    "taobao.item.quantity.update": stock.set_quantity,
    "taobao.skus.quantity.update": stock.set_quantities,
    "tmall.item.quantity.update": stock.set_tmall_quantity,
    "taobao.promotion.coupon.add": coupons.add,
    "taobao.promotion.coupon.send": coupons.send,
    "taobao.traderate.explain.add": rates.explain,
}
_OPEN: Final[dict[str, Handler]] = {
    "taobao.top.auth.token.refresh": _refresh,
    "taobao.time.get": _time,
}
# The name of a report in its call, the name of its list, its grain, and if it is of one adgroup.
_REPORTS: Final = (
    ("cust", "cust", simba.CUSTOMER, False),
    ("campaign", "campaign", simba.CAMPAIGN, False),
    ("campadgroup", "campadgroup", simba.ADGROUP, False),
    ("adgroup", "adgroup", simba.ADGROUP, True),
    ("adgroupkeyword", "adgroupkeyword", simba.KEYWORD, True),
)


def _reports() -> dict[str, Handler]:
    return {
        f"taobao.simba.rpt.{call}{kind}.get": simba.report(
            f"rpt_{name}_{kind}_list", grain, is_effect=kind == "effect", one_adgroup=one_adgroup
        )
        for call, name, grain, one_adgroup in _REPORTS
        for kind in ("base", "effect")
    }


METHODS: Final[dict[str, Method]] = {
    **{name: Method(handler) for name, handler in {**_READS, **_reports()}.items()},
    **{name: Method(handler, is_write=True) for name, handler in _WRITES.items()},
    **{name: Method(handler, is_open=True) for name, handler in _OPEN.items()},
}


def envelope(method: str) -> str:
    """The name an answer stands under: Taobao's own prefix is left out, others are kept."""
    return method.removeprefix("taobao.").replace(".", "_") + "_response"
