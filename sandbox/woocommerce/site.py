"""What the site says of itself: its index, that of the shop, and how the shop is set."""

from sandbox.kit.fields import alike
from sandbox.kit.resources import Reply
from sandbox.woocommerce.calls import Call
from sandbox.woocommerce.orders import SYMBOLS, VERSION
from sandbox.world.world import SHOP_NAME


def site(call: Call) -> Reply:
    """The index of the site: it needs no key, and only it names the zone."""
    offset = call.shop.now.astimezone(call.shop.zone).utcoffset()
    assert offset is not None
    return Reply(
        {
            "name": SHOP_NAME,
            "description": "",
            **alike(call.home, "url home"),
            "gmt_offset": offset.total_seconds() / 3600,
            "timezone_string": call.shop.world.zone,
            "namespaces": ["wc/v3", "wp/v2"],
            **alike({}, "authentication routes"),
        }
    )


def index(call: Call) -> Reply:
    """The index of wc/v3, which needs no key either."""
    names = ("", "orders", "refunds", "products", "customers", "coupons", "products/reviews")
    routes = {f"/wc/v3/{name}": {"namespace": "wc/v3"} for name in names}
    return Reply({"namespace": "wc/v3", "routes": routes})


def system_status(call: Call) -> Reply:
    """The currency and its decimals; the zone in it is PHP's, which WordPress keeps at UTC."""
    currency = call.shop.world.currency
    environment = {
        **alike(call.home, "home_url site_url"),
        "version": VERSION,
        "wp_version": "6.8.3",
        "language": "en_US",
        "default_timezone": "UTC",
    }
    settings = {
        **alike(value=False, names="api_enabled force_ssl"),
        "currency": currency,
        "currency_symbol": SYMBOLS.get(currency, currency),
        "currency_position": "left",
        "thousand_separator": ",",
        "decimal_separator": ".",
        "number_of_decimals": call.shop.decimals,
    }
    security = {"secure_connection": call.home.startswith("https:"), "hide_errors": True}
    return Reply({"environment": environment, "settings": settings, "security": security})
