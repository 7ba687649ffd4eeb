"""Explanation: what moved GMV, what is unusual, and which products play which part.

All functions are pure; each says the shape of what it takes and gives.

- `gmv.gmv_effects(segments, chain)`: what moved GMV from one span to another, by segment. Grain:
  (shop_id, segment, effect), with effect_minor; whole minor units that add up exactly.
- `gmv.waterfall(effects, gmv_before_minor=…)`: the bars of a chart of it, of one shop: effect,
  effect_minor, start_minor, end_minor.
- `classes.product_classes(products)`: adds conversion_rate, margin_rate, product_class, gap.
- `anomalies.anomalies(days, campaigns)`: grain (shop_id, day, metric), with value, usual,
  change_rate, score, is_anomaly, gap. `days` is what `flows.steps.days.days_of` gives.

Words for people stand in `contracts.explanation` (movers, classes) and `contracts.metrics` (gaps).
"""
