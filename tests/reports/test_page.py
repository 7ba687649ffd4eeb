"""The page in a browser: nothing leaves it and nothing sticks out on a phone."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from contracts.languages import LANGUAGES, Language
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

SENTENCES: Mapping[Language, str] = {
    "en": "Order 840 pieces, at the latest on 2026-11-30, though it runs out before that arrives:"
    " the 80 in stock last 3.78 days at 21.2 a day, but an order takes 19.6 days; the reorder point"
    " for a cycle service level of 95 % is 620; the order fills up to 916, rounded up to cases of"
    " 24, at least 48 at a time; until the next arrival about 335 pieces will be missing.",
    "zh": "建议采购 840 件，最迟 2026-11-30 下单（到货前仍会断货）：可售 80 件，日均销量 21.2 件，"
    "只够 3.78 天，而采购周期约 19.6 天；按 95 % 周期服务水平，再订货点为 620 件；采购补至 916 件，"
    "按每箱 24 件取整，起订 48 件；下次到货前预计缺 335 件（缺货概率 99.9 %）。",
}


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


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no chromium to print the report with")
def test_a_print_is_as_long_in_chinese_as_in_english(report: DailyReport, tmp_path: Path) -> None:
    sheets = {}
    for language in LANGUAGES:
        told = [replace(one, sentence=SENTENCES[language]) for one in report.actions] * 4
        page, printed = tmp_path / f"{language}.html", tmp_path / f"{language}.pdf"
        page.write_text(render(replace(report, language=language, actions=told)), "utf-8")
        subprocess.run(
            [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu",
             f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={printed}", str(page)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        sheets[language] = len(re.findall(rb"/Type /Page\b", printed.read_bytes()))
    assert abs(sheets["zh"] - sheets["en"]) <= 1, sheets
