"""The settings, files and rates of a merchant on Shopify, Tmall and Amazon."""

GROCER = """
name = "Demo Grocer"
currency = "USD"
time_zone = "America/New_York"

[sources.shopify]
base_url = "{url}"
access_token = "env:WORLD_TOKEN"
is_sandbox = true
"""

TMALL = """
name = "Demo Tmall"
currency = "CNY"
time_zone = "Asia/Shanghai"
history_from = 2026-10-01

[sources.taobao]
base_url = "{url}"
app_key = "demo"
app_secret = "env:WORLD_TOKEN"
session = "env:WORLD_TOKEN"
is_sandbox = true
calls_per_second = 45
"""

# Offers of twenty listings are told every two seconds: those that sell most are asked about; one
# report is made a minute.
AMAZON = """
name = "Demo Amazon"
currency = "USD"
time_zone = "America/Los_Angeles"
history_from = 2026-10-01

[sources.amazon]
base_url = "{url}"
marketplace_id = "ATVPDKIKX0DER"
seller_id = "DEMOSELLER"
client_id = "demo"
client_secret = "env:WORLD_TOKEN"
refresh_token = "env:WORLD_TOKEN"
is_sandbox = true
most_offers = 40
price_settles_seconds = 2
product_traffic_days = 2
traffic_trailing_days = 0
"""

# Amazon tells itself who else sells; the others read a price monitor's export.
FILES = """
[sources.files]
folder = "inbox/{channel}"
mappings = [{mappings}]
time_zone = "{zone}"
quiet_seconds = 0
as_of = {clock}

[economics]
fee_rate = 0.03
min_margin_rate = 0.05
"""
MAPPINGS = {
    "shopify": '"erp_costs", "competitor_offers"',
    "taobao": '"erp_costs", "competitor_offers"',
    "amazon": '"erp_costs"',
}

POLICY = """
mode = "auto"
[parameters]
max_proposals = {most}
rule = "match"
min_factor = 0.5
max_factor = 2.0
[limits]
max_actions = 1000
keep_actions = 1000
max_channel_gap_rate = {gap}
[shops]
grocer.limits.max_exposure_minor = 1_000_000_000
tmall.limits.max_exposure_minor = 1_000_000_000
amazon.limits.max_exposure_minor = 1_000_000_000
"""

CALENDAR = """
[holdout]
salt = "three"
share_rate = 0.0

[[campaigns]]
name = "12.12"
starts_at = 2026-12-08T20:00:00+08:00
ends_at = 2026-12-13T00:00:00+08:00
shops = ["tmall"]
"""

ORDER = """
[channels]
order = ["tmall", "grocer", "amazon"]
"""

NO_RATE = ""
RATE = """
[fx]
base = "CNY"
[fx.rates.USD]
rate = 7.0
date = 2026-11-15
"""
OLD_RATE = RATE.replace("2026-11-15", "2026-11-01")
