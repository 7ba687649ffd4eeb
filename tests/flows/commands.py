"""The command line in this process: what is typed, and what it answers."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.cli import main
from shopkeeper.console import OPTIONS

Typed = Callable[..., tuple[int, str, str]]
"""Words to exit code, standard output and standard error."""


def typing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """A command line of a home."""

    def call(*words: Any) -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["shopkeeper", "--home", str(home), *map(str, words)])
        monkeypatch.setattr(OPTIONS, "as_json", False)
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call
