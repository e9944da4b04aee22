"""Key pairs of service accounts, in the forms that IAM and its clients read."""

from __future__ import annotations

import datetime
import json
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
_VALID_DAYS = 3650


@dataclass
class KeyPair:
    """An RSA key with the identifier that tokens name it by."""

    identifier: str = field(default_factory=lambda: secrets.token_hex(20))
    bits: int = 2048

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """Return the private key; made when it is first needed, which takes a tenth of a second."""
        return rsa.generate_private_key(65537, self.bits)

    def make(self) -> None:
        """Make the key now, in a thread that may wait for it."""
        _ = self.private

    @property
    def public_pem(self) -> str:
        """Return the public key as PEM."""
        encoding, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(encoding, kind).decode()

    def private_pem(self) -> str:
        """Return the private key as PEM."""
        encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self.private.private_bytes(encoding, kind, serialization.NoEncryption()).decode()

    def sign_jwt(self, claims: dict[str, Any]) -> str:
        """Return the claims as a JWT that names this key."""
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.identifier})

    def sign(self, content: bytes) -> bytes:
        """Return the RSA signature of some bytes (SHA-256, PKCS #1 v1.5)."""
        return self.private.sign(content, padding.PKCS1v15(), hashes.SHA256())

    def certificate_pem(self, name: str, now: datetime.datetime) -> str:
        """Return the public key in a certificate that it signed itself, which is how Google hands it out."""
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        built = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(who)
            .public_key(self.private.public_key())
            .serial_number(int(self.identifier[:16], 16) + 1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=_VALID_DAYS))
        )
        return built.sign(self.private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def key_file(pair: KeyPair, project: str, email: str, unique_id: str) -> str:
    """Return an account's key file as IAM hands it out."""
    content = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": pair.identifier,
        "private_key": pair.private_pem(),
        "client_email": email,
        "client_id": unique_id,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN_URI,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}",
        "universe_domain": "googleapis.com",
    }
    return json.dumps(content, indent=2) + "\n"


def read_key_file(path: Path | None) -> KeyPair:
    """Return the key of a key file that is there already, else a new one; raise ValueError for a file without one."""
    if path is None or not path.exists():
        return KeyPair()
    content = json.loads(path.read_text(encoding="utf-8"))
    private = serialization.load_pem_private_key(content["private_key"].encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key.")
    pair = KeyPair(content["private_key_id"], private.key_size)
    pair.private = private
    return pair


def as_jwk(public_pem: str, identifier: str) -> dict[str, Any]:
    """Return a public key as a JSON Web Key (RFC 7517)."""
    key = serialization.load_pem_public_key(public_pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("an RSA key is wanted")
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)
    return {"kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"], "kid": identifier, "use": "sig", "alg": "RS256"}
