"""After a leak of the data key nothing of a home opens with it, and all reads as before."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from contracts.errors import BusyError, ConfigurationError
from contracts.tables import TABLES
from contracts.tokens import Tokens
from flows.steps import keys, rotate
from flows.steps.home import Home
from flows.steps.leases import lease
from flows.steps.opening import open_home
from flows.steps.pull import pull
from flows.steps.subject import subject
from tests.flows import scripted
from tests.flows.commands import Typed, typing
from tests.flows.planted_people import MEMBER, THEIRS, stream
from tests.flows.scripted import NOW, Answer, Platform
from tests.flows.sealed_home import ACCOUNT, forged, opened, readable, sealed_with
from tests.flows.test_families import fill
from tests.flows.test_keyed_events import TRIGGERS
from warehouse import lake
from warehouse.encryption import Vault, key_id, read_key
from warehouse.event_chain import GIVEN_UP, UNKEYED, Events, Flaw
from warehouse.landing import Landing
from warehouse.quarantine import Quarantine
from warehouse.tokens import SealedTokens

SOME = [TABLES[name] for name in ("contacts", "members", "reviews")]
TOKENS = Tokens(access="opaque", refresh="again", expires_at=NOW)


@dataclass(frozen=True, slots=True)
class Rotated:
    """A home after a rotation, and what was so before it."""

    folder: Path
    old: bytes
    before: dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _token() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRIPTED_TOKEN", "token")
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds two persons, in every kind of place where something is sealed."""
    folder = tmp_path_factory.mktemp("built")
    scripted.write(folder, "shop")
    with open_home(folder) as opened:
        fill(opened, SOME)
        opened.tokens.save(ACCOUNT, TOKENS)
    return folder


