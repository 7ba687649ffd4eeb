"""The methods of the gateway by name, and where each says that it succeeded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.jd import ads, aftersales, comments, goods, orders
from sandbox.jd.shop import Shop
from sandbox.kit.arguments import Arguments
from sandbox.kit.fields import Document
from sandbox.kit.gateway import Method


@dataclass(frozen=True)
class Formed(Method[Shop]):
    """A method whose result lies under a name, beside flags that say whether it is one.

    The flags are `success` and a code, both called and valued as the method pleases; orders have
    them in a part `apiResult` of their own.
    """

    under: str = ""
    flag: object = True
    code: tuple[str, object] | None = None
    reason: str = "message"
    part: str = ""

    def done(self, result: Document) -> Document:
        """The inside of an answer."""
        flags = {"success": self.flag, **dict([self.code] if self.code else [])}
        return self._inside(flags, result)

    def failed(self, code: str, reason: str) -> Document:
        """The inside of an answer that calls itself one and is none."""
        flag = "false" if isinstance(self.flag, str) else False
        own = {self.code[0]: code} if self.code else {}
        return self._inside({"success": flag, **own, self.reason: reason}, {})

    def _inside(self, flags: Document, result: Document) -> Document:
        whole = {**({self.part: flags} if self.part else flags), **result}
        return {self.under: whole} if self.under else whole


def _order(answer: Callable[[Shop, Arguments], Document], under: str, flag: object) -> Formed:
    code, reason = ("numberCode", 0), "chineseErrCode"
    return Formed(answer, under=under, flag=flag, code=code, reason=reason, part="apiResult")


def _coded(
    answer: Callable[[Shop, Arguments], Document], under: str, code: str, value: object
) -> Formed:
    return Formed(answer, under=under, code=(code, value), reason="errorMsg")


def _shop(shop: Shop, _: Arguments) -> Document:
    own = shop.credentials
    keys = {"vender_id": own.vender_id, "shop_id": own.vender_id}
    return {"shop_jos_result": {**keys, "shop_name": own.name}}


_REPORT: Final = ("querycampdailysum_result", "resultCode", "0")
_ADS: Final = "jingdong.ads.dsp.rtb.{}.accountCampaignReport"
METHODS: Final[dict[str, Formed]] = {
    "jingdong.vender.shop.query": Formed(_shop),
    "jingdong.pop.order.search": _order(orders.search, "searchorderinfo_result", flag=True),
    "jingdong.pop.order.get": _order(orders.one, "orderDetailInfo", flag="true"),
    "jingdong.asc.serviceAndRefund.view": _coded(aftersales.bills, "pageResult", "code", "00000"),
    "jingdong.b2c.shop.aftersales.refund.get": _coded(
        aftersales.refund, "result", "errorCode", 200
    ),
    "jingdong.pop.afs.soa.refundapply.queryPageList": _coded(
        aftersales.applications, "queryResult", "errorCode", "0"
    ),
    "jingdong.ware.read.searchWare4Valid": Formed(goods.wares),
    "jingdong.sku.read.searchSkuList": Formed(goods.skus),
    "jingdong.stock.read.findSkuStock": Formed(goods.stock),
    "jingdong.pop.PopCommentJsfService.getVenderCommentsForJos": _coded(
        comments.found, "", "resultCode", "0"
    ),
    "jingdong.dsp.report.queryAccountReport": _coded(ads.account, *_REPORT),
    "jingdong.dsp.report.queryCampDailySum": _coded(ads.campaign_days, *_REPORT),
    _ADS.format("kuaiche"): _coded(ads.campaigns("kuaiche"), "data", "code", 1),
    _ADS.format("tp"): _coded(ads.campaigns("haitou"), "data", "code", 1),
    "jingdong.price.write.updateSkuJdPrice": Formed(goods.set_price, is_write=True),
    "jingdong.stock.write.updateSkuStock": Formed(goods.set_stock, is_write=True),
    "jingdong.ware.stock.sku.set": Formed(
        goods.set_stock, is_write=True, under="returnType", code=("code", 200)
    ),
}
