"""The page in a browser: nothing leaves it and nothing sticks out on a phone."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reports.daily import DailyReport
from reports.page import render

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
HARNESS = """<!doctype html><link rel="icon" href="data:,">
<iframe id="frame" src="/report" width="{width}" height="900" style="border:0"></iframe>
<pre id="answer"></pre>
<script>
frame.onload = () => {{
  const page = frame.contentDocument;
  page.querySelectorAll("details").forEach(part => part.open = true);
  answer.textContent = JSON.stringify({{
    width: page.documentElement.scrollWidth,
    requests: frame.contentWindow.performance.getEntriesByType("resource").map(one => one.name),
    pictures: page.querySelectorAll("svg").length,
    styled: getComputedStyle(page.querySelector(".tile"), null).borderRadius,
  }});
}};
</script>"""


class Site(ThreadingHTTPServer):
    """Serves the report inside a frame as wide as a screen, and remembers what was asked for."""

    pages: dict[str, str]
    asked: list[str]


class Answer(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def site(report: DailyReport) -> Iterator[Site]:
    server = Site(("127.0.0.1", 0), Answer)
    server.asked = []
    server.pages = {"/report": render(report)}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no chromium to open the report with")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_screen_and_asks_for_nothing(
    site: Site, tmp_path: Path, width: int
) -> None:
    site.pages["/"] = HARNESS.format(width=width)
    dom = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
            "--disable-background-networking", f"--user-data-dir={tmp_path}",
            "--window-size=1400,1000", f"http://127.0.0.1:{site.server_port}/",
        ],
        capture_output=True, check=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    found = re.search(r'<pre id="answer">(.+?)</pre>', dom)
    assert found is not None
    page = json.loads(found.group(1))
    assert page["width"] <= width
    assert page["requests"] == []
    assert page["pictures"] == 8 + 8 - 1 + 2
    assert page["styled"] == "12px"
    assert site.asked == ["/", "/report"]
