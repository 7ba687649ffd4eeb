"""`python -m sandbox serve`: build a world and serve it until told to stop."""

import argparse
import json
import signal
import sys
import threading
from datetime import date
from pathlib import Path

import msgspec

from sandbox.plan import Fault, parsed
from sandbox.scoreboard import clock_text
from sandbox.server import running
from sandbox.shopify.cost import Rates
from sandbox.world.exports import write_exports
from sandbox.world.world import build


def main(arguments: list[str] | None = None) -> int:
    """Serve a world; prints one JSON line when ready."""
    given = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    world = build(given.today, days=given.days, households=given.households)
    if given.exports:
        write_exports(world, given.exports)
    rates = Rates(given.bucket, given.restore)
    with running(
        world, token=given.token, rates=rates, port=given.port, faults=given.fault_plan
    ) as url:
        ready = {
            "url": url,
            "clock": clock_text(world),
            "orders": world.orders.height,
            "lines": world.lines.height,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


def _faults(path: str) -> list[Fault]:
    try:
        return parsed(Path(path).read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise argparse.ArgumentTypeError(f"no fault plan: {error}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox")
    serve = parser.add_subparsers(required=True, metavar="serve").add_parser(
        "serve", help="build a world and serve it on loopback"
    )
    serve.add_argument("--port", type=int, default=0, help="0: any free port")
    serve.add_argument("--today", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    serve.add_argument("--days", type=int, help="the last days only")
    serve.add_argument("--households", type=int, help="the first households only")
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
