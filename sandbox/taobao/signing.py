"""The signature of a call: over everything that was sent but `sign` itself and files."""

import hashlib
import hmac
from collections.abc import Mapping

from sandbox.taobao.errors import TopError


def signed(params: Mapping[str, str], secret: str) -> str:
    """The signature the call should carry, by its own `sign_method`.

    Empty values are left out; keys stand in the order of their code points.

    Raises:
        TopError: the method is unknown.
    """
    text = "".join(
        key + value for key, value in sorted(params.items()) if key != "sign" and value != ""
    ).encode()
    key = secret.encode()
    method = params.get("sign_method", "md5")
    if method == "md5":
        digest = hashlib.md5(key + text + key, usedforsecurity=False).hexdigest()
    elif method == "hmac":
        digest = hmac.new(key, text, "md5").hexdigest()
    elif method == "hmac-sha256":
        digest = hmac.new(key, text, "sha256").hexdigest()
    else:
        raise TopError(25, "Invalid Signature", "isv.invalid-sign-method")
    return digest.upper()
