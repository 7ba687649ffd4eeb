"""How fast customers are answered."""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.ratios import no_base, ratio

METRICS: Final = (
    Metric(
        name="tickets",
        title=Bilingual("Questions of customers", "咨询量"),
        definition=Bilingual("Conversations that customers began", "买家发起的会话数"),
        unit=Unit.COUNT,
        fact="tickets",
        value=pl.len(),
        is_better="neither",
    ),
    Metric(
        name="first_response_minutes",
        title=Bilingual("First answer", "首次响应时长"),
        definition=Bilingual(
            "Median minutes until the first answer, of questions that have one",
            "首次回复的分钟数（中位数，仅已回复）",
        ),
        unit=Unit.MINUTES,
        fact="tickets",
        value=pl.col("minutes").median(),
        is_better="lower",
    ),
    Metric(
        name="quick_response_rate",
        title=Bilingual("Answered within 3 minutes", "三分钟回复率"),
        definition=Bilingual(
            "Questions answered within three minutes", "三分钟内得到回复的会话占比"
        ),
        unit=Unit.RATE,
        fact="tickets",
        value=pl.col("is_quick").mean(),
        fact_gaps={Gap.CENSORED: pl.col("is_quick").null_count() > 0},
    ),
    Metric(
        name="sla_rate",
        title=Bilingual("Answered in time", "按时回复率"),
        definition=Bilingual(
            "Questions answered by when it was promised, among those with a promise",
            "有承诺回复时间的会话中，按时回复的比例",
        ),
        unit=Unit.RATE,
        fact="tickets",
        value=pl.col("is_in_time").mean(),
        fact_gaps={
            Gap.CENSORED: pl.col("is_in_time")
            .filter(pl.col("answer_due_at").is_not_null())
            .has_nulls()
        },
    ),
    Metric(
        name="resolution_rate",
        title=Bilingual("Resolved", "解决率"),
        definition=Bilingual("Questions that are resolved so far", "截至目前已解决的会话占比"),
        unit=Unit.RATE,
        fact="tickets",
        value=pl.col("resolved_at").is_not_null().mean(),
    ),
    Metric(
        name="complaint_rate",
        title=Bilingual("Requests for money back per order", "售后申请率"),
        definition=Bilingual("Cases that customers opened per order", "售后申请数 ÷ 订单数"),
        unit=Unit.RATE,
        inputs=("complaints", "orders"),
        value=ratio("complaints", "orders"),
        gaps=no_base("orders"),
        is_better="lower",
    ),
)
