"""Commands of the daily loop: run, pull, check, build, decide, act, report, and exports."""

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper import screens
from shopkeeper.console import OPTIONS, answer, progress

if TYPE_CHECKING:
    from contracts.languages import Language
    from flows.steps.home import Home
    from flows.steps.remap import Remapped

Shop = Annotated[str | None, typer.Option("--shop", help="Only this shop.")]
StreamName = Annotated[str | None, typer.Option("--stream", help="Only this stream.")]
PolicyName = Annotated[str | None, typer.Option("--policy", help="Only this policy.")]
From = Annotated[
    str | None, typer.Option("--from", help="First day, YYYY-MM-DD, in the shop's zone.")
]
To = Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD, included.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="Decide as of this day or instant; a past one writes shadow rows only."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (run, pull, check, build, decide, act, report, publish, export, purchase_orders):
        app.command()(command)


def chosen_home() -> "Home":
    """The home named by --home."""
    from flows.steps.opening import open_home

    return open_home(OPTIONS.home)


def home_language() -> "Language":
    """That of the home, for what can be read without one."""
    if not (OPTIONS.home / "shopkeeper.toml").is_file():
        return "en"
    with chosen_home() as home:
        return home.language


def days_of(start: str | None, end: str | None) -> tuple[dt.date | None, dt.date | None]:
    """The days as they were typed.

    Raises:
        ConfigurationError: one is none, or they are in the wrong order.
    """
    from contracts.errors import ConfigurationError
    from flows.steps.parsing import parse_day

    first = parse_day(start, "--from") if start else None
    last = parse_day(end, "--to") if end else None
    if first and last and first > last:
        raise ConfigurationError(f"--from {first} is later than --to {last}")
    return first, last


def run(shop: Shop = None) -> None:
    """Pull, check, build, decide and act for all shops, once."""
    from contracts.languages import Bilingual
    from flows.steps.run import run as run_steps
    from reports.checked import translate_data
    from reports.reasons import translate_reason
    from reports.summary import ALERTS, BY_APPROVAL, HELD, REPORT, screen

    with chosen_home() as home, progress() as bar:
        result = run_steps(home, shop_id=shop, progress=bar)
    steps = [(REPORT, Bilingual.same(str(result.reported.path)))]
    steps += [(HELD, translate_reason(stop)) for one in result.acted for stop in one.stops]
    steps += [
        (BY_APPROVAL, translate_data(one.held_back)) for one in result.decided if one.held_back
    ]
    steps += [(ALERTS, translate_data(result.alerts.sentence))] if result.alerts else []
    daily = result.reported.daily
    told = [(what.in_(daily.language), how.in_(daily.language)) for what, how in steps]
    shown = screen(daily, next_steps=list(dict.fromkeys(told)))
    answer(result.as_dict(), screen=shown, held=result.is_blocked)


def pull(shop: Shop = None, stream: StreamName = None, start: From = None, end: To = None) -> None:
    """Read what is new from the platforms, check every document and load it."""
    from flows.steps.blocked import raise_if_nothing_was_done
    from flows.steps.pull import blocked_in
    from flows.steps.pull import pull as pull_step

    first, last = days_of(start, end)
    with chosen_home() as home, progress() as bar:
        pulled = pull_step(home, shop_id=shop, stream=stream, first=first, last=last, progress=bar)
        shown = screens.pulled(pulled, home.language)
    blocked = blocked_in(pulled)
    raise_if_nothing_was_done(blocked, done=any(not one.blocked for one in pulled))
    answer(pulled, screen=shown, stopped=[one.summary for one in blocked])


def check(shop: Shop = None) -> None:
    """Ask whether the data is fit to act on: suites, freshness, volume."""
    from flows.steps.check import check as check_step

    with chosen_home() as home, progress() as bar:
        results = check_step(home, shop_id=shop, progress=bar)
        language = home.language
    is_blocked = any(not r.passed and r.is_blocking for r in results)
    answer(results, screen=screens.checks(results, language), held=is_blocked)


