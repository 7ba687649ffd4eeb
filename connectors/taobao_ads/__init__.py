"""Ads on Taobao and Tmall, 直通车 (zhitongche) and 万相台 (wanxiangtai), by the TOP gateway."""

import datetime as dt

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream
from connectors.taobao_ads import fetch, mapping, wire
from connectors.taobao_ads.client import TaobaoAdsClient, TaobaoAdsSettings
from contracts.codes import WriteKind
from contracts.tables import AdsDaily

CONNECTOR = Connector(
    name="taobao_ads",
    title="Taobao ads",
    settings=TaobaoAdsSettings,
    open_client=TaobaoAdsClient,
    streams=(
        Stream(
            name="ads",
            volume=volumes.ADS,
            tables=(AdsDaily,),
            fetch=fetch.ads,
            to_canonical=mapping.ads,
            documents=wire.PAGES,
            max_window=dt.timedelta(days=30),
        ),
    ),
    impossible=tuple(kind for kind in WriteKind if kind is not WriteKind.NONE),
)
