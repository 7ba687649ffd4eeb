"""One open JD shop."""

from types import MappingProxyType
from typing import Literal

from pydantic import Field

from connectors.base.jos import JosClient, JosSettings, Success
from connectors.jd import codes


class JdSettings(JosSettings):
    """One shop. What the platform's documents leave open has a setting; see the README."""

    buyer_field: Literal["open_id_buyer", "xid_buyer", ""] = Field(
        default="open_id_buyer",
        description="Field of an order that names its buyer, as your app sees it; empty: none",
    )
    stock_call: Literal["jingdong.ware.stock.sku.set", "jingdong.stock.write.updateSkuStock"] = (
        Field(
            default="jingdong.ware.stock.sku.set",
            description="Call that sets stock; the second one is older and may be gone",
        )
    )


class JdClient(JosClient[JdSettings]):
    """Calls for one shop, as its settings say."""

    SUCCESS = MappingProxyType(
        {
            codes.ORDERS: Success(path="searchorderinfo_result.apiResult"),
            codes.CASES: Success(path="pageResult", code="code", wanted="00000"),
            codes.AMOUNT: Success(path="result", code="errorCode", wanted="200"),
            codes.CANCELS: Success(path="queryResult"),
        }
    )
