"""Secrets are written by reference, `env:NAME` or `file:PATH`, and read when they are needed."""

import os
import re
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, SecretStr

from contracts.errors import ConfigurationError

SCHEMES = ("env:", "file:")
# Such as SHOPIFY_TOKEN. What looks otherwise may be the secret itself, pasted for its name.
_VARIABLE = re.compile(r"[A-Z]{1,20}(?:_[A-Z0-9]{1,20}){1,6}")


def secret_fields(model: type[BaseModel]) -> list[str]:
    """Fields of a connector's settings that hold secrets."""
    return [name for name, field in model.model_fields.items() if holds_secret(field.annotation)]


def holds_secret(annotation: Any) -> bool:
    """Whether a type is `SecretStr`, or has it inside: `SecretStr | None`, `Annotated[…]`."""
    return annotation is SecretStr or any(map(holds_secret, get_args(annotation)))


def refuse_inline(table: dict[str, Any], model: type[BaseModel], *, where: str) -> None:
    """Refuse a secret that stands in the file itself.

    Raises:
        ConfigurationError: naming the key, never the value.
    """
    for name in secret_fields(model):
        value = table.get(name)
        if value is not None and not str(value).startswith(SCHEMES):
            raise ConfigurationError(
                f"{where}: `{name}` is written out; write a reference, env:NAME or file:PATH"
            )


def resolve(reference: str, *, where: str, folder: Path) -> str:
    """The secret that a reference names; a file's path is relative to `folder`.

    Raises:
        ConfigurationError: there is none.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(name, "")
        if not value:
            variable = f" {name}" if _VARIABLE.fullmatch(name) else " that it names"
            raise ConfigurationError(f"{where}: environment variable{variable} is not set")
        return value
    path = folder / name
    if not is_file(path):
        raise ConfigurationError(f"{where}: {display_path(path, name)} does not exist")
    return path.read_text(encoding="utf-8").strip()


def is_file(path: Path) -> bool:
    """Whether there is one; what is no path at all, such as a long key pasted for one, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def display_path(path: Path, name: str) -> str:
    """How a secret's file is spoken of: by its path only if that leads into a folder that is there,
    as a token pasted for it does not.
    """
    try:
        is_told = "/" in name and path.parent.is_dir()
    except (OSError, ValueError):
        is_told = False
    return f"secret file {name}" if is_told else "the secret file that it names"


def refuse_unsendable(secret: str, *, where: str) -> None:
    """Refuse what no header and no signature can hold: it was copied with something else.

    Raises:
        ConfigurationError: naming the key, never the value.
    """
    if not (secret.isascii() and secret.isprintable()):
        raise ConfigurationError(
            f"{where} holds characters beyond printable ASCII, which no platform's keys have:"
            " copy it once more"
        )


def holds_password(url: str) -> bool:
    """Whether a password stands in a URL; one that cannot be read may hold anything."""
    try:
        parts = urlsplit(url)
        parameters = parse_qs(parts.query)
    except ValueError:
        return True
    return bool(parts.password) or any("password" in name.lower() for name in parameters)


def database_url(place: str, *, folder: Path) -> str:
    """The URL of what `[storage]` names: a file of the home, a URL, or a reference to either.

    Raises:
        ConfigurationError: a reference leads nowhere.
    """
    if place.startswith(SCHEMES):
        place = resolve(place, where="shopkeeper.toml, [storage]", folder=folder)
    return place if "://" in place else f"sqlite:///{folder / place}"
