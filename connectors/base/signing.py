"""Signing of requests: one canonical text, and what is signed is what is sent."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

Fields = tuple[tuple[str, str], ...]


def signed(params: Mapping[str, str], sign: Callable[[str], str], *, name: str = "sign") -> Fields:
    """The fields to send: those that are not empty, and their signature under `name`.

    Args:
        sign: makes the signature of the canonical text, such as `partial(md5_wrapped, secret)`.
    """
    if name in params:
        raise ValueError(f"{name!r} is the signature itself, it cannot be signed")
    return *_fields(params), (name, sign(canonical(params)))


def canonical(params: Mapping[str, str]) -> str:
    """Names and values, joined without separators, sorted by code point; empty ones left out."""
    return "".join(name + value for name, value in _fields(params))


def md5_wrapped(secret: str, text: str) -> str:
    """MD5 of the text between two secrets, in upper-case hexadecimal."""
    return md5_hex(secret + text + secret)


def md5_hex(text: str) -> str:
    """MD5 in upper-case hexadecimal."""
    # Platforms ask for it; it proves who signed only as long as they do not leak the secret.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def hmac_hex(secret: str, text: str, digest: str, *, is_upper: bool = False) -> str:
    """HMAC keyed by the secret; `digest` is a name such as "sha256"."""
    made = hmac.new(secret.encode(), text.encode(), digest).hexdigest()
    return made.upper() if is_upper else made


def _fields(params: Mapping[str, str]) -> Fields:
    return tuple(sorted((name, value) for name, value in params.items() if name and value))
