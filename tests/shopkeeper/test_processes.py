"""How processes of the command line use memory: set before anything is loaded that reads it."""

import os
import subprocess
import sys

_SETTINGS = ("_RJEM_MALLOC_CONF", "OPENBLAS_NUM_THREADS")


def _python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    others = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    return subprocess.run(
        [sys.executable, "-c", code], env=others | env, capture_output=True, text=True, check=True
    )


def test_the_allocator_of_polars_knows_every_setting() -> None:
    """It names those that it does not know on standard error, and would with each command."""
    done = _python("import shopkeeper, polars; polars.select(polars.int_range(10).sum())")
    assert done.stderr == ""


def test_nothing_is_loaded_before_the_settings_that_it_reads() -> None:
    done = _python("import shopkeeper, sys; print({'polars', 'numpy'} & {*sys.modules})")
    assert done.stdout == "set()\n"


def test_what_an_operator_has_set_stands() -> None:
    told = f"import shopkeeper, os; print([os.environ[name] for name in {_SETTINGS}])"
    done = _python(told, _RJEM_MALLOC_CONF="narenas:1", OPENBLAS_NUM_THREADS="2")
    assert done.stdout == "['narenas:1', '2']\n"


def test_garbage_is_looked_for_seldom_from_the_first_import_on() -> None:
    done = _python("import shopkeeper, gc; print(gc.get_threshold()[0] > 10_000)")
    assert done.stdout == "True\n"


def test_what_is_left_at_the_end_is_not_looked_through() -> None:
    # What is registered first is called last.
    at_exit = (
        "atexit.register(lambda: print(gc.get_count()[0] < 100, gc.get_freeze_count() > 1_000))"
    )
    done = _python(f"import atexit, gc; {at_exit}; import shopkeeper, json")
    assert done.stdout == "True True\n"


def test_benches_measure_processes_that_are_set_as_ours_are() -> None:
    # Polars puts its own settings first; the last of a name counts.
    told = "import tests.bench.ten_million, os; print(os.environ['_RJEM_MALLOC_CONF'])"
    assert "thp:always" in _python(told).stdout.split(",")