@pytest.fixture(scope="module")
def rotated(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Rotated:
    """The same after a rotation; to be copied before it is changed."""
    folder = shutil.copytree(built, tmp_path_factory.mktemp("rotated") / "home")
    with open_home(folder) as opened:
        found = Rotated(folder, key_of(opened), readable(opened))
        rotate.rotate(opened, by="ann")
    return found


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Iterator[Home]:
    """A home that was not rotated yet."""
    with open_home(shutil.copytree(built, tmp_path / "home")) as opened:
        yield opened


@pytest.fixture
def after(rotated: Rotated, tmp_path: Path) -> Iterator[Home]:
    """A home that was."""
    with open_home(shutil.copytree(rotated.folder, tmp_path / "after")) as opened:
        yield opened


@pytest.fixture
def typed(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """A command line of the home."""
    return typing(home.folder, monkeypatch, capsys)


def key_of(home: Home) -> bytes:
    """The data key as it lies in its file now."""
    return read_key((home.folder / "keys" / "data.key").read_text().strip(), where="")


def rotations(home: Home) -> list[tuple[str, str]]:
    with home.database.read() as connection:
        query = text("SELECT \"by\", details FROM events WHERE kind = 'data key rotated'")
        return [(row.by, json.loads(row.details)["retired"]) for row in connection.execute(query)]


def _is_whole(folder: Path, old: bytes, before: dict[str, Any]) -> None:
    """What a rotation leaves behind, however often it was begun."""
    members = read_key((folder / "keys" / "members.key").read_text().strip(), where="")
    assert sorted(path.name for path in (folder / "keys").iterdir() if path.suffix != "") == [
        "data.key", "members.key",
    ]  # fmt: skip
    with open_home(folder) as after:
        assert sealed_with(folder / "data", old) == set()
        assert sealed_with(folder / "data", key_of(after))
        assert readable(after) == before
        assert opened(after, Vault(old)) == 0
        assert opened(after, Vault(key_of(after), names=members)) > 0
        assert rotations(after) == [("ann", key_id(old))]
        assert Events(after.database).verify() is None


def test_after_a_rotation_nothing_opens_with_the_old_key_and_all_reads_as_before(
    rotated: Rotated, home: Home, after: Home, tmp_path: Path
) -> None:
    places = sealed_with(home.folder / "data", rotated.old)
    assert {"landing", "lake", "shopkeeper.db"} <= {Path(name).parts[0] for name in places}
    assert opened(home, Vault(rotated.old)) > 0
    _is_whole(after.folder, rotated.old, rotated.before)
    for one in (home, after):
        scripted.script(one, "shop", Platform(), *map(stream, SOME))
        subject(one, MEMBER[THEIRS], out=tmp_path / f"{one.folder.name}.json", by="ann")
    handed_out = [json.loads((tmp_path / f"{one}.json").read_text()) for one in ("home", "after")]
    assert handed_out[0] == handed_out[1]


def test_what_a_platform_tells_again_after_a_rotation_is_known(after: Home) -> None:
    fields = {
        reading_id.split("/")[1]: list(after.landing.pages(reading_id))
        for reading_id in after.landing.complete("shop")
    }
    answers: dict[str, Answer] = {name: lambda _, name=name: fields[name] for name in fields}  # type: ignore[misc]
    before, pages = readable(after), _pages(after)
    platform = Platform(answers, now=NOW + scripted.HOUR)
    scripted.script(after, "shop", platform, *map(stream, SOME))
    assert [one.blocked for one in pull(after) if one.blocked] == []
    assert platform.asked
    now = readable(after)
    # Each read again, as the same.
    assert _pages(after) == pages
    assert {name: now[name] for name in TABLES} == {name: before[name] for name in TABLES}


def _pages(home: Home) -> set[Path]:
    return set((home.folder / "data" / "landing" / "pages").rglob("*.*"))


def test_without_yes_it_shows_what_would_be_sealed_anew_and_does_nothing(
    home: Home, typed: Typed
) -> None:
    old = key_of(home)
    code, out, _ = typed("--json", "keys", "rotate")
    answer = json.loads(out)
    assert (code, answer["done"], key_of(home)) == (0, False, old)
    assert {"raw files", "rows of members", "documents in quarantine", "tokens"} <= set(
        answer["rotation"]["sealed"]
    )
    assert rotations(home) == []


def ending(nth: int, then: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
    """A call that is the last thing a process does, before or after it did its part."""
    left = [nth]

    def call(*words: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise KeyboardInterrupt
        done = then(*words, **more)
        if left[0] == 0:
            raise KeyboardInterrupt
        return done

    return call


# In their order, each reached by the one that goes on where the last was ended.
MOMENTS: dict[str, tuple[Any, str, int, bool]] = {
    "before the new key is there": (Path, "replace", 1, False),
    "with both keys there": (keys, "renew", 1, True),
    "with some pages": (Landing, "_keep_page", 3, False),
    "with a page and not its manifest": (Landing, "_seal", 1, False),
    "with pages and old ones": (Landing, "_drop_orphans", 1, False),
    "with some tables": (lake, "overwrite", 2, False),
    "with versions of before": (rotate, "purge", 1, False),
    "with versions unrecorded": (rotate, "purge", 1, True),
    "before quarantine": (Quarantine, "reseal", 1, False),
    "before tokens": (SealedTokens, "reseal", 1, False),
    "before the event": (rotate, "retire", 1, False),
    "with the event": (rotate, "retire", 1, True),
    "before the old key is gone": (keys, "give_up", 1, False),
}


def test_one_that_was_ended_at_every_moment_and_run_again_ends_the_same(
    home: Home, rotated: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = set()
    for moment, (owner, name, nth, is_after) in MOMENTS.items():
        with monkeypatch.context() as patch, open_home(home.folder) as ended:
            assert ended.tokens.load(ACCOUNT) == TOKENS
            patch.setattr(owner, name, ending(nth, getattr(owner, name), after=is_after))
            with pytest.raises(KeyboardInterrupt):
                rotate.rotate(ended, by="ann")
        assert (key_of(home) == rotated.old) is (moment == "before the new key is there"), moment
        news.add(key_of(home))
    assert len(news) == 2
    _left_by_one_that_was_killed(home, rotated.old)
    with open_home(home.folder) as last:
        rotate.rotate(last, by="ann")
    _is_whole(home.folder, rotated.old, rotated.before)


def _left_by_one_that_was_killed(home: Home, old: bytes) -> None:
    page = _pages(home).pop()
    page.with_name(f"{page.name}.7.ab.tmp").write_bytes(b"SK1" + bytes.fromhex(key_id(old)))


@pytest.mark.parametrize("work", ["pull shop orders", "build shop", "backfill shop orders"])
def test_it_is_refused_while_a_shop_is_read_or_built(home: Home, typed: Typed, work: str) -> None:
    old = key_of(home)
    with lease(home, work):
        code, _, printed = typed("keys", "rotate", "--yes")
    assert (code, "is being done by" in printed, key_of(home)) == (1, True, old)


def test_a_process_of_before_seals_nothing_more_with_the_old_key(home: Home) -> None:
    assert home.tokens.load(ACCOUNT) == TOKENS  # it has read its keys
    with open_home(home.folder) as other:
        rotate.rotate(other)
    for write in (
        lambda: lease(home, "pull shop orders").__enter__(),
        lambda: home.tokens.save(ACCOUNT, TOKENS),
        lambda: home.ledger.record(_proposals(home), run_id="run", at=NOW),
    ):
        with pytest.raises(BusyError, match="data key was changed while this process ran"):
            write()


def _proposals(home: Home) -> Any:
    from contracts.actions import Judged

    given = {"state": "shadow", "guard": None, "write_kind": "set_price", "member_id": None}
    return Judged.sample(1, overrides=[given])


def test_an_event_forged_under_the_key_in_use_passes_so_these_tests_forge_well(
    home: Home,
) -> None:
    forged(home, key_of(home))
    assert Events(home.database).verify() is None


@pytest.mark.parametrize("cut", [False, True], ids=["appended", "in place of the rotation"])
def test_an_event_forged_under_the_old_key_after_a_rotation_is_named(
    after: Home, rotated: Rotated, cut: bool
) -> None:
    forged(after, rotated.old, cut=cut)
    found = Events(after.database).verify()
    assert found is not None
    assert found.problem == (UNKEYED if cut else GIVEN_UP)


def test_an_old_event_rewritten_under_the_old_key_is_named_after_two_rotations(
    after: Home,
) -> None:
    rotate.rotate(after)
    with open_home(after.folder) as twice, twice.database.write() as connection:
        assert Events(twice.database).verify() is None
        for trigger in TRIGGERS:
            connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        connection.execute(text("UPDATE events SET \"by\" = 'mallory' WHERE event_id = 1"))
    with open_home(after.folder) as twice:
        assert Events(twice.database).verify() == Flaw(1, "altered")


def test_a_key_that_only_the_operator_can_change_is_rotated_in_two_steps(
    home: Home, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, before = key_of(home), readable(home)
    settings = home.folder / "shopkeeper.toml"
    monkeypatch.setenv("DATA_KEY", base64.b64encode(old).decode())
    settings.write_text('[keys]\ndata = "env:DATA_KEY"\n', encoding="utf-8")
    code, _, printed = typed("keys", "rotate", "--yes")
    assert (code, "name the old one under `earlier`" in printed) == (2, True)

    monkeypatch.setenv("OLD_KEY", base64.b64encode(old).decode())
    monkeypatch.setenv("DATA_KEY", base64.b64encode(b"n" * 32).decode())
    keys_table = '[keys]\ndata = "env:DATA_KEY"\n'
    settings.write_text(f'{keys_table}earlier = ["env:OLD_KEY"]\n', encoding="utf-8")
    code, out, _ = typed("--json", "keys", "rotate", "--yes", "--by", "ann")
    assert (code, "remove `earlier`" in json.loads(out)["rotation"]["left"]) == (0, True)
    code, _, printed = typed("keys", "rotate", "--yes")
    assert (code, "remove `earlier`" in printed) == (2, True)

    settings.write_text(keys_table, encoding="utf-8")
    assert sealed_with(home.folder / "data", old) == set()
    with open_home(home.folder) as after:
        assert readable(after) == before
        assert rotations(after) == [("ann", key_id(old))]
        assert Events(after.database).verify() is None


def test_a_damaged_page_which_the_old_key_could_read_in_part_goes(home: Home) -> None:
    old, page = key_of(home), _pages(home).pop()
    page.write_bytes(page.read_bytes()[:-1])
    rotate.rotate(home)
    assert sealed_with(home.folder / "data", old) == set()


def test_a_list_of_pages_that_was_altered_stops_it_and_is_told_and_the_old_key_stays(
    home: Home, typed: Typed
) -> None:
    old = key_of(home)
    path = next((home.folder / "data" / "landing" / "readings").rglob("*.json"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    code, _, printed = typed("keys", "rotate", "--yes", "--by", "ann")
    assert (code, path.name in printed) == (1, True)
    assert (
        read_key((home.folder / "keys" / "data.key.earlier").read_text().strip(), where="") == old
    )
    path.write_bytes(whole)
    assert typed("keys", "rotate", "--yes", "--by", "ann")[0] == 0


def test_a_data_key_that_makes_pseudonyms_too_is_not_given_up(tmp_path: Path) -> None:
    scripted.write(tmp_path, "shop")
    (tmp_path / "shopkeeper.toml").write_text('[keys]\nmembers = "file:keys/data.key"\n')
    with open_home(tmp_path) as home:
        before = key_of(home)
        for asked in (rotate.plan, rotate.rotate):
            with pytest.raises(ConfigurationError, match="`members` is a data key too"):
                asked(home)
    assert key_of(home) == before
