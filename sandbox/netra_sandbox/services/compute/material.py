"""Certificates and keys in PEM: what an uploaded pair says, and whether the two belong together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from netra_sandbox.kernel.errors import ApiError

_CURVES = (ec.SECP256R1,)
_SHORTEST_RSA, _LONGEST_RSA = 2048, 3072
MOST_CERTIFICATES = 10


@dataclass(frozen=True)
class Pair:
    """What an uploaded certificate says: its names and its dates."""

    names: list[str]
    not_before: datetime
    not_after: datetime


def read(certificate: str, key: str) -> Pair:
    """Read a chain, leaf first, and its private key; refuse what a load balancer could not serve. No error quotes."""
    try:
        chain = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError:
        raise _unreadable("The SSL certificate could not be parsed.", "sslCertificateCouldNotParseCert") from None
    if len(chain) > MOST_CERTIFICATES:
        raise _unreadable("The SSL certificate chain is too long.", "sslCertificateChainTooLong")
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unreadable("The SSL key could not be parsed.", "sslCertificateCouldNotParseKey") from None
    if not _supported(private):
        raise _unreadable("The SSL key is of a type that is not supported.", "sslCertificateKeyNotSupported")
    leaf = chain[0]
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise _unreadable("The SSL certificate and the private key do not match.", "sslCertificateKeyMismatch")
    return Pair(_names(leaf), leaf.not_valid_before_utc, leaf.not_valid_after_utc)


def covers(name: str, host: str) -> bool:
    """Match a certificate's name with a host: a wildcard stands for one label, the leftmost (RFC 9525, 6.3)."""
    name, host = name.lower(), host.rstrip(".").lower()
    if not name.startswith("*."):
        return name == host
    label, _, rest = host.partition(".")
    return bool(label) and rest == name[2:]


def _supported(key: object) -> bool:
    if isinstance(key, rsa.RSAPrivateKey):
        return _SHORTEST_RSA <= key.key_size <= _LONGEST_RSA
    return isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, _CURVES)


def _names(leaf: x509.Certificate) -> list[str]:
    try:
        return leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
    except x509.ExtensionNotFound:
        return []


def _unreadable(message: str, reason: str) -> ApiError:
    return ApiError("INVALID_ARGUMENT", message, reason=reason)
