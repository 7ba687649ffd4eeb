"""One merchant's platforms behind one address, as the demo serves them."""

import json
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

_SERVE = ("-m", "sandbox", "serve", "--today", "2026-11-22", "--days", "7", "--households", "40")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("merchant")
    places = ["--exports", str(folder / "inbox"), "--mail-folder", str(folder)]
    command = [sys.executable, *_SERVE, "--channels", "shopify,taobao,amazon", "--token", "key"]
    with subprocess.Popen([*command, *places], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield {**json.loads(process.stdout.readline()), "folder": folder}
        process.terminate()


def test_every_shop_has_its_own_customers_and_days(served: dict[str, Any]) -> None:
    told = {
        channel: httpx.get(f"{served['url']}/truth/days", params={"channel": channel}).json()
        for channel in ("shopify", "taobao", "amazon")
    }
    orders = {name: sum(day["orders"] for day in days) for name, days in told.items()}
    assert all(orders.values())
    assert sum(orders.values()) == served["orders"]


def test_each_platform_answers_on_its_own_path(served: dict[str, Any]) -> None:
    url = served["url"]
    profiles = httpx.get(
        f"{url}/api/profiles",
        headers={"authorization": "Klaviyo-API-Key key", "revision": "2026-07-15"},
    )
    assert profiles.json()["data"][0]["type"] == "profile"
    assert "error_response" in httpx.get(f"{url}/router/rest", params={"format": "json"}).json()
    assert httpx.post(f"{url}/poll/query.do", data={"customer": "x"}).json()["result"] is False
    assert httpx.post(f"{url}/auth/o2/token", data={}).status_code == 400


def test_mail_is_taken_from_who_trusts_its_authority(served: dict[str, Any]) -> None:
    mail = served["mail"]
    context = ssl.create_default_context(cafile=mail["ca_file"])
    with smtplib.SMTP("127.0.0.1", mail["smtp_port"]) as smtp:
        smtp.starttls(context=context)
        assert smtp.login(mail["address"], "key")[0] == 235


def test_each_shop_has_its_own_exports(served: dict[str, Any]) -> None:
    inbox: Path = served["folder"] / "inbox"
    assert sorted(found.name for found in inbox.iterdir()) == ["amazon", "shopify", "taobao"]


def test_channels_without_a_key_are_refused_in_a_sentence() -> None:
    command = [sys.executable, *_SERVE, "--channels", "shopify"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "--channels needs --token" in ended.stderr
