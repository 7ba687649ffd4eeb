"""The certificate by which a home's Prefect server is known to the processes that tell it secrets.

Whoever listens on a port can answer as a server does; nobody but our own child has this key.
"""

import datetime as dt
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Shopkeeper")])
# It vouches for itself and lies beside the password: it is made anew when the file is removed.
_FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_LAST = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)  # RFC 5280: of no known end
_SIGNS = {
    "digital_signature": True,
    "key_cert_sign": True,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


def make_certificate(host: str) -> str:
    """A new key and its certificate for an IP address, in one PEM: a server's, and its clients'."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    address = x509.IPAddress(ipaddress.ip_address(host))
    certificate = (
        x509.CertificateBuilder(_NAME, _NAME, public, x509.random_serial_number(), _FIRST, _LAST)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**_SIGNS), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (secret + certificate.public_bytes(serialization.Encoding.PEM)).decode()
