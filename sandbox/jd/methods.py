"""The methods of the gateway by name, and where each says that it succeeded."""

from dataclasses import dataclass
from typing import Final

from sandbox.jd import ads, aftersales, comments, goods, orders
from sandbox.jd.shop import Shop
from sandbox.kit.arguments import Arguments
from sandbox.kit.fields import Document
from sandbox.kit.gateway import Method


@dataclass(frozen=True)
class Formed(Method[Shop]):
    """A method whose result lies `under` a name, beside flags that say whether it is one.

    The flags are `success` and a code, both called and valued as the method pleases; orders have
    them in a `part` of their own.
    """

    under: str = ""
    code: tuple[str, object] | None = None
    flag: object = True
    part: str = ""

    def done(self, result: Document) -> Document:
        """The inside of an answer."""
        return self._inside(
            {"success": self.flag, **dict([self.code] if self.code else [])}, result
        )

    def failed(self, code: str, reason: str) -> Document:
        """The inside of an answer that calls itself one and is none."""
        flag = "false" if isinstance(self.flag, str) else False
        named = {self.code[0]: code} if self.code else {}
        said = "chineseErrCode" if self.part else "errorMsg"
        return self._inside({"success": flag, **named, said: reason}, {})

    def _inside(self, flags: Document, result: Document) -> Document:
        whole = {**({self.part: flags} if self.part else flags), **result}
        return {self.under: whole} if self.under else whole


def _shop(shop: Shop, _: Arguments) -> Document:
    own = shop.credentials
    keys = {"vender_id": own.vender_id, "shop_id": own.vender_id}
    return {"shop_jos_result": {**keys, "shop_name": own.name}}


_ORDER: Final = ("numberCode", 0)
_ADS: Final = "jingdong.ads.dsp.rtb.{}.accountCampaignReport"
_DAILY: Final = "querycampdailysum_result"
METHODS: Final[dict[str, Formed]] = {
    "jingdong.vender.shop.query": Formed(_shop),
    "jingdong.pop.order.search": Formed(
        orders.search, under="searchorderinfo_result", code=_ORDER, part="apiResult"
    ),
    "jingdong.pop.order.get": Formed(
        orders.one, under="orderDetailInfo", code=_ORDER, flag="true", part="apiResult"
    ),
    "jingdong.asc.serviceAndRefund.view": Formed(
        aftersales.bills, under="pageResult", code=("code", "00000")
    ),
    "jingdong.b2c.shop.aftersales.refund.get": Formed(
        aftersales.refund, under="result", code=("errorCode", 200)
    ),
    "jingdong.pop.afs.soa.refundapply.queryPageList": Formed(
        aftersales.applications, under="queryResult", code=("errorCode", "0")
    ),
    "jingdong.ware.read.searchWare4Valid": Formed(goods.wares),
    "jingdong.sku.read.searchSkuList": Formed(goods.skus),
    "jingdong.stock.read.findSkuStock": Formed(goods.stock),
    "jingdong.pop.PopCommentJsfService.getVenderCommentsForJos": Formed(
        comments.found, code=("resultCode", "0")
    ),
    "jingdong.dsp.report.queryAccountReport": Formed(ads.account, under=_DAILY),
    "jingdong.dsp.report.queryCampDailySum": Formed(ads.campaign_days, under=_DAILY),
    _ADS.format("kuaiche"): Formed(ads.campaigns("kuaiche"), under="data", code=("code", 1)),
    _ADS.format("tp"): Formed(ads.campaigns("haitou"), under="data", code=("code", 1)),
    "jingdong.price.write.updateSkuJdPrice": Formed(goods.set_price, is_write=True),
    "jingdong.stock.write.updateSkuStock": Formed(goods.set_stock, is_write=True),
    "jingdong.ware.stock.sku.set": Formed(
        goods.set_stock, is_write=True, under="returnType", code=("code", 200)
    ),
}
