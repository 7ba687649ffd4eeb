"""The signature of a call: over everything that was sent but `sign` itself and files."""

from collections.abc import Mapping
from typing import Final

from sandbox.kit.signing import signed_text, upper_hmac, upper_md5

METHODS: Final = ("md5", "hmac", "hmac-sha256")


def signed(params: Mapping[str, str], secret: str) -> str:
    """The signature the call should carry, by its own `sign_method`, one of `METHODS`."""
    text, key = signed_text(params), secret.encode()
    method = params.get("sign_method", "md5")
    if method == "md5":
        return upper_md5(key, text, key)
    return upper_hmac(key, text, "md5" if method == "hmac" else "sha256")
