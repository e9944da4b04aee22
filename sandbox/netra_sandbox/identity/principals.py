"""Service accounts and their credentials: opaque access tokens, the key file, and JWTs that its holder signs."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from netra_sandbox.kernel.clock import Clock

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
TOKEN_SECONDS = 3600
ISSUER = "https://accounts.google.com"
_LONGEST_JWT_SECONDS = 3600  # https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
_LEEWAY_SECONDS = 300


class GrantError(Exception):
    """A credential that is not accepted; the words are the token endpoint's."""


@dataclass(frozen=True)
class Grant:
    """Whom an access token stands for, and until when (seconds since the epoch)."""

    email: str
    expires: float


@dataclass
class Principals:
    """The accounts of one sandbox. The key lives as long as its environment, tokens as long as the process."""

    project: str
    clock: Clock = field(default_factory=Clock)
    _key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    _key_id: str = field(default_factory=lambda: secrets.token_hex(20))
    _grants: dict[str, Grant] = field(default_factory=dict)

    @classmethod
    def of(cls, project: str, clock: Clock, key_file: Path) -> Principals:
        """Return the accounts with the key of a key file that is there already, else with a new one."""
        if not key_file.exists():
            return cls(project, clock)
        content = json.loads(key_file.read_text(encoding="utf-8"))
        key = serialization.load_pem_private_key(content["private_key"].encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{key_file} holds no RSA key.")
        return cls(project, clock, key, content["private_key_id"])

    @property
    def remediator(self) -> str:
        """Return the account of the key file."""
        return self.account("remediator")

    def account(self, name: str) -> str:
        """Return the e-mail of one of the project's service accounts."""
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def known(self, email: str) -> bool:
        """Tell whether an account belongs to the project."""
        name, _, host = email.partition("@")
        return bool(name) and host == f"{self.project}.iam.gserviceaccount.com"

    def key_file(self) -> str:
        """Return the remediator's key file as IAM hands it out."""
        private = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        content = {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": self._key_id,
            "private_key": private.decode(),
            "client_email": self.remediator,
            "client_id": "100000000000000000001",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": TOKEN_URI,
            "universe_domain": "googleapis.com",
        }
        return json.dumps(content, indent=2) + "\n"

    def issue(self, email: str, seconds: float = TOKEN_SECONDS) -> str:
        """Make an access token for an account."""
        token = f"ya29.c.{secrets.token_urlsafe(48)}"
        now = self.clock.seconds()
        self._grants = {known: grant for known, grant in self._grants.items() if grant.expires > now}
        self._grants[token] = Grant(email, now + seconds)
        return token

    def identity_token(self, email: str, audience: str) -> str:
        """Make an ID token (https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload)."""
        now = int(self.clock.seconds())
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "azp": email,
            "sub": str(uuid.uuid5(uuid.NAMESPACE_DNS, email).int % 10**21),
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})

    def identity_of(self, token: str, audiences: Collection[str]) -> str | None:
        """Return the e-mail in a valid ID token for one of the audiences, None for any other token."""
        try:
            claims = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                audience=list(audiences),
                issuer=ISSUER,
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "email"]},
            )
        except jwt.PyJWTError:
            return None
        return str(claims["email"]) if claims["exp"] > self.clock.seconds() else None

    def authenticate(self, authorization: str | None, host: str) -> str | None:
        """Return the e-mail behind an Authorization header for a request to `host`, None when it proves nothing."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        grant = self._grants.get(token.strip())
        if grant is not None:
            return grant.email if grant.expires > self.clock.seconds() else None
        try:
            claims = self.claims(token.strip())
        except GrantError:
            return None
        return claims["iss"] if _covers(claims, host) else None

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a JWT that the key file's holder signed; refuse all others (RFC 7523, section 3)."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                leeway=_LEEWAY_SECONDS,
                options={"verify_aud": False, "require": ["iss", "exp", "iat"]},
            )
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidSignatureError as error:
            raise GrantError("Invalid JWT Signature.") from error
        except jwt.PyJWTError as error:
            raise GrantError(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim."
            ) from error
        if kid not in {None, self._key_id} or claims["iss"] != self.remediator:
            raise GrantError("Invalid grant: account not found")
        if claims["exp"] - claims["iat"] > _LONGEST_JWT_SECONDS:
            raise GrantError(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            )
        return claims


def _covers(claims: dict[str, Any], host: str) -> bool:
    """Tell whether a self-signed JWT is meant for a host: by audience, or by scope (AIP-4111)."""
    if claims.get("sub", claims["iss"]) != claims["iss"] or "target_audience" in claims:
        return False
    if "cloud-platform" in str(claims.get("scope", "")):
        return True
    # One that names a scope has no audience at all (google-auth leaves it out).
    audience = str(claims.get("aud", "")).removeprefix("https://").rstrip("/")
    # A regional host takes the audience of the API: us-central1-run.googleapis.com, run.googleapis.com.
    return audience == host or host.endswith(f"-{audience}")
