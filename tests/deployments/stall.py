"""The smallest home there is: one shop whose only source is a folder without an export."""

from pathlib import Path

_SHOP = """
name = "Stall"
currency = "EUR"
time_zone = "Europe/Berlin"

[sources.files]
folder = "inbox"
mappings = ["erp_costs"]
time_zone = "Europe/Berlin"

[economics]
fee_rate = 0.03
min_margin_rate = 0.05
[schedule]
{schedule}
"""


def write_stall(home: Path, *, schedule: str) -> None:
    """Write it; `schedule` is the text of that table."""
    for name in ("shops", "inbox"):
        (home / name).mkdir(parents=True)
    (home / "shopkeeper.toml").write_text("", encoding="utf-8")
    (home / "shops" / "stall.toml").write_text(_SHOP.format(schedule=schedule), encoding="utf-8")
