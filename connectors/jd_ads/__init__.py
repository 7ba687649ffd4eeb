"""JD's ads, 京东快车 and 海投, by the open platform JOS."""

import datetime as dt

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream
from connectors.jd_ads import fetch, mapping, wire
from connectors.jd_ads.client import JdAdsClient, JdAdsSettings
from contracts.codes import WriteKind
from contracts.tables import AdsDaily

CONNECTOR = Connector(
    name="jd_ads",
    title="JD ads (京东快车, 海投)",
    settings=JdAdsSettings,
    usual_currency="CNY",
    usual_time_zone="Asia/Shanghai",
    open_client=JdAdsClient,
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
