"""`python -m sandbox serve`: build a merchant's world and serve it until told to stop."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from sandbox.composed import composed
from sandbox.merchant import merchant
from sandbox.plan import Fault, parsed
from sandbox.scoreboard import clock_text
from sandbox.server import running
from sandbox.shopify.cost import Rates
from sandbox.taobao import ids
from sandbox.world.channels import CHANNELS
from sandbox.world.demand import advance
from sandbox.world.exports import write_exports
from sandbox.world.reports import write_reports
from sandbox.world.world import World, build

FIRST_NUMBERS = {"taobao": ids.ITEM}
"""What a platform adds to a product's number in its reports, as in its answers."""


def main(arguments: list[str] | None = None) -> int:
    """Serve a world, or a merchant's several; prints one JSON line when ready."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.channels and not given.token:
        parser.error(
            "--channels needs --token: all the platforms' keys and passwords are made of it"
        )
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with _served(given) as ready:
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


def export_all(worlds: Mapping[str, World], folder: Path) -> None:
    """Write each platform's exports and reports into a folder of its name."""
    for name, world in worlds.items():
        write_exports(world, folder / name)
        write_reports(world, folder / name, first_number=FIRST_NUMBERS.get(name, 0))


@contextmanager
def _served(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    rates = Rates(given.bucket, given.restore)
    if given.channels:
        worlds = merchant(
            given.today, days=given.days, households=given.households, channels=given.channels
        )
        for world in worlds.values() if given.hours else ():
            advance(world, given.hours)
        if given.exports:
            export_all(worlds, given.exports)
        with composed(
            worlds,
            token=given.token,
            port=given.port,
            mail_ports=given.mail_ports,
            mail_folder=given.mail_folder,
            rates=rates,
            faults=given.fault_plan,
        ) as ready:
            yield ready
        return
    world = build(given.today, days=given.days, households=given.households)
    if given.hours:
        advance(world, given.hours)
    if given.exports:
        write_exports(world, given.exports)
        write_reports(world, given.exports)
    with running(
        world, token=given.token, rates=rates, port=given.port, faults=given.fault_plan
    ) as url:
        yield {
            "url": url,
            "clock": clock_text(world),
            "orders": world.orders.height,
            "lines": world.lines.height,
        }


def _faults(path: str) -> list[Fault]:
    try:
        return parsed(Path(path).read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise argparse.ArgumentTypeError(f"no fault plan: {error}") from None


def _channels(text: str) -> list[str]:
    names = text.split(",")
    if unknown := sorted(set(names) - set(CHANNELS)):
        raise argparse.ArgumentTypeError(f"no channel {unknown[0]!r}; one of {sorted(CHANNELS)}")
    if "shopify" not in names:
        raise argparse.ArgumentTypeError("shopify is among the channels: its members get the mail")
    return names


def _ports(text: str) -> tuple[int, int, int]:
    smtp, smtps, imap = (int(port) for port in text.split(","))
    return smtp, smtps, imap


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox")
    serve = parser.add_subparsers(required=True, metavar="serve").add_parser(
        "serve", help="build a world and serve it on loopback"
    )
    serve.add_argument("--port", type=int, default=0, help="0: any free port")
    serve.add_argument("--today", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    serve.add_argument("--days", type=int, help="the last days only")
    serve.add_argument("--households", type=int, help="the first households only")
    serve.add_argument(
        "--channels",
        type=_channels,
        help="several shops of one merchant, as in shopify,taobao, with CRM, carrier and mail",
    )
    serve.add_argument(
        "--mail-ports", type=_ports, default=(0, 0, 0), help="SMTP,SMTPS,IMAPS; 0: any free one"
    )
    serve.add_argument("--mail-folder", type=Path, help="where the mail host's certificates lie")
    serve.add_argument("--hours", type=int, default=0, help="hours that go on after the last day")
    serve.add_argument("--token", help="the access token to ask for")
    serve.add_argument(
        "--exports", type=Path, help="folder to write ERP, rival and traffic files to"
    )
    serve.add_argument(
        "--fault-plan", type=_faults, default=[], help="JSON file: a list of faults (sandbox.plan)"
    )
    serve.add_argument("--bucket", type=float, default=Rates.maximum, help="throttle: points held")
    serve.add_argument("--restore", type=float, default=Rates.restore, help="points per second")
    return parser


if __name__ == "__main__":
    sys.exit(main())
