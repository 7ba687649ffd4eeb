"""Orders from HTTP answer to lake: accepted canonical rows per CPU-second of our process.

The reference is read in the same run: the standard library's `json` over the landed bulk pages of
the same orders, which does nothing but decode. Memory is the peak of the pulling process, against
one that has only imported what the pull imports.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TODAY = "2026-11-22"
TOKEN = "bench-token"
_SHOP = """
name = "Bench"
currency = "USD"
time_zone = "America/New_York"
[sources.shopify]
base_url = "{url}"
access_token = "env:BENCH_TOKEN"
is_sandbox = true
[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""


def main() -> None:
    """Serve the year from a process of its own, pull it here, print one JSON line."""
    with empty_home() as folder:
        measured = measure(folder)
    sys.stdout.write(json.dumps(measured) + "\n")


@contextmanager
def empty_home() -> Iterator[Path]:
    """A home that has read nothing, of a shop that a process of its own serves."""
    serve = [sys.executable, "-m", "sandbox", "serve", "--today", TODAY, "--token", TOKEN]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "shops").mkdir()
            (folder / "shopkeeper.toml").write_text("", encoding="utf-8")
            shop = _SHOP.format(url=url)
            (folder / "shops" / "demo.toml").write_text(shop, encoding="utf-8")
            os.environ["BENCH_TOKEN"] = TOKEN
            yield folder
    finally:
        server.terminate()
        server.wait()


def measure(folder: Path) -> dict[str, dict[str, object]]:
    """Pull the orders of a year and decode the same bytes with the standard library."""
    from flows.steps.opening import open_home
    from flows.steps.pull import pull

    before = _peak_mb()
    with open_home(folder) as home:
        started = time.process_time()
        (pulled,) = pull(home, stream="orders")
        seconds = time.process_time() - started
        peak = _peak_mb()
        decoded, decoding = _decode(home)
    rate, reference = pulled.loaded_rows / seconds, decoded / decoding
    return {
        "pull_orders": {
            "value": rate,
            "unit": "accepted rows per CPU-second",
            "reference": f"json.loads of the same bytes: {reference:,.0f}",
            "ratio": rate / reference,
        },
        "pull_orders_memory": {
            "value": peak,
            "unit": "MB, peak",
            "reference": f"after imports: {before:,.0f}",
            "ratio": peak / before,
        },
    }


def _decode(home: object) -> tuple[int, float]:
    from flows.steps.home import Home

    assert isinstance(home, Home)
    lines, seconds = 0, 0.0
    for path in sorted((home.folder / "data" / "landing" / "readings").rglob("*.json")):
        reading = path.relative_to(home.folder / "data" / "landing" / "readings")
        for page in home.landing.pages(str(reading.with_suffix(""))):
            started = time.process_time()
            lines += sum(1 for line in page.body.splitlines() if json.loads(line))
            seconds += time.process_time() - started
    return lines, seconds


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
