"""Settings written in TOML: one typed model per file, and one sentence for whatever is wrong."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import ConfigurationError

ModelT = TypeVar("ModelT", bound=BaseModel)
Path = tuple[str | int, ...]
NOWHERE: Mapping[str, Path] = MappingProxyType({})

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]+"|'[^']+'|[\w.-])+)\s*=""")


def parse(text: str, model: type[ModelT], *, file: str) -> ModelT:
    """A model from the text of a TOML file.

    Raises:
        ConfigurationError: naming the file, the line and the key.
    """
    return validate(parse_table(text, file=file), model, text=text, file=file)


def parse_table(text: str, *, file: str) -> dict[str, Any]:
    """The table of a TOML text.

    Raises:
        ConfigurationError: it is not TOML; names file and line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{file} is nested too deeply") from None
    except ValueError:
        raise ConfigurationError(f"{file} holds a number of too many digits") from None


def validate(
    table: dict[str, Any],
    model: type[ModelT],
    *,
    text: str,
    file: str,
    prefix: Path = (),
    elsewhere: Mapping[str, Path] = NOWHERE,
) -> ModelT:
    """A model from a table that lies at `prefix` in the file's text; single keys may lie elsewhere.

    Raises:
        ConfigurationError: naming the file, the line and the key; never the value, which may be
            a secret written in the wrong place.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    # A key that is missing is often the one that was mistyped: that is reported first.
    first = min(found, key=lambda one: one["type"] != "extra_forbidden")
    inner = tuple(part for part in first["loc"] if isinstance(part, int | str))
    prefix = elsewhere.get(str(inner[0]), prefix) if inner else prefix
    where = f"{file}, line {line_of(text, (*prefix, *inner))}"
    key = ".".join(str(part) for part in (*prefix, *inner)) or "(the whole file)"
    if first["type"] == "extra_forbidden":
        raise ConfigurationError(f"{where}: unknown key `{key}`{_suggest(model, inner)}")
    if first["type"] == "missing":
        raise ConfigurationError(f"{where}: key `{key}` is missing")
    message = first["msg"].removeprefix("Value error, ")
    raise ConfigurationError(f"{where}: `{key}`: {message[:1].lower()}{message[1:]}")


def line_of(text: str, path: Path) -> int:
    """Line, counted from 1, of a key; of the nearest table that would hold it; else 1."""
    best, best_depth = 1, 0
    for number, found in _keys(text):
        depth = len(found)
        if found == path[:depth] and depth > best_depth:
            best, best_depth = number, depth
    return best


def _keys(text: str) -> list[tuple[int, Path]]:
    """Every table header and key with its line and its path, indexes of table arrays included."""
    found: list[tuple[int, Path]] = []
    current: Path = ()
    counts: dict[Path, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            *outer, last = _names(header[2])
            current = ()
            for name in outer:
                current = (*current, name)
                if current in counts:
                    current = (*current, counts[current])
            current = (*current, last)
            if header[1] == "[[":
                counts[current] = counts.get(current, -1) + 1
                current = (*current, counts[current])
            found.append((number, current))
        elif key := _KEY.match(line):
            found.append((number, (*current, *_names(key[1]))))
    return found


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _suggest(model: type[BaseModel], path: Path) -> str:
    names: list[str] = []
    holder: Any = model
    for part in path[:-1]:
        field = holder.model_fields.get(part) if hasattr(holder, "model_fields") else None
        holder = field.annotation if field is not None else None
    if hasattr(holder, "model_fields"):
        names = list(holder.model_fields)
    close = difflib.get_close_matches(str(path[-1]), names, n=1)
    return f", did you mean `{close[0]}`?" if close else ""
