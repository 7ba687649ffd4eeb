"""The sentences that a person of the home approved."""

from pathlib import Path
from typing import Final

from actions.sentences import sentences
from flows.steps.files import settings_text

FILE: Final = "texts/approved.txt"


def approved_sentences(folder: Path) -> frozenset[str]:
    """Those of `texts/approved.txt`: one or more to a line, a line after # is a remark.

    No file, none of their own.

    Raises:
        ConfigurationError: it is too large, or is not UTF-8.
    """
    path = folder / FILE
    if not path.exists():
        return frozenset()
    lines = settings_text(path, file=FILE).splitlines()
    texts = (line for line in lines if not line.lstrip().startswith("#"))
    return frozenset(sentence for line in texts for sentence in sentences(line))
