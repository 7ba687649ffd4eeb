"""Homes that nothing is read into: settings alone, written by hand."""

from pathlib import Path

SHOP = """
name = "{shop_id}"
currency = "{currency}"
time_zone = "{zone}"

[sources.shopify]
shop_domain = "{shop_id}.myshopify.com"
access_token = "env:NO_SUCH_TOKEN"

[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""
ZONES = {"CNY": "Asia/Shanghai", "USD": "America/New_York", "EUR": "Europe/Berlin"}


def write_settings(folder: Path, text: str = "", **shops: str) -> Path:
    """A home with the text of its shopkeeper.toml, and shops by id with their currency."""
    for name in ("shops", "policies"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "shopkeeper.toml").write_text(text, encoding="utf-8")
    for shop_id, currency in shops.items():
        shop = SHOP.format(shop_id=shop_id, currency=currency, zone=ZONES[currency])
        (folder / "shops" / f"{shop_id}.toml").write_text(shop, encoding="utf-8")
    return folder


def campaign(
    *, shops: str = "[]", skus: str = "[]", starts: str = "", ends: str = "", name: str = "11.11"
) -> str:
    """One campaign, from the twentieth of October to the eleventh of November 2026."""
    return f"""
[[campaigns]]
name = "{name}"
starts_at = {starts or "2026-10-20T20:00:00+08:00"}
ends_at = {ends or "2026-11-12T00:00:00+08:00"}
shops = {shops}
skus = {skus}
"""
