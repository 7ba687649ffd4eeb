"""The signatures of calls: over their parameters in order, closed in by the secret."""

import hashlib
import hmac
from collections.abc import Mapping


def signed_text(params: Mapping[str, str], *, leaves_out: str = "sign") -> bytes:
    """Names and values in the order of the names' code points; empty values are left out."""
    return "".join(
        key + value for key, value in sorted(params.items()) if key != leaves_out and value != ""
    ).encode()


def upper_md5(*parts: bytes) -> str:
    """The MD5 of the parts one after the other, in upper-case hexadecimal digits."""
    return hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest().upper()


def upper_hmac(secret: bytes, text: bytes, digest: str) -> str:
    """The keyed digest of a text, in upper-case hexadecimal digits."""
    return hmac.new(secret, text, digest).hexdigest().upper()
