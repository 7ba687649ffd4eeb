"""One open advertiser's account of JD."""

from types import MappingProxyType
from typing import Final, Literal

from pydantic import Field

from connectors.base.jos import JosClient, JosSettings, Success

SUMS: Final = "jingdong.dsp.report.queryCampDailySum"
KUAICHE: Final = "jingdong.ads.dsp.rtb.kuaiche.accountCampaignReport"
HAITOU: Final = "jingdong.ads.dsp.rtb.tp.accountCampaignReport"


class JdAdsSettings(JosSettings):
    """One account. What the platform's documents leave open has a setting; see the README."""

    has_kuaiche: bool = Field(default=True, description="The account has search ads (京东快车)")
    has_haitou: bool = Field(default=True, description="The account has broad ads (海投)")
    kuaiche_call: Literal[
        "jingdong.ads.dsp.rtb.kuaiche.accountCampaignReport",
        "jingdong.dsp.report.queryCampDailySum",
    ] = Field(default=KUAICHE, description="Report of the search ads; the second one is older")
    trailing_days: int = Field(
        default=15, ge=0, le=60, description="Days that still change, read again by every pull"
    )
    effect_days: Literal[0, 1, 3, 7, 15] = Field(
        default=15,
        description="Days after a click in which an order is put down to it; or 0 and 15 alone",
    )
    report_days: int = Field(default=90, ge=1, le=400, description="How far back the reports go")
    unit: Literal["yuan", "fen"] = Field(default="yuan", description="Unit of the reports' amounts")


class JdAdsClient(JosClient[JdAdsSettings]):
    """Calls for one advertiser, as its settings say."""

    SUCCESS = MappingProxyType(
        {
            SUMS: Success(path="querycampdailysum_result"),
            KUAICHE: Success(path="data"),
            HAITOU: Success(path="data"),
        }
    )