def build(
    shop: Shop = None,
    remap: Annotated[
        bool, typer.Option("--remap", help="First replay what an older mapping has mapped.")
    ] = False,
    stream: Annotated[
        str | None, typer.Option("--stream", help="With --remap: only this stream.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="With --remap: replay all that landing holds.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Every day again, not only those that changed.")
    ] = False,
) -> None:
    """Compute sales, velocity, KPIs and decision facts from the lake."""
    from contracts.errors import ConfigurationError
    from flows.steps.build import build as build_step
    from flows.steps.remap import remap as remap_step

    if (stream or everything) and not remap:
        raise ConfigurationError("--stream and --all say what to replay: give them with --remap")
    replayed: list[Remapped] = []
    with chosen_home() as home, progress() as bar:
        if remap:
            replayed = remap_step(
                home, shop_id=shop, stream=stream, is_all=everything, progress=bar
            )
        built, language = build_step(home, shop_id=shop, is_full=full, progress=bar), home.language
    result = {"remapped": replayed, "built": built} if remap else built
    answer(
        result,
        screen=screens.built(built, replayed if remap else None, language),
        stopped=[blocked.summary for one in replayed for blocked in one.blocked],
    )


def decide(shop: Shop = None, policy: PolicyName = None, as_of: AsOf = None) -> None:
    """Let the policies propose and the guard judge; what passes goes to the ledger."""
    from flows.steps.decide import decide as decide_step
    from flows.steps.parsing import parse_as_of

    moment = parse_as_of(as_of) if as_of else None
    with chosen_home() as home:
        decided = decide_step(home, shop_id=shop, policy=policy, as_of=moment)
        language = home.language
    answer(decided, screen=screens.decided(decided, language))


def act(shop: Shop = None, policy: PolicyName = None) -> None:
    """Send approved actions, read them back and settle them."""
    from flows.steps.act import act as act_step

    with chosen_home() as home, progress() as bar:
        acted = act_step(home, shop_id=shop, policy=policy, progress=bar)
        language = home.language
    shown = screens.acted(acted, language)
    answer(acted, screen=shown, held=any(a.is_blocked for a in acted))


def report(
    shop: Shop = None,
    date: Annotated[
        str | None,
        typer.Option("--date", help="Of this day, YYYY-MM-DD; with --week, of the week it ends."),
    ] = None,
    week: Annotated[bool, typer.Option("--week", help="Of the last seven whole days.")] = False,
    campaign: Annotated[
        str | None, typer.Option("--campaign", help="Of a campaign of shopkeeper.toml, by name.")
    ] = None,
    xlsx: Annotated[
        bool, typer.Option("--xlsx", help="Write its tables as a workbook beside it.")
    ] = False,
) -> None:
    """Write the operations report as one HTML page, of the last whole day unless told."""
    from flows.steps.parsing import parse_day
    from flows.steps.report import report as report_step
    from flows.steps.report import write_tables
    from flows.steps.wanted import Wanted

    wanted = Wanted.of(
        last=parse_day(date, "--date") if date else None, is_week=week, campaign=campaign
    )
    with chosen_home() as home:
        written, language = report_step(home, shop_id=shop, wanted=wanted), home.language
    files = {"report": str(written.path)}
    if xlsx:
        files["xlsx"] = str(write_tables(written))
    answer(files, screen=screens.REPORT.in_(language).format(" ".join(files.values())))


def publish(
    shop: Shop = None,
    full: Annotated[bool, typer.Option("--full", help="Every day, not what changed.")] = False,
) -> None:
    """Publish the metrics of every whole day to the database, as `report` does, for BI tools."""
    from flows.steps.publication import publish_metrics

    with chosen_home() as home:
        days, language = publish_metrics(home, home.select(shop), is_full=full), home.language
    answer({"days": days}, screen=screens.PUBLISHED.in_(language).format(days))


def export(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="A table of the data dictionary.")],
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    file_format: Annotated[
        str, typer.Option("--format", help="parquet, csv or ndjson.")
    ] = "parquet",
    shop: Shop = None,
) -> None:
    """Write any table as parquet, csv or ndjson."""
    from flows.steps.export import export as export_step

    with chosen_home() as home:
        rows = export_step(home, name, out=out, file_format=file_format, shop_id=shop)
        screen = screens.EXPORTED.in_(home.language).format(rows, out)
    answer({"table": name, "rows": rows, "file": str(out)}, screen=screen)


def purchase_orders(
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    shop: Shop = None,
    day: Annotated[
        str | None, typer.Option("--day", help="Day of the decision; the newest if not given.")
    ] = None,
) -> None:
    """Write the approved orders of goods, one XLSX and one CSV per supplier."""
    from flows.steps.orders import purchase_orders as purchase_orders_step
    from flows.steps.parsing import parse_day

    wanted = parse_day(day, "--day") if day else None
    with chosen_home() as home:
        written = purchase_orders_step(home, out=out, shop_id=shop, day=wanted)
        screen = screens.purchase_orders(written, home.language)
    answer([asdict(one) for one in written], screen=screen)
