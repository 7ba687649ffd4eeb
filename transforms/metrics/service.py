"""Refunds, parcels and reviews."""

from typing import Final

import polars as pl

from contracts.codes import ReviewResult
from contracts.languages import Bilingual
from contracts.metrics import Metric, Unit
from transforms.metrics.ratios import no_base, ratio

METRICS: Final = (
    Metric(
        name="refunded",
        title=Bilingual("Refunded", "退款额"),
        definition=Bilingual("Money that went back on the day", "当日退还的金额"),
        unit=Unit.MONEY,
        fact="refunds",
        value=pl.col("refunded_minor").sum(),
        is_better="lower",
    ),
    Metric(
        name="refund_rate",
        title=Bilingual("Refunds per GMV", "退款率"),
        definition=Bilingual("Money that went back per GMV of the span", "退款额 ÷ 当期成交额"),
        unit=Unit.RATE,
        inputs=("refunded", "gmv"),
        value=ratio("refunded", "gmv"),
        gaps=no_base("gmv"),
        is_better="lower",
    ),
    Metric(
        name="complaints",
        title=Bilingual("Requests for money back", "售后申请数"),
        definition=Bilingual("Cases that customers opened", "买家发起的退款/售后申请"),
        unit=Unit.COUNT,
        fact="cases",
        value=pl.len(),
        is_better="lower",
    ),
    Metric(
        name="ship_hours",
        title=Bilingual("Hours until shipped", "发货时长"),
        definition=Bilingual(
            "Median hours from payment until the parcel left, of those that left in the span; from"
            " ordering where it was not paid before",
            "期内发出包裹从付款到发出的小时数（中位数）；发出前未付款的从下单起算",
        ),
        unit=Unit.HOURS,
        fact="parcels",
        value=pl.col("hours").median(),
        is_better="lower",
    ),
    Metric(
        name="late_rate",
        title=Bilingual("Delivered late", "延误率"),
        definition=Bilingual(
            "Parcels that arrived after their promised instant, among those with a promise that"
            " arrived in the span",
            "期内送达且有承诺时间的包裹中，晚于承诺送达的比例",
        ),
        unit=Unit.RATE,
        fact="arrivals",
        value=pl.col("is_late").mean(),
        is_better="lower",
    ),
    Metric(
        name="reviews",
        title=Bilingual("Reviews", "评价数"),
        definition=Bilingual("Reviews written on the day", "当日评价数"),
        unit=Unit.COUNT,
        fact="reviews",
        value=pl.len(),
        is_better="neither",
    ),
    Metric(
        name="bad_review_rate",
        title=Bilingual("Bad reviews", "差评率"),
        definition=Bilingual("Negative reviews among reviews", "差评占评价的比例"),
        unit=Unit.RATE,
        fact="reviews",
        value=(pl.col("review_result") == ReviewResult.BAD).mean(),
        is_better="lower",
    ),
    Metric(
        name="stars",
        title=Bilingual("Stars", "平均星级"),
        definition=Bilingual("Mean of the stars, where the platform has them", "星级平均值"),
        unit=Unit.STARS,
        fact="reviews",
        value=pl.col("stars_units").mean(),
    ),
    Metric(
        name="reply_hours",
        title=Bilingual("Hours until a reply", "评价回复时长"),
        definition=Bilingual(
            "Median hours until a review was answered, of those that were",
            "评价得到回复的小时数（中位数，仅已回复）",
        ),
        unit=Unit.HOURS,
        fact="reviews",
        value=pl.col("hours").median(),
        is_better="lower",
    ),
)
