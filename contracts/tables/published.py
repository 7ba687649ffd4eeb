"""What BI tools read of metrics: tables of the database alone, written from the catalogue."""

import dataframely as dy

from contracts.columns import code, currency, day, flag, identifier, number, text
from contracts.metrics import Gap, Unit

METRICS_DAILY = "metrics_daily"
METRICS_WIDE = "metrics_wide"
"""A view: one column per metric."""
METRICS_DICTIONARY = "metrics_dictionary"


class MetricDay(dy.Schema):
    """A metric of a shop on a day. Grain: (shop_id, metric_date, metric).

    What is known of the last whole day alone, such as stock, has a row of each day on which it was
    published as such.
    """

    shop_id = identifier("Our id of the shop", key=True)
    metric_date = day("Shop-local day", key=True)
    metric = identifier("Its name in the catalogue", key=True)
    currency = currency()
    unit = code("What the value counts; money is in minor units of the currency", Unit)
    value = number("The value; null: see gap", "as unit says", nullable=True, low=None)
    gap = code("Why there is no value", Gap, nullable=True)


class MetricDefinition(dy.Schema):
    """A metric of the catalogue. Grain: (metric)."""

    metric = identifier("Its name", key=True)
    title_en = text("Its name for people, in English")
    title_zh = text("In Chinese")
    definition_en = text("What it is, in English")
    definition_zh = text("In Chinese")
    unit = code("What its value counts", Unit)
    rests_on = text("Metrics that it is computed from, by commas; else its fact table")
    dimensions = text("What it can be broken down by, by commas")
    is_estimated = flag("It rests on what the settings state")
    is_additive = flag("Its days may be added up")
