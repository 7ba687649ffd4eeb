"""What the demo's home says: two shops of one merchant, and what is decided for them."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.at_once import AT_ONCE

MARK = "# Made by `shopkeeper demo`; each demo makes it anew.\n"
TOKEN = "SHOPKEEPER_DEMO_TOKEN"  # noqa: S105  the variable's name
SHOPS = {"demo": "shopify", "tmall": "taobao"}
"""Our shops and the channels of the merchant's world that they are."""
# TOP lists changed trades of three months only.
_TAOBAO_DAYS = 88

_HOME = """
[holdout]
salt = "demo"
share_rate = 0.05

[fx]
base = "CNY"
[fx.rates.USD]
rate = 7.0
date = {today}

[channels]
order = ["tmall", "demo"]

[[campaigns]]  # a Chinese shop acts by itself only while its calendar is kept
name = "12.12"
starts_at = {season}-12-08T20:00:00+08:00
ends_at = {season}-12-13T00:00:00+08:00
shops = ["tmall"]
"""

_DEMO = """
name = "Demo Grocer"
currency = "USD"
time_zone = "America/New_York"

[sources.shopify]
base_url = "{url}"
access_token = "env:{token}"
is_sandbox = true

[sources.klaviyo]
base_url = "{url}"
api_key = "env:{token}"
is_sandbox = true

[sources.kuaidi100]
base_url = "{url}"
customer = "demo"
key = "env:{token}"
is_sandbox = true
queries_per_second = 50
queries_per_day = 50_000

[sources.email]
is_sandbox = true
as_of = {clock}
ca_file = "mail/ca.pem"
smtp_host = "localhost"
smtp_port = {smtp_port}
imap_host = "localhost"
imap_port = {imap_port}
user = "{address}"
password = "env:{token}"
imap_password = "env:{token}"
address = "{address}"
messages_per_second = 100
messages_per_day = 20_000

[sources.files]
folder = "inbox/shopify"
mappings = [
  "erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic",
  "sycm_items", "visit_reports", "shop_scores", "goals",
]
time_zone = "America/New_York"
quiet_seconds = 0
as_of = {clock}

[economics]
fee_rate = 0.029
min_margin_rate = 0.05
worst_discount_rate = 0.05  # of the discounts in these transactions the makers pay the rest

[schedule]  # so often that `make up` shows it; the two shops in turn
pull = "*/4 * * * *"
"""

_TMALL = """
name = "Demo Tmall"
currency = "CNY"
time_zone = "Asia/Shanghai"
history_from = {from_day}

[sources.taobao]
base_url = "{url}"
app_key = "demo"
app_secret = "env:{token}"
session = "env:{token}"
is_sandbox = true
calls_per_second = 45

[sources.taobao_ads]
base_url = "{url}"
app_key = "demo"
app_secret = "env:{token}"
session = "env:{token}"
is_sandbox = true
calls_per_second = 45

[sources.files]
folder = "inbox/taobao"
mappings = [
  "erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic",
  "sycm_items", "visit_reports", "shop_scores", "goals",
]
time_zone = "Asia/Shanghai"
quiet_seconds = 0
as_of = {clock}

[economics]
fee_rate = 0.05
min_margin_rate = 0.05
worst_discount_rate = 0.05  # of the discounts in these transactions the makers pay the rest

[schedule]
pull = "2-59/4 * * * *"
"""

_POLICIES = {
    "repricing": """
mode = "auto"

[parameters]
rule = "match"
min_factor = 0.7
max_factor = 1.5

[limits]
max_actions = 200
keep_actions = 200

[shops.demo.limits]  # money, in each shop's own
max_exposure_minor = 350_000
[shops.tmall.limits]
max_exposure_minor = 2_450_000
""",
    "restock": """
mode = "approve"

[parameters]
service_level = 0.95
max_proposals = 100

[limits]
max_actions = 200
max_exposure_minor = 0
""",
    "member_coupon": """
mode = "auto"

[shops]
tmall = "off"

[parameters]
shop_name = "Demo Grocer"
off_minor = 500
min_spend_minor = 5_000
max_members = 40

[limits]
max_actions = 100
max_exposure_minor = 0
max_budget_minor = 100_000
""",
    "review_follow_up": """
mode = "auto"  # what is said in public is read by a person in every mode

[shops.tmall]
mode = "approve"
[shops.demo.parameters]  # Shopify asks for no review itself
way = "email"
shop_name = "Demo Grocer"
review_url = "https://demo-grocer.example/review"

[parameters]
reply = "draft"
max_proposals = 100

[limits]
max_actions = 200
max_exposure_minor = 0
""",
    "fulfilment_watch": """
mode = "approve"

[limits]
max_actions = 200
max_exposure_minor = 0
""",
    "price_watch": """
mode = "approve"

[parameters]
max_proposals = 100

[limits]
max_actions = 200
max_exposure_minor = 0
""",
    "delay_notice": """
mode = "auto"

[parameters]
way = "email"
shop_name = "Demo Grocer"

[limits]
max_actions = 200
max_exposure_minor = 0
""",
}


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """The emulated platforms that answer, and how much was sold there."""

    url: str
    clock: str
    orders: int
    lines: int
    mail: dict[str, Any]


def write(home: Path, world: DemoWorld) -> None:
    """Write the shops and policies of the demo, pointed at the emulated platforms."""
    moment = dt.datetime.fromisoformat(world.clock)
    given = {
        "url": world.url,
        "token": TOKEN,
        "clock": world.clock,
        "address": world.mail["address"],
        "smtp_port": world.mail["smtp_port"],
        "imap_port": world.mail["imap_port"],
        "from_day": moment.date() - dt.timedelta(days=_TAOBAO_DAYS),
    }
    season = moment.year + (moment.month == 12 and moment.day > 12)
    settings = _HOME.format(today=moment.date(), season=season)
    (home / "shopkeeper.toml").write_text(MARK + AT_ONCE + settings, encoding="utf-8")
    for name, text in (("demo", _DEMO), ("tmall", _TMALL)):
        (home / "shops" / f"{name}.toml").write_text(MARK + text.format(**given), encoding="utf-8")
    for name, text in _POLICIES.items():
        (home / "policies" / f"{name}.toml").write_text(MARK + text, encoding="utf-8")
