"""A certificate authority that lives as long as the environment of its sandbox."""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID = datetime.timedelta(days=30)
_AUTHORITY_VALID = datetime.timedelta(days=365)  # longer than any certificate that it signs
_EARLIER = datetime.timedelta(hours=1)  # clocks of containers may lag


class Authority:
    """Issues a certificate for every host the sandbox answers for (RFC 5280)."""

    def __init__(self, directory: Path) -> None:
        """Take the authority that the sandbox's folder holds, or make one."""
        kept = directory / "ca-key.pem"
        if kept.exists():
            key = serialization.load_pem_private_key(kept.read_bytes(), password=None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ValueError(f"{kept} holds no key of an elliptic curve.")
            self._key = key
            self._certificate = x509.load_pem_x509_certificate((directory / "ca.pem").read_bytes())
        else:
            self._key = ec.generate_private_key(ec.SECP256R1())
            self._certificate = _sign_authority(self._key)
        self._contexts: dict[str, ssl.SSLContext] = {}

    def write(self, directory: Path) -> None:
        """Write `ca.pem`, `ca-bundle.pem`, which adds the public authorities, and the key that only the owner reads."""
        private = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (directory / "ca-key.pem").touch(mode=0o600)
        (directory / "ca-key.pem").write_bytes(private)
        own = self._certificate.public_bytes(serialization.Encoding.PEM)
        (directory / "ca.pem").write_bytes(own)
        (directory / "ca-bundle.pem").write_bytes(Path(certifi.where()).read_bytes() + b"\n" + own)

    def context(self, host: str) -> ssl.SSLContext:
        """Return the server side of TLS for a host."""
        if host not in self._contexts:
            self._contexts[host] = self._make_context(host)
        return self._contexts[host]

    def issue(self, names: Sequence[str], start: datetime.datetime, end: datetime.datetime) -> bytes:
        """Return a new key and a certificate for DNS names, valid from `start` to `end`, in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return private + self._sign(names, key, start, end).public_bytes(serialization.Encoding.PEM)

    def _make_context(self, host: str) -> ssl.SSLContext:
        now = datetime.datetime.now(datetime.UTC)
        return server_context(self.issue([host], now - _EARLIER, now + _VALID))

    def _sign(
        self, names: Sequence[str], key: ec.EllipticCurvePrivateKey, start: datetime.datetime, end: datetime.datetime
    ) -> x509.Certificate:
        issuer_key = self._key.public_key()
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        # Clients read the alternative name; with an empty subject it must be critical (RFC 5280, 4.2.1.6).
        return (
            _builder(x509.Name([]), self._certificate.subject, key)
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(alternatives, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def server_context(pem: bytes) -> ssl.SSLContext:
    """Return the server side of TLS with a private key and a certificate chain in PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # OpenSSL's binding takes a file only; a leaf's key is there for as long as it is read.
    descriptor, path = tempfile.mkstemp(prefix="netra-sandbox-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()
    return context


def _sign_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Netra sandbox (ephemeral)")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    now = datetime.datetime.now(datetime.UTC)
    return (
        _builder(name, name, key)
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
    )
